"""Settings of social cards: the image of link previews."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from imageseo.config.fields import SettingsGroup, Text
from imageseo.config.globs import matches

Cards = Literal["hero", "title", "off"]


class SocialSettings(SettingsGroup, frozen=True, kw_only=True):
    """The image that chat programs, social networks and search engines show of a page."""

    cards: Annotated[
        Cards,
        Meta(
            description="hero: the page's hero, cut to 1200 × 630 px; title: that, and for pages that declare none a "
            "card with the page's title; off: no image and no tags."
        ),
    ] = "hero"
    paths: Annotated[
        dict[str, Cards],
        Meta(description="`cards` for some pages, by glob; `*` also matches `/`, the last match counts."),
    ] = field(default_factory=dict)
    existing: Annotated[
        Literal["fix", "keep", "replace"],
        Meta(
            description="Tags of the theme or a plug-in: fix: correct those that do not work (relative URL, missing "
            "file, WebP, AVIF or SVG, a second image, untrue size); keep: leave them as they are; replace: name the "
            "page's card instead of an image that works, too."
        ),
    ] = "fix"
    style: Annotated[
        Text, Meta(description="Style of the drawing below the titles; auto: fixed by the site's name.")
    ] = "auto"

    def cards_of(self, page: str) -> Cards:
        """Return which card a page gets. ``page``: its file."""
        found: Cards = self.cards
        for glob, cards in self.paths.items():
            if matches(page, glob):
                found = cards
        return found
