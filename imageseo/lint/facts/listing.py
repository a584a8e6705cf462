"""Reads the files of a site that decide what search engines may list: robots.txt, ``_headers``, netlify.toml.

The last two also hold Content-Security-Policies.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from imageseo.model.site import Site
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.indexing import EARLIEST, ListingRules
from imageseo.web.response_headers import HeaderRules
from imageseo.web.robots import MAX_BYTES, Robots

_HEADERS, _NETLIFY = "_headers", "netlify.toml"


def read_robots(site: Site) -> Robots | None:
    """Return the site's robots.txt; None without one, and for a site not at its host's root, where none is read."""
    if site.base_url is not None and urlsplit(site.base_url).path.strip("/"):
        return None
    data = _read(site.root, "robots.txt")
    return None if data is None else Robots(data)


def read_rules(site: Site, robots: Robots | None, env: Mapping[str, str] = os.environ) -> ListingRules:
    """Return the rules of a site. ``env``: SOURCE_DATE_EPOCH in it tells the time of the build."""
    headers = _read(site.root, _HEADERS)
    return ListingRules(
        base_url=site.base_url,
        robots=robots,
        headers=HeaderRules.parse((headers or b"").decode("utf-8", "replace"), _netlify(site)),
        now=_now(env),
    )


def digest(site: Site) -> str:
    """Return a hash of the files that ``read_rules`` reads: decisions on pages hold while it is the same."""
    paths = ((site.root, "robots.txt"), (site.root, _HEADERS), (site.root, _NETLIFY), (site.project, _NETLIFY))
    return hashlib.sha256(repr([_read(folder, path) for folder, path in paths]).encode()).hexdigest()


def _netlify(site: Site) -> Mapping[str, Any]:
    for folder in dict.fromkeys((site.root, site.project)):
        data = _read(folder, _NETLIFY)
        if data is not None:
            try:
                return tomllib.loads(data.decode("utf-8"))
            except (ValueError, RecursionError):  # ValueError: also a number of thousands of digits
                return {}
    return {}


def _now(env: Mapping[str, str]) -> float:
    """Return the time of SOURCE_DATE_EPOCH; without a valid one the earliest possible time of a build."""
    try:
        return float(int(env.get("SOURCE_DATE_EPOCH", "").strip()))
    except ValueError:
        return EARLIEST


def _read(folder: Path, path: str) -> bytes | None:
    try:
        return SiteFolder(folder).begin(path, MAX_BYTES)
    except OSError:
        return None
