"""Finds a page of a site by any spelling of its URL that generators use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar
from urllib.parse import unquote, urlsplit

T = TypeVar("T")
_Key = tuple[str, str, str]


class PageLookup(Generic[T]):
    """Values by the absolute URLs of pages, found with and without ``index.html``, ``.html`` and a final slash."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._exact = {exact_key(page): value for page, value in values.items()}
        loose: dict[_Key, list[T]] = {}
        for page, value in values.items():
            loose.setdefault(_loose_key(page), []).append(value)
        # If both guide.html and guide/ exist, `guide` is ambiguous.
        self._loose = {key: found[0] for key, found in loose.items() if len(found) == 1}

    def find(self, url: str) -> T | None:
        """Return the value of a page; None for an unknown page."""
        key = exact_key(url)
        return self._exact[key] if key in self._exact else self._loose.get(_loose_key(url))


def exact_key(url: str) -> _Key:
    """Return host, decoded path without ``index.html``, and query of a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ("", url, "")
    path = unquote(parts.path) or "/"
    return (
        parts.netloc.lower(),
        path.removesuffix("index.html") if path.endswith("/index.html") else path,
        parts.query,
    )


def _loose_key(url: str) -> _Key:
    host, path, query = exact_key(url)
    return host, path.removesuffix(".html").rstrip("/"), query
