"""The images that a ``<link rel="preload" as="image">`` makes a browser download."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from imageseo.model.finding import Viewport
from imageseo.web.srcset.candidates import chosen_url, parse_srcset, source_matches


class Preload(NamedTuple):
    """The attributes of a preload link; ``None`` for absent ones."""

    href: str
    type: str | None
    media: str | None
    srcset: str | None
    sizes: str | None
    crossorigin: bool

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Preload:
        """Create a preload from the attributes of its link."""
        return cls(
            href=values.get("href", "").strip(),
            type=values.get("type"),
            media=values.get("media"),
            srcset=values.get("imagesrcset") or None,
            sizes=values.get("imagesizes"),
            crossorigin="crossorigin" in values,
        )

    def urls(self) -> tuple[str, ...]:
        """Return all URLs that the link may download, as written."""
        candidate_urls = tuple(candidate.url for candidate in parse_srcset(self.srcset or ""))
        return candidate_urls or ((self.href,) if self.href else ())

    def at(self, viewport: Viewport) -> str | None:
        """Return the URL that is preloaded at a viewport; ``None`` if the link does not apply."""
        if not source_matches(self.type, self.media, viewport):
            return None
        if self.srcset is None:
            return self.href or None
        return chosen_url((), "", viewport, srcset=self.srcset, sizes=self.sizes) or None
