"""Schema of the settings of the policy: what may be generated, and what is recorded."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from imageseo.config.fields import SettingsGroup


class PolicySettings(SettingsGroup, frozen=True, kw_only=True):
    """Rules for generated images."""

    audit: Annotated[
        bool, Meta(description="Record all that happens to heroes in .audit/log.jsonl, in the folder of masters.")
    ] = True
    log_prompts: Annotated[
        bool,
        Meta(description="Show prompts in errors and write them into the audit log; off: only their hashes."),
    ] = False
