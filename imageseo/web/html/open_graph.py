"""The pictures that a page's head offers to social networks, each with what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imageseo.web.html.head import Head, HeadTag

_IMAGE = "og:image"


@dataclass(frozen=True, slots=True, kw_only=True)
class OgImage:
    """One ``og:image``. ``parts``: the tags behind it that belong to it, by their last word (``width``, ``alt`` …)."""

    tag: HeadTag
    url: str
    parts: Mapping[str, HeadTag]

    def said(self, part: str) -> str | None:
        """What one of its parts says; None without one, or with nothing in it."""
        tag = self.parts.get(part)
        return (tag.get("content") or None) if tag is not None else None


def og_images(head: Head) -> tuple[OgImage, ...]:
    """All of them, in page order: ``og:image:width`` and its like belong to the ``og:image`` before them."""
    found: list[tuple[HeadTag, str, dict[str, HeadTag]]] = []
    for tag in head.metas:
        name = (tag.get("property") or tag.get("name") or "").lower()
        said = tag.get("content") or ""
        if name == _IMAGE or (name == f"{_IMAGE}:url" and (not found or found[-1][1] != said)):
            found.append((tag, said, {}))
        elif name.startswith(f"{_IMAGE}:") and found:
            found[-1][2].setdefault(name.removeprefix(f"{_IMAGE}:"), tag)
    return tuple(OgImage(tag=tag, url=url, parts=parts) for tag, url, parts in found)


def is_unlisted(page: str, head: Head) -> bool:
    """Whether nobody finds or shares a page: the error page, and what asks to be left out. ``page``: its file."""
    return page == "404.html" or noindex_tag(head) is not None


def noindex_tag(head: Head) -> HeadTag | None:
    """The tag by which a page asks search engines to leave it out; None for all other pages."""
    for name in ("robots", "googlebot"):
        for tag in head.named(name):
            words = {word.strip() for word in (tag.get("content") or "").lower().split(",")}
            if words & {"noindex", "none"}:
                return tag
    return None
