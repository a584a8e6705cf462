"""The HTML report: self-contained, safe whatever files and texts are called, bounded, the same bytes each time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from imageseo.model.site_report import (
    ByteChange,
    PictureDownload,
    PictureUse,
    ReportedBudget,
    ReportedCache,
    ReportedFinding,
    ReportedHero,
    ReportedPage,
    ReportedPicture,
    ReportedScreen,
    ReportTotals,
    SiteReport,
)
from imageseo.pipeline.reports import html
from tests.support import pictures
from tests.support.browser import chromium, needs_chromium
from tests.support.small_sites import photo, write

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(3)</script></svg>'


def picture(
    name: str, *, thumbnail: str = "", pages: int = 1, alt: str | None = "A", size: int = 9_000
) -> ReportedPicture:
    download = PictureDownload(
        before=size, after=size // 3, file=name, format="avif", width=480, quality=61, score=70.4
    )
    use = PictureUse(
        pages=[f"p{at}/index.html" for at in range(pages)],
        form="img",
        reason=f"a reason {EVIL}" if EVIL in name else "a reason",
        hero=False,
        alt=alt,
        phone=download,
        desktop=download,
    )
    change = ByteChange(before=size, after=size // 3)
    return ReportedPicture(
        source=name,
        sha256="0" * 64,
        format="jpeg",
        width=900,
        height=600,
        bytes=size,
        thumbnail=thumbnail or name,
        phone=change,
        desktop=change,
        uses=[use],
    )


def report(entries: list[ReportedPicture], **more: object) -> SiteReport:
    change = ByteChange(before=sum(each.bytes for each in entries), after=10)
    screen = ReportedScreen(width=412, height=823, dpr=1.75)
    values: dict[str, object] = {
        "site": "Site",
        "url": None,
        "screens": {"phone": screen, "desktop": screen},
        "totals": ReportTotals(pages=1, pictures=len(entries), phone=change, desktop=change),
        "pictures": entries,
        "cache": ReportedCache(variants=1, bytes=2),
    }
    return SiteReport(**{**values, **more})  # type: ignore[arg-type]


class Tags(HTMLParser):
    """Collects tags with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


def test_names_texts_and_addresses_of_a_site_are_shown_as_text(tmp_path: Path) -> None:
    whole = report(
        [picture(f"{EVIL}.jpg", alt=EVIL), picture("drawing.svg", alt=None)],
        site=EVIL,
        url=f"javascript:{EVIL}",
        heroes=[ReportedHero(page=EVIL, picture="drawing.svg", alt=EVIL, origin="found", creator=EVIL, license=EVIL)],
        pages=[
            ReportedPage(
                page=EVIL,
                source=EVIL,
                title=EVIL,
                pictures=1,
                phone=ByteChange(),
                desktop=ByteChange(),
                lcp=None,
                budgets=[
                    ReportedBudget(
                        metric="lcp-bytes", viewport="mobile", value=3, warn=1, error=2, headroom=-0.5, image=EVIL
                    )
                ],
            )
        ],
        findings=[
            ReportedFinding(
                rule="img-missing",
                severity="error",
                message=EVIL,
                hint=EVIL,
                page=EVIL,
                source=EVIL,
                line=1,
                column=1,
                image=EVIL,
                fails_build=True,
            )
        ],
    )
    write(tmp_path, {"drawing.svg": SVG})
    tags = Tags(html.render(whole, tmp_path))
    assert len(tags.all("script")) == 1  # our own
    assert not any(name.startswith("on") for _, attributes in tags.found for name in attributes)
    assert all((each["src"] or "").startswith("data:image/") for each in tags.all("img"))
    assert not any((each.get("href") or "").startswith("javascript") for each in tags.all("a"))
    (policy,) = (each["content"] for each in tags.all("meta") if each.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_nothing_is_loaded_from_elsewhere_and_links_need_an_address(tmp_path: Path) -> None:
    write(tmp_path, {"a.jpg": photo(), "p0/index.html": ""})
    for url, expected in ((None, []), ("https://example.org/x/", ["https://example.org/x/p0/"])):
        tags = Tags(html.render(report([picture("a.jpg")], url=url), tmp_path))
        links = [each["href"] or "" for each in tags.all("a")]
        assert [link for link in links if "/p0/" in link] == expected
        assert not tags.all("link")
        assert not [each for each in tags.all("script") if "src" in each]
        (image,) = tags.all("img")
        assert (image["src"] or "").startswith("data:image/webp;base64,")


def test_a_site_of_five_thousand_pictures_stays_usable(tmp_path: Path) -> None:
    noise = {f"n{at}.jpg": pictures.save(pictures.photo(120, 90, at + 1), "JPEG", quality=95) for at in range(12)}
    write(tmp_path, noise)
    entries = [picture(f"{at:04}.jpg", thumbnail=f"n{at % 12}.jpg", pages=30, size=at) for at in range(5000)]
    text = html.render(report(entries), tmp_path)
    assert len(text) < 6_000_000
    assert len(re.findall(r'<tr role="row" data-name', text)) == html.PICTURES
    assert f"{5000 - html.PICTURES:,} more are in" in text
    assert "4999.jpg" in text  # the largest
    assert "10 more" in text  # pages of one picture


def test_thumbnails_stay_within_their_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {f"{at}.jpg": photo(seed=at + 1) for at in range(4)} | {"bad.jpg": b"\xff\xd8\xff broken"})
    entries = [picture(name) for name in ("0.jpg", "1.jpg", "2.jpg", "3.jpg", "bad.jpg", "missing.jpg")]
    whole = html.render(report(entries), tmp_path)
    assert whole.count("data:image/webp") == 4
    assert whole.count('<span class="thumb">JPEG</span>') == 2
    monkeypatch.setattr(html, "_SMALL_LIMIT", len(whole) // 20)
    assert html.render(report(entries), tmp_path).count("data:image/webp") < 4


def test_the_same_site_gives_the_same_bytes_and_a_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    write(tmp_path, {"a.jpg": photo(), "p0/index.html": "<p>"})
    os.utime(tmp_path / "p0/index.html", (1_600_000_000, 1_600_000_000))
    page = ReportedPage(
        page="p0/index.html",
        source=None,
        title=None,
        pictures=1,
        phone=ByteChange(before=2, after=1),
        desktop=ByteChange(before=2, after=1),
        lcp="a.jpg",
        budgets=[],
    )
    whole = report([picture("a.jpg")], pages=[page])
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    texts = {html.render(whole, tmp_path) for _ in range(5)}
    assert len(texts) == 1
    assert '<time datetime="2020-09-13">' in texts.pop()
    for value, day in (("1700000000", "2023-11-14"), ("nonsense", "2020-09-13"), ("1e99", "2020-09-13")):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", value)
        assert f'<time datetime="{day}">' in html.render(whole, tmp_path)


@needs_chromium
def test_pictures_are_searched_and_sorted_and_fit_a_phone(tmp_path: Path) -> None:
    entries = [picture(f"a/{'long' * 30}-{at}.jpg", size=1000 * at, pages=at) for at in (1, 2, 3)]
    write(tmp_path, {"report.html": html.render(report(entries), tmp_path)})
    with chromium() as browser:
        tab = browser.new_page(viewport={"width": 390, "height": 800})
        faults: list[str] = []
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("request", lambda request: faults.append(request.url) if request.url[:4] == "http" else None)
        tab.goto((tmp_path / "report.html").as_uri())
        rows = tab.locator(".pictures tbody tr:visible")
        assert [each.split("-")[1][0] for each in rows.locator("th").all_text_contents()] == ["3", "2", "1"]
        tab.select_option("#order", "name")
        assert [each.split("-")[1][0] for each in rows.locator("th").all_text_contents()] == ["1", "2", "3"]
        tab.fill("#text", "-2.JPG")
        assert rows.count() == 1
        assert tab.inner_text("#shown") == "1 of 3 shown"
        assert tab.evaluate("document.documentElement.scrollWidth") == 390
        wide = "[...document.querySelectorAll('.wide')].every((each) => each.scrollWidth <= each.clientWidth)"
        assert tab.evaluate(wide)
        tab.locator(".pictures tbody tr:visible summary").focus()
        tab.keyboard.press("Enter")
        assert tab.locator("details[open] li").count() == 2
        assert not faults
