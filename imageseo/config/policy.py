"""Schema of the settings of the policy: what may be generated, what leaves the machine, and what is recorded."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from imageseo.config.fields import SettingsGroup, Text


class RiskSettings(SettingsGroup, frozen=True, kw_only=True):
    """What a risk class needs."""

    gates: Annotated[tuple[Text, ...], Meta(description="Checks that its images must have passed, by name.")] = ()
    approval: Annotated[tuple[Text, ...], Meta(description="Roles that must have approved its images.")] = ()


class PolicySettings(SettingsGroup, frozen=True, kw_only=True):
    """Rules for generated images."""

    profile: Annotated[
        Literal["none", "commercial"],
        Meta(
            description="commercial: block sexual words and well-known brands, refuse personal data in prompts, and "
            "use only weights whose known licence allows commercial use."
        ),
    ] = "none"
    words: Annotated[
        tuple[Text, ...], Meta(description="Words and phrases that no prompt may have; `*` at the end: any ending.")
    ] = ()
    brands: Annotated[tuple[Text, ...], Meta(description="Brands that no prompt may name.")] = ()
    people: Annotated[
        tuple[Text, ...], Meta(description="Names of real persons; a prompt needs `consent` to name them.")
    ] = ()
    negative: Annotated[tuple[Text, ...], Meta(description="Words that every negative prompt must have.")] = ()
    personal: Annotated[
        Literal["redact", "refuse"],
        Meta(
            description="Personal data in a prompt: redact: taken out before it leaves the machine; refuse: no image "
            "is made, and a person's name needs `consent`."
        ),
    ] = "redact"
    redact: Annotated[
        tuple[Literal["email", "phone", "name"], ...],
        Meta(description="What is taken out of a prompt before it leaves the machine."),
    ] = ("email", "phone")
    weights: Annotated[
        dict[str, Text], Meta(description="Licence of model weights, by their name in recipes or their sha256.")
    ] = field(default_factory=dict)
    weight_licenses: Annotated[
        tuple[Text, ...], Meta(description="Licences of weights that are allowed; set: all others are refused.")
    ] = ()
    risk: Annotated[
        dict[str, RiskSettings], Meta(description="Risk classes that a hero may name with `risk`, and what they need.")
    ] = field(default_factory=dict)
    default_risk: Annotated[Text | None, Meta(description="Risk class of heroes that name none.")] = None
    usage_warning: Annotated[
        int, Meta(ge=0, le=3650, description="Days before the end of a hero's `usage` on which builds warn.")
    ] = 30
    audit: Annotated[
        bool, Meta(description="Record all that happens to heroes in .audit/log.jsonl, in the folder of masters.")
    ] = True
    log_prompts: Annotated[
        bool,
        Meta(description="Show prompts in errors and write them into the audit log; off: only their hashes."),
    ] = False
