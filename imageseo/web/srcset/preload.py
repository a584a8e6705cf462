"""What a ``<link rel="preload" as="image">`` makes a browser download."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from imageseo.model.finding import Viewport
from imageseo.web.srcset.candidates import chosen_url, parse_srcset, source_matches


class Preload(NamedTuple):
    """One such link, by its attributes; absent ones are ``None``."""

    href: str
    type: str | None
    media: str | None
    srcset: str | None
    sizes: str | None
    crossorigin: bool

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Preload:
        return cls(
            href=values.get("href", "").strip(),
            type=values.get("type"),
            media=values.get("media"),
            srcset=values.get("imagesrcset") or None,
            sizes=values.get("imagesizes"),
            crossorigin="crossorigin" in values,
        )

    def urls(self) -> tuple[str, ...]:
        """All that it may download, as written."""
        listed = tuple(candidate.url for candidate in parse_srcset(self.srcset or ""))
        return listed or ((self.href,) if self.href else ())

    def at(self, viewport: Viewport) -> str | None:
        """The URL that a viewport downloads early; ``None`` where the link is passed over."""
        if not source_matches(self.type, self.media, viewport):
            return None
        if self.srcset is None:
            return self.href or None
        return chosen_url((), "", viewport, srcset=self.srcset, sizes=self.sizes) or None
