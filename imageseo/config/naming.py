"""Settings of published file names, and of redirects from the former ones."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from imageseo.config.fields import SettingsGroup

NAMES_FILE = "imageseo.names.toml"
"""The file of the project that keeps published names."""


class NamesSettings(SettingsGroup, frozen=True, kw_only=True):
    """File names of published images."""

    rename: Annotated[
        bool,
        Meta(
            description="Publish images with names of cameras and programs (IMG_1234.jpg) under the words of their "
            "`alt` too; imageseo.names.toml keeps each name for good."
        ),
    ] = False
    redirects: Annotated[
        tuple[Literal["netlify", "cloudflare", "nginx", "apache"], ...],
        Meta(description="Hosts to write redirects from the former names for."),
    ] = ()
