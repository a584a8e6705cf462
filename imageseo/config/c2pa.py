"""Schema of the settings of Content Credentials (C2PA)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from imageseo.config.fields import SettingsGroup, Text, Url


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
