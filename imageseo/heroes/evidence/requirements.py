"""What the risk class of a hero needs: checks that it must have passed, and roles that must have approved it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from imageseo.config.policy import PolicySettings, RiskSettings
from imageseo.model.hero import HeroTerms, Pin

_PASSED = ("pass", "passed", "ok")


def risk_of(terms: HeroTerms, policy: PolicySettings) -> tuple[str, RiskSettings] | None:
    """Return name and needs of a hero's risk class; None without one. A class that is not declared needs nothing."""
    name = terms.risk or policy.default_risk
    return (name, policy.risk.get(name, RiskSettings())) if name else None


def missing(pin: Pin, terms: HeroTerms, policy: PolicySettings) -> Iterator[str]:
    """Yield what a pinned hero lacks of what its risk class needs, a line each."""
    found = risk_of(terms, policy)
    if found is None:
        return
    name, needs = found
    if name not in policy.risk:
        yield f"the risk class {name!r} is not declared in `policy.risk`"
    for gate in needs.gates:
        if not has_passed(pin.checks.get(gate)):
            yield f"the check {gate!r} of the risk class {name!r} has not been passed"
    approved = {each["role"] for each in pin.approved if each["image"] == pin.file_sha256}
    for role in needs.approval:
        if role not in approved:
            yield f"the approval of {role!r} of the risk class {name!r} is missing"


def has_passed(result: Any) -> bool:
    """Whether the result of a check, as the lock file has it, says that it was passed."""
    if isinstance(result, Mapping):
        return any(has_passed(result[key]) for key in ("verdict", "result", "status", "passed") if key in result)
    return result is True or (isinstance(result, str) and result.lower() in _PASSED)
