"""Schema of the settings of the shared store."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from imageseo.config.fields import SettingsGroup, Text


class StoreSettings(SettingsGroup, frozen=True, kw_only=True):
    """A store of encoded variants that several machines share."""

    remote: Annotated[
        Text | None,
        Meta(
            description="Where it is: an fsspec URL such as s3://bucket/imageseo, or a folder such as a network share. "
            "Credentials are read from the environment."
        ),
    ] = None
    remote_mode: Annotated[
        Literal["read", "read-write"],
        Meta(description="read: nothing is ever written to it; read-write: new variants are uploaded."),
    ] = "read"
    required: Annotated[
        bool, Meta(description="On: the build fails if it cannot be used. Off: one warning, and the build goes on.")
    ] = False
    timeout: Annotated[
        float, Meta(ge=0.1, le=600, description="Seconds that one request may take, with its repetitions.")
    ] = 20.0
    parallel: Annotated[int, Meta(ge=1, le=64, description="Number of requests at once.")] = 16
    finish: Annotated[
        float,
        Meta(ge=0, le=3600, description="Seconds that a build waits at its end for what is still to be uploaded."),
    ] = 60.0
