"""Settings of drafts of alternative texts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from imageseo.config.fields import SettingsGroup, Text


class AltSettings(SettingsGroup, frozen=True, kw_only=True):
    """Where drafts are reviewed, and what proposes them."""

    file: Annotated[Text, Meta(description="File of drafts, in the project; a build takes approved ones from it.")] = (
        "alt-drafts.toml"
    )
    captioner: Annotated[
        Text | None,
        Meta(description="Folder of a model that describes images (image-to-text, for transformers), in the project."),
    ] = None
    captioner_language: Annotated[
        Text, Meta(description="Language of the model's texts; pages in other languages get no draft of it.")
    ] = "en"
