"""Check a plug-in, or all plug-ins of a distribution."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from types import ModuleType
from typing import Any

from imageseo.model.foreign import describe_error
from imageseo.testing.codec import requirements as of_codec
from imageseo.testing.integration import requirements as of_integration
from imageseo.testing.metric import requirements as of_metric
from imageseo.testing.provider import requirements as of_provider
from imageseo.testing.report import requirements as of_report
from imageseo.testing.requirement import PluginFaults, Requirement, faults
from imageseo.testing.rule import requirements as of_rule
from imageseo.testing.theme import requirements as of_theme

_KITS: Mapping[str, Callable[..., Sequence[Requirement]]] = {
    "imageseo.codecs": of_codec,
    "imageseo.heroes": of_provider,
    "imageseo.integrations": of_integration,
    "imageseo.metrics": of_metric,
    "imageseo.reports": of_report,
    "imageseo.rules": of_rule,
    "imageseo.themes": of_theme,
}
"""Entry-point group -> what its plug-ins must do."""


def requirements(group: str, name: str, module: ModuleType, **more: Any) -> Sequence[Requirement]:
    """Return what a plug-in must do, one function for each.

    Args:
        group: the entry-point group, such as ``imageseo.codecs``.
        name: the entry point's name.
        module: the module that the entry point names.
        more: ``example``: what a plug-in needs to be tried. For a hero provider a ``ProviderExample``; for an
            integration the configuration file of a small project; for a theme a page that has it, as bytes.

    Raises:
        ValueError: there is no such group.
    """
    if group not in _KITS:
        raise ValueError(f"there is no group {group!r}; groups are {', '.join(_KITS)}")
    return _KITS[group](name, module, **more)


def check(group: str, name: str, module: ModuleType, **more: Any) -> None:
    """Check one plug-in. Arguments as for ``requirements``.

    Raises:
        PluginFaults: the plug-in does not do what it must; a line for each fault.
    """
    found = faults(requirements(group, name, module, **more))
    if found:
        raise PluginFaults("\n".join([f"{group} {name}: {_count(found)}", *(f"  - {each}" for each in found)]))


def _count(found: Sequence[str]) -> str:
    return f"{len(found)} fault{'' if len(found) == 1 else 's'}"


def check_distribution(name: str) -> tuple[str, ...]:
    """Check all plug-ins that an installed distribution declares; return them, as ``group name``.

    Raises:
        PluginFaults: a plug-in cannot be imported, or does not do what it must.
        LookupError: the distribution is not installed, or declares none.
    """
    try:
        entries = [entry for entry in distribution(name).entry_points if entry.group in _KITS]
    except PackageNotFoundError as error:
        raise LookupError(f"{name} is not installed") from error
    if not entries:
        raise LookupError(f"{name} declares no plug-in of imageseo; groups are {', '.join(_KITS)}")
    problems = []
    for entry in entries:
        try:
            check(entry.group, entry.name, entry.load())
        except PluginFaults as error:
            problems.append(str(error))
        except (Exception, SystemExit) as error:  # it may raise anything when it is imported
            problems.append(f"{entry.group} {entry.name}: {describe_error(error)}")
    if problems:
        raise PluginFaults("\n".join(problems))
    return tuple(f"{entry.group} {entry.name}" for entry in entries)


def main(arguments: Sequence[str]) -> int:
    """Check the distributions that the command line names; return the exit code."""
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m imageseo.testing PACKAGE…\n")
        return 2
    code = 0
    for name in arguments:
        try:
            for each in check_distribution(name):
                sys.stdout.write(f"{each}: ok\n")
        except (PluginFaults, LookupError) as error:
            sys.stdout.write(f"{error.args[0]}\n")
            code = 1
    return code
