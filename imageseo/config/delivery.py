"""Settings of what a host or a CDN does with the published files."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from imageseo.config.fields import Px, Quality, SettingsGroup, Text, Url

NGINX_FILE = "imageseo.nginx.conf"
"""The file of the project with rules for nginx."""


class CdnSettings(SettingsGroup, frozen=True, kw_only=True):
    """A CDN that resizes and converts images, instead of variants in the site."""

    template: Annotated[
        Text | None,
        Meta(
            description="cloudinary, imgproxy, cloudflare, cloudflare-images or fastly, or a URL of your own with "
            "{path} or {url}, {width}, {format} and {quality}; unset: variants are files of the site."
        ),
    ] = None
    host: Annotated[
        Url | None, Meta(description="URL that the CDN answers at, such as https://res.cloudinary.com/my-cloud.")
    ] = None
    source: Annotated[Url | None, Meta(description="URL that the CDN fetches your files from; unset: `site_url`.")] = (
        None
    )
    quality: Annotated[
        Quality | None, Meta(description="Quality to ask for, on the CDN's own scale; unset: the CDN's default.")
    ] = None
    negotiate: Annotated[
        bool,
        Meta(description="On: one URL for all formats, and the CDN chooses by the Accept header (f_auto)."),
    ] = False
    variants: Annotated[
        dict[str, Px],
        Meta(description="cloudflare-images: the variants of your account, by name, with their widths in px."),
    ] = field(default_factory=dict)
    budgets: Annotated[
        Literal["estimate", "skip"],
        Meta(
            description="estimate: encode the LCP image here too, not published, and judge its budget by these bytes; "
            "skip: report that it was not judged."
        ),
    ] = "estimate"


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
    cdn: CdnSettings = CdnSettings()
