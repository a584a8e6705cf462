"""Settings of what a host or a CDN does with the published files."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from imageseo.config.fields import SettingsGroup, Text

NGINX_FILE = "imageseo.nginx.conf"
"""The file of the project with rules for nginx."""


class DeliverySettings(SettingsGroup, frozen=True, kw_only=True):
    """How published files are delivered."""

    headers: Annotated[
        tuple[Literal["netlify", "cloudflare", "nginx", "apache"], ...],
        Meta(description="Hosts to write rules for: variants are cached for a year, and have the right media type."),
    ] = ()
    image_hosts: Annotated[
        tuple[Text, ...],
        Meta(description="Hosts of a CDN from which pages load images of this site: the sitemap lists these too."),
    ] = ()
