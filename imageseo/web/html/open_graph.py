"""The Open Graph images of a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from imageseo.web.html.head import Head, HeadTag

_IMAGE = "og:image"


@dataclass(frozen=True, slots=True, kw_only=True)
class OgImage:
    """One ``og:image``. ``parts``: the tags that describe it, by the last part of their name (``width``, ``alt`` …)."""

    tag: HeadTag
    url: str
    parts: Mapping[str, HeadTag]

    def said(self, part: str) -> str | None:
        """Return the content of a part; None if it is missing or empty."""
        tag = self.parts.get(part)
        return (tag.get("content") or None) if tag is not None else None


def og_images(head: Head) -> tuple[OgImage, ...]:
    """Return all images in page order; ``og:image:width`` etc. belong to the preceding ``og:image``."""
    found: list[tuple[HeadTag, str, dict[str, HeadTag]]] = []
    for tag in head.metas:
        name = (tag.get("property") or tag.get("name") or "").lower()
        url = tag.get("content") or ""
        if name == _IMAGE or (name == f"{_IMAGE}:url" and (not found or found[-1][1] != url)):
            found.append((tag, url, {}))
        elif name.startswith(f"{_IMAGE}:") and found:
            found[-1][2].setdefault(name.removeprefix(f"{_IMAGE}:"), tag)
    return tuple(OgImage(tag=tag, url=url, parts=parts) for tag, url, parts in found)
