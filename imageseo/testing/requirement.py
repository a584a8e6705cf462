"""Requirement: one thing that a plug-in must do, and the error that lists what it does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imageseo.model.foreign import UnfitPlugin, describe_error


class PluginFaults(AssertionError):
    """A plug-in does not do what it must; one line for each requirement."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a plug-in. ``check`` raises an AssertionError, or any exception of the plug-in."""

    name: str
    check: Callable[[], None]

    def __str__(self) -> str:
        return self.name


def need(condition: object, message: str) -> None:
    """Raise AssertionError with a message unless the condition holds; also where Python drops ``assert``."""
    if not condition:
        raise AssertionError(message)


def faults(requirements: Sequence[Requirement]) -> list[str]:
    """Return a line for each requirement that is not met; only one if it is no plug-in, which all others need."""
    found = []
    for requirement in requirements:
        try:
            requirement.check()
        except (AssertionError, UnfitPlugin) as error:
            found.append(f"{requirement.name}: {error}")
        except (Exception, SystemExit) as error:  # the plug-in may raise anything
            found.append(f"{requirement.name}: it raised {describe_error(error)}")
        if found and requirement.name == "declarations":
            break
    return found
