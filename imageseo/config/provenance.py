"""Settings of what published files tell: private data, rights, and Content Credentials (C2PA)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from imageseo.config.fields import SettingsGroup, Text, Url


class MetadataSettings(SettingsGroup, frozen=True, kw_only=True):
    """The metadata of published image files; source files are never changed."""

    gps: Annotated[
        Literal["remove", "keep"],
        Meta(description="Where an image was taken, in EXIF and XMP: removed from published files, or kept."),
    ] = "remove"
    device: Annotated[
        Literal["remove", "keep"],
        Meta(
            description="A camera's serial numbers, owner, maker note, preview: removed from published files, or kept."
        ),
    ] = "remove"
    rights: Annotated[
        Literal["keep", "write"],
        Meta(description="write: your images in articles without rights of their own get those of `rights`."),
    ] = "keep"
    exclude: Annotated[
        tuple[Text, ...],
        Meta(description="Globs of image files whose metadata stay, from the site's root."),
    ] = ()


C2PA_KEY = "IMAGESEO_C2PA_KEY"
C2PA_PASSPHRASE = "IMAGESEO_C2PA_PASSPHRASE"
"""Environment variables with the secrets of signing: no settings, so that no message about settings quotes one."""


class C2paSettings(SettingsGroup, frozen=True, kw_only=True):
    """Content Credentials (C2PA), signed with your certificate; without one, files are not signed."""

    certificate: Annotated[
        Text | None,
        Meta(description="PEM file of the signer's certificate and those of its issuers, relative to the project."),
    ] = None
    key: Annotated[
        Text | None,
        Meta(
            description="PEM file of its private key, best outside of the project; unset: the key is in the "
            "environment variable IMAGESEO_C2PA_KEY. A passphrase is read from IMAGESEO_C2PA_PASSPHRASE."
        ),
    ] = None
    timestamp: Annotated[
        Url | None,
        Meta(description="URL of a time stamp authority (RFC 3161); unset: no time stamp, and no network."),
    ] = None
