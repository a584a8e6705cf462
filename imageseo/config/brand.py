"""Settings of the brand: its colours, name, fonts and logo, and the layout of title cards."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from imageseo.config.fields import Color, ColorRoles, SettingsGroup, Text


class BrandSettings(SettingsGroup, frozen=True, kw_only=True):
    """The look of generated heroes."""

    colors: Annotated[
        Annotated[tuple[Color, ...], Meta(min_length=2, max_length=6)] | ColorRoles,
        Meta(description="Two to six colours in any order, or a table of roles: ground, main, accent, ink."),
    ] = ("#0b1f3a", "#2563eb", "#f59e0b")
    mode: Annotated[
        Literal["auto", "light", "dark", "both"],
        Meta(description="Light or dark images; auto: by the ground or the seed; both: by the visitor's color scheme."),
    ] = "auto"
    name: Annotated[str, Meta(description="Name on title cards.")] = ""
    card: Annotated[
        Text,
        Meta(description="Layout of title cards: bottom, split, centered, or a template cards/NAME.svg.jinja."),
    ] = "bottom"
    fonts: Annotated[
        tuple[Text, ...],
        Meta(description="Fonts of title cards in the order in which they are tried: files, or packages with fonts."),
    ] = ()
    logo: Annotated[Text | None, Meta(description="Image file of the logo, for templates of title cards.")] = None
