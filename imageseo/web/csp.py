"""Content-Security-Policy: whether a page allows inline styles, data images, and images of another host."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlsplit


@lru_cache(maxsize=256)
def _directives(policy: str) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """Parse a policy: each policy of a comma-separated list, by directive; the first of a name counts."""
    policies = []
    for text in policy.split(","):
        found: dict[str, tuple[str, ...]] = {}
        for directive in text.split(";"):
            name, *values = directive.split() or [""]
            if name:
                found.setdefault(name.lower(), tuple(values))
        policies.append(found)
    return tuple(policies)


def allows_style_element(policies: Iterable[str], text: str) -> bool:
    """Whether all policies allow a ``<style>`` element with this content."""
    return all(_allows(found, ("style-src-elem", "style-src", "default-src"), text) for found in _all(policies))


def allows_style_attribute(policies: Iterable[str]) -> bool:
    """Whether all policies allow ``style`` attributes. A hash allows none without ``'unsafe-hashes'``."""
    return all(_allows(found, ("style-src-attr", "style-src", "default-src"), None) for found in _all(policies))


def allows_own_style_sheet(policies: Iterable[str]) -> bool:
    """Whether all policies allow a style sheet from the site itself."""
    for found in _all(policies):
        sources = _sources(found, ("style-src-elem", "style-src", "default-src"))
        if sources is not None and not any(each in ("'self'", "*", "https:") for each in sources):
            return False
    return True


def allows_data_images(policies: Iterable[str]) -> bool:
    """Whether all policies allow images as ``data:`` URLs; ``*`` does not allow them."""
    for found in _all(policies):
        sources = _sources(found, ("img-src", "default-src"))
        if sources is not None and "data:" not in map(str.lower, sources):
            return False
    return True


def allows_image(policies: Iterable[str], url: str) -> bool:
    """Whether all policies allow an image of this URL; one without a host is taken for an image of the site."""
    parts = urlsplit(url)
    if not parts.hostname:
        return True
    for found in _all(policies):
        sources = _sources(found, ("img-src", "default-src"))
        if sources is not None and not any(_names_host(each, parts.scheme, parts.hostname, url) for each in sources):
            return False
    return True


def _names_host(source: str, scheme: str, host: str, url: str) -> bool:
    """Whether a source expression allows a host, and the path that it may name."""
    source = source.lower()
    if source in ("*", f"{scheme}:"):
        return True
    match = re.fullmatch(r"(?:([a-z][a-z0-9+.-]*)://)?(\*\.)?([^/:*\']+)(?::(?:\*|443|80))?(/.*)?", source)
    if match is None or (match[1] is not None and match[1] not in (scheme, "http")):
        return False
    is_host = host.endswith("." + match[3]) if match[2] else host == match[3]
    path = match[4] or "/"
    return is_host and (urlsplit(url).path.lower().startswith(path) if path.endswith("/") else False)


def style_hash(text: str) -> str:
    """Return the source expression that allows a ``<style>`` element with this content."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _all(policies: Iterable[str]) -> list[Mapping[str, tuple[str, ...]]]:
    return [found for policy in policies for found in _directives(policy)]


def _sources(found: Mapping[str, tuple[str, ...]], names: Sequence[str]) -> tuple[str, ...] | None:
    return next((found[name] for name in names if name in found), None)


def _allows(found: Mapping[str, tuple[str, ...]], names: Sequence[str], text: str | None) -> bool:
    """Whether a policy allows an inline style. ``text``: of an element; ``None`` for an attribute."""
    sources = _sources(found, names)
    if sources is None:
        return True
    # A nonce or a hash in the list disables 'unsafe-inline'.
    restricted = any(re.match(r"'(?:nonce-|sha(?:256|384|512)-)", each, re.IGNORECASE) for each in sources)
    if not restricted and any(each.lower() == "'unsafe-inline'" for each in sources):
        return True
    return text is not None and style_hash(text) in sources
