"""Line icons on a grid of 24 × 24, drawn for this package, and the words of a page's tags that they stand for."""

from __future__ import annotations

from collections.abc import Iterable

ICONS = {
    "code": ("M8 7L3 12L8 17M16 7L21 12L16 17M13.5 5L10.5 19", "code python javascript rust api sdk program software"),
    "terminal": ("M3 5H21V19H3ZM6.5 9L9.5 12L6.5 15M12 15H17", "terminal shell cli bash command linux install konsole"),
    "cloud": ("M7 18H17A4 4 0 0 0 17.5 10A6 6 0 0 0 6 9.5A4.3 4.3 0 0 0 7 18Z", "cloud hosting deploy server aws saas"),
    "data": (
        "M4 6A8 3 0 0 0 20 6A8 3 0 0 0 4 6V18A8 3 0 0 0 20 18V6M4 12A8 3 0 0 0 20 12",
        "data database sql storage backup daten datenbank speicher",
    ),
    "chart": ("M4 20V4M4 20H20M8 16V12M12 16V8M16 16V10M20 16V6", "chart statistic analytics report metric seo zahlen"),
    "lock": ("M6 11H18V20H6ZM8 11V8A4 4 0 0 1 16 8V11M12 15V16", "security privacy login auth password sicherheit"),
    "gear": (
        "M12 8A4 4 0 1 0 12 16A4 4 0 1 0 12 8M12 2V5M12 19V22M2 12H5M19 12H22M5 5L7 7M17 17L19 19M19 5L17 7M7 17L5 19",
        "config setting setup automation engine technik einstellung",
    ),
    "book": (
        "M12 6C9 4 6 4 3 5V19C6 18 9 18 12 20C15 18 18 18 21 19V5C18 4 15 4 12 6V20",
        "book doc guide learn manual",
    ),
    "bolt": ("M13 2L5 13H11L10 22L19 10H13Z", "speed performance fast energy power strom energie leistung"),
    "globe": (
        "M12 3A9 9 0 1 0 12 21A9 9 0 1 0 12 3M3 12H21M12 3C8 8 8 16 12 21C16 16 16 8 12 3",
        "web world travel network internet language welt reise netz sprache",
    ),
    "mail": ("M3 6H21V18H3ZM3 7L12 13L21 7", "mail email newsletter contact message kontakt post"),
    "people": (
        "M9 5A3.5 3.5 0 1 0 9 12A3.5 3.5 0 1 0 9 5M2 20C2 16 5 14.5 9 14.5C13 14.5 16 16 16 20"
        "M16 5.5A3.2 3.2 0 0 1 16 11.5M18 14.8C20.5 15.5 22 17 22 20",
        "team people community user customer leute kunde gemeinschaft",
    ),
    "star": (
        "M12 3L14.8 9.2L21.5 9.9L16.5 14.4L18 21L12 17.5L6 21L7.5 14.4L2.5 9.9L9.2 9.2Z",
        "news release award best",
    ),
    "leaf": (
        "M5 19C4 10 9 4 20 4C20 14 15 20 7 18M4 21C6 15 10 11 15 9",
        "nature garden green climate natur garten klima",
    ),
    "camera": (
        "M3 8H7L9 5H15L17 8H21V19H3ZM12 10A3.5 3.5 0 1 0 12 17A3.5 3.5 0 1 0 12 10",
        "photo image picture bild foto",
    ),
    "pin": (
        "M12 21C8 16 5.5 13 5.5 9.5A6.5 6.5 0 0 1 18.5 9.5C18.5 13 16 16 12 21M12 7A2.5 2.5 0 1 0 12 12A2.5 "
        "2.5 0 1 0 12 7",
        "map place location event karte ort",
    ),
    "layers": (
        "M12 3L21 8L12 13L3 8ZM3 12.5L12 17.5L21 12.5M3 17L12 22L21 17",
        "design layout theme template plugin stack",
    ),
    "clock": (
        "M12 3A9 9 0 1 0 12 21A9 9 0 1 0 12 3M12 7V12L15.5 14",
        "time history schedule calendar zeit termin changelog",
    ),
    "flask": (
        "M9 3H15M10 3V9L4.5 19.5A1 1 0 0 0 5.5 21H18.5A1 1 0 0 0 19.5 19.5L14 9V3M7.5 15H16.5",
        "science test lab research",
    ),
    "rocket": (
        "M12 2C16 5 17 9 16.5 14L14 17H10L7.5 14C7 9 8 5 12 2M12 8A1.6 1.6 0 1 0 12 11.2A1.6 1.6 0 1 0 12 8"
        "M8 13L5 16V20L9 18M16 13L19 16V20L15 18M12 19V22",
        "launch start startup product tutorial",
    ),
    "speech": ("M3 5H21V16H12L7 20.5V16H3Z", "blog chat comment talk interview gespräch faq support help"),
    "tool": (
        "M14.5 6.5A4.5 4.5 0 0 1 20 12L16.5 8.5M20 12A4.5 4.5 0 0 1 14 11.5L6.5 19A2 2 0 0 1 4 16.5L11.5 9A4"
        ".5 4.5 0 0 1 17 3L14 6",
        "tool repair build craft werkzeug bau",
    ),
    "coin": (
        "M12 3A9 9 0 1 0 12 21A9 9 0 1 0 12 3M15 9C14 7.5 10 7.5 9.5 9.5C9 12 15 12 14.8 14.5C14.5 16.8 10 1"
        "6.8 9 15M12 6V18",
        "price money finance shop geld preis kauf",
    ),
    "heart": (
        "M12 20C6 15.5 3 12.5 3 8.8A4.6 4.6 0 0 1 12 7.5A4.6 4.6 0 0 1 21 8.8C21 12.5 18 15.5 12 20Z",
        "health care love sport gesundheit pflege",
    ),
}
"""Name -> the line's path, and words."""


def icons_for(tags: Iterable[str]) -> list[str]:
    """Return the icons that tags stand for, in the order of the tags; a word matches from its beginning."""
    found: list[str] = []
    for tag in tags:
        for word in tag.casefold().replace("-", " ").replace("_", " ").split():
            for name, (_, words) in ICONS.items():
                if name not in found and any(_same(word, each) for each in (name, *words.split())):
                    found.append(name)
    return found


def _same(word: str, other: str) -> bool:
    """Whether one word begins with the other: plurals and compounds, but not two short words by chance."""
    short, long = sorted((word, other), key=len)
    return word == other or (len(short) >= 4 and long.startswith(short) and len(long) - len(short) <= 5)
