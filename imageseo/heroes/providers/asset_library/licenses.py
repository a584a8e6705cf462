"""Licences by name or URL: which one is meant, whether a published crop keeps to it, and what to say when not."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from imageseo.heroes.providers.asset_library.entry import Entry

OWN = "own"
"""What a sidecar says of a picture that the team made itself: nobody else is to be asked."""

_CC_URL = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([0-9.]+)(?:/([a-z]{2,3}))?", re.I
)
_CC_NAME = re.compile(r"CC-(BY(?:-(?:NC|ND|SA))*)-([0-9]\.[0-9])(?:-([A-Z]{2,3}))?")
_OTHERS = {name.upper(): name for name in ("MIT", "Apache-2.0", "Unlicense", "LAL-1.3", "OGL-UK-3.0", "etalab-2.0")}
_SAME = {
    "CC0": "CC0-1.0",
    "CC-ZERO": "CC0-1.0",
    "PDM": "PDM-1.0",
    "PD": "PDM-1.0",
    "PUBLIC-DOMAIN": "PDM-1.0",
    "CC-PDM-1.0": "PDM-1.0",
    "CC-PDDC": "PDM-1.0",
}
_FREE = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "PDM-1.0": "https://creativecommons.org/publicdomain/mark/1.0/",
}


class Licence(NamedTuple):
    """``name``: SPDX where there is one. ``url``: None for the team's own."""

    name: str
    url: str | None


def named(text: str) -> Licence | None:
    """The licence that a name or a URL means, None when nobody knows it (a CC licence without its version, too)."""
    if match := _CC_URL.match(text.strip()):
        room, kind, version, land = (part or "" for part in match.groups())
        if room.lower() == "publicdomain":
            name = {"zero": "CC0-1.0", "mark": "PDM-1.0"}.get(kind.lower())
            return Licence(name, _FREE[name]) if name else None
        return _creative(kind.upper(), version, land.upper())
    name = re.sub(r"[\s_-]+", "-", text.strip()).upper()
    name = _SAME.get(name, name)
    if name == OWN.upper():
        return Licence(OWN, None)
    if name in _FREE:
        return Licence(name, _FREE[name])
    if name in _OTHERS:
        return Licence(_OTHERS[name], f"https://spdx.org/licenses/{_OTHERS[name]}.html")
    if match := _CC_NAME.fullmatch(name):
        return _creative(match[1], match[2], match[3] or "")
    return None


def _creative(kind: str, version: str, land: str) -> Licence | None:
    if kind not in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND"):
        return None
    tail = f"-{land}" if land else ""
    url = f"https://creativecommons.org/licenses/{kind.lower()}/{version}/"
    return Licence(f"CC-{kind}-{version}{tail}", url + (f"{land.lower()}/" if land else ""))


def refused(entry: Entry, allowed: Collection[str]) -> str:
    """Why a picture may not be shown, with its place; ``""`` when it may.

    ``allowed``: what the settings allow beside the licences that let everybody publish a crop: names, names without a
    version, URLs; ``none``: pictures without a licence.
    """
    wider = {_plain(each) for each in allowed}
    if not entry.license:
        if "none" in wider:
            return ""
        return f"{entry.path} has no licence: neither its sidecar nor its metadata names one"
    at, known = entry.license_at, named(entry.license)
    if known is None:
        if _plain(entry.license) in wider:
            return ""
        if re.fullmatch(r"cc[ _-]by(?:[ _-](?:nc|nd|sa))*", entry.license.strip(), re.IGNORECASE):
            return f"{at}: {entry.license!r} names no version of the licence, as CC-BY-4.0 does"
        return f"{at}: the licence {entry.license!r} of {entry.path} is not known"
    if not {_plain(known.name), _plain(re.sub(r"-[0-9]\.[0-9](-[A-Z]+)?$", "", known.name))} & wider:
        if "-NC" in known.name:
            return f"{at}: {entry.path} is under {known.name}, which forbids commercial use"
        if "-ND" in known.name:
            return f"{at}: {entry.path} is under {known.name}, which forbids changes, and a crop is one"
    if known.name.startswith("CC-BY") and not (entry.creator or entry.credit):
        return f"{at}: {known.name} asks for its author's name, and {entry.path} has no creator and no credit"
    return ""


def _plain(text: str) -> str:
    known = named(text)
    plain = known.name if known else re.sub(r"[\s_-]+", "-", text.strip())
    return re.sub(r"^https?://|/$", "", plain.casefold())
