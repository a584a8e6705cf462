"""Licences by name or URL, and whether an image may be published as a crop."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from imageseo.heroes.providers.asset_library.entry import LibraryEntry

OWN = "own"
"""The ``license`` of a sidecar for an image that the team made itself: no permission is needed."""

_CC_URL = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/([0-9.]+)(?:/([a-z]{2,3}))?", re.I
)
_CC_NAME = re.compile(r"CC-(BY(?:-(?:NC|ND|SA))*)-([0-9]\.[0-9])(?:-([A-Z]{2,3}))?")
_OTHERS = {name.upper(): name for name in ("MIT", "Apache-2.0", "Unlicense", "LAL-1.3", "OGL-UK-3.0", "etalab-2.0")}
_ALIASES = {
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
    """``name``: the SPDX identifier, if there is one. ``url``: None for the team's own images."""

    name: str
    url: str | None


def find_licence(text: str) -> Licence | None:
    """Return the licence of a name or URL; None if it is unknown, or a CC licence without a version."""
    if match := _CC_URL.match(text.strip()):
        section, kind, version, jurisdiction = (part or "" for part in match.groups())
        if section.lower() == "publicdomain":
            name = {"zero": "CC0-1.0", "mark": "PDM-1.0"}.get(kind.lower())
            return Licence(name, _FREE[name]) if name else None
        return _creative_commons(kind.upper(), version, jurisdiction.upper())
    name = re.sub(r"[\s_-]+", "-", text.strip()).upper()
    name = _ALIASES.get(name, name)
    if name == OWN.upper():
        return Licence(OWN, None)
    if name in _FREE:
        return Licence(name, _FREE[name])
    if name in _OTHERS:
        return Licence(_OTHERS[name], f"https://spdx.org/licenses/{_OTHERS[name]}.html")
    if match := _CC_NAME.fullmatch(name):
        return _creative_commons(match[1], match[2], match[3] or "")
    return None


def _creative_commons(kind: str, version: str, jurisdiction: str) -> Licence | None:
    if kind not in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND"):
        return None
    suffix = f"-{jurisdiction}" if jurisdiction else ""
    url = f"https://creativecommons.org/licenses/{kind.lower()}/{version}/"
    return Licence(f"CC-{kind}-{version}{suffix}", url + (f"{jurisdiction.lower()}/" if jurisdiction else ""))


def refusal_reason(entry: LibraryEntry, allowed: Collection[str]) -> str:
    """Return why an image must not be published, with file and line; ``""`` if it may be.

    ``allowed``: licences that the settings allow in addition to those that let anyone publish a crop: names, names
    without a version, URLs; ``none``: images without a licence.
    """
    allowed_names = {_normalize_name(each) for each in allowed}
    if not entry.license:
        if "none" in allowed_names:
            return ""
        return f"{entry.path} has no licence in its sidecar or metadata"
    place, licence = entry.license_at, find_licence(entry.license)
    if licence is None:
        if _normalize_name(entry.license) in allowed_names:
            return ""
        if re.fullmatch(r"cc[ _-]by(?:[ _-](?:nc|nd|sa))*", entry.license.strip(), re.IGNORECASE):
            return f"{place}: {entry.license!r} has no version; write it as in CC-BY-4.0"
        return f"{place}: the licence {entry.license!r} of {entry.path} is unknown"
    if (
        not {_normalize_name(licence.name), _normalize_name(re.sub(r"-[0-9]\.[0-9](-[A-Z]+)?$", "", licence.name))}
        & allowed_names
    ):
        if "-NC" in licence.name:
            return f"{place}: {entry.path} is under {licence.name}, which forbids commercial use"
        if "-ND" in licence.name:
            return f"{place}: {entry.path} is under {licence.name}, which forbids changes such as cropping"
    if licence.name.startswith("CC-BY") and not (entry.creator or entry.credit):
        return f"{place}: {licence.name} requires the author's name, but {entry.path} has no creator or credit"
    return ""


def _normalize_name(text: str) -> str:
    licence = find_licence(text)
    name = licence.name if licence else re.sub(r"[\s_-]+", "-", text.strip())
    return re.sub(r"^https?://|/$", "", name.casefold())
