"""Check a plug-in, or all plug-ins of a distribution."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
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
_INTEGRATIONS = "imageseo.integrations"
_NOT_READ = (
    ", but no project was read: add `--example FILE`, the configuration file of a small project; in a test, "
    "`example=Path(…)` of `imageseo.testing.check`"
)


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


def check_distribution(name: str, *, example: Path | None = None) -> tuple[str, ...]:
    """Check all plug-ins that an installed distribution declares; return them, as ``group name``.

    Args:
        name: of the distribution.
        example: the configuration file of a small project, which its integration reads; without it no project is read.

    Raises:
        PluginFaults: a plug-in cannot be imported, or does not do what it must.
        LookupError: the distribution is not installed, declares none, or has no integration for ``example``.
    """
    try:
        entries = [entry for entry in distribution(name).entry_points if entry.group in _KITS]
    except PackageNotFoundError as error:
        raise LookupError(f"{name} is not installed") from error
    if not entries:
        raise LookupError(f"{name} declares no plug-in of imageseo; groups are {', '.join(_KITS)}")
    problems = []
    integrations = [entry for entry in entries if entry.group == _INTEGRATIONS]
    if example is not None and not integrations:
        raise LookupError(f"{name} declares no integration that could read {example}")
    is_read = False
    for entry in entries:
        try:
            module = entry.load()
            reads = example is not None and entry in integrations
            if reads and len(integrations) > 1:  # each of them has projects of its own
                reads = example is not None and example.name in getattr(module.INTEGRATION, "files", ())
            is_read = is_read or reads
            check(entry.group, entry.name, module, **({"example": example} if reads else {}))
        except PluginFaults as error:
            problems.append(str(error))
        except (Exception, SystemExit) as error:  # it may raise anything when it is imported
            problems.append(f"{entry.group} {entry.name}: {describe_error(error)}")
    if problems:
        raise PluginFaults("\n".join(problems))
    if example is not None and not is_read:
        raise LookupError(f"no integration of {name} looks for a file named {example.name}")
    return tuple(f"{entry.group} {entry.name}" for entry in entries)


def _options(arguments: Sequence[str]) -> tuple[list[str], Path | None]:
    """Return the names and the file of ``--example``; no names for arguments that are not understood."""
    names, example = list[str](), None
    waiting = iter(arguments)
    for argument in waiting:
        option, sign, value = argument.partition("=")
        if option == "--example":
            value = value if sign else next(waiting, "")
            if not value:
                return [], None
            example = Path(value)
        elif argument.startswith("-"):
            return [], None
        else:
            names.append(argument)
    return names, example


def main(arguments: Sequence[str]) -> int:
    """Check the distributions that the command line names; return the exit code."""
    names, example = _options(arguments)
    if not names:
        sys.stderr.write("usage: python -m imageseo.testing PACKAGE… [--example FILE]\n")
        return 2
    if example is not None and not example.is_file():
        sys.stderr.write(f"{example}: no such file\n")
        return 2
    code = 0
    for name in names:
        try:
            for each in check_distribution(name, example=example):
                unread = example is None and each.startswith(f"{_INTEGRATIONS} ")
                sys.stdout.write(f"{each}: ok{_NOT_READ if unread else ''}\n")
        except (PluginFaults, LookupError) as error:
            sys.stdout.write(f"{error.args[0]}\n")
            code = 1
    return code
