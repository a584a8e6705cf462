"""Plug-ins by group and name: modules of imageseo's own packages, then entry points of other distributions.

Code of other distributions never ends a command: what cannot be loaded is reported once, and left out.
"""

from __future__ import annotations

import contextlib
import pkgutil
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, distributions, entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import TypeVar

from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.foreign import UnfitPlugin, describe_error
from imageseo.model.formats import BUILT_IN

PACKAGES: Mapping[str, str] = {
    "imageseo.codecs": "imageseo.images.codecs",
    "imageseo.heroes": "imageseo.heroes.providers",
    "imageseo.integrations": "imageseo.integrations.generators",
    "imageseo.metrics": "imageseo.images.metrics",
    "imageseo.reports": "imageseo.lint.reports",
    "imageseo.rules": "imageseo.lint.rules",
    "imageseo.themes": "imageseo.layout.known_themes",
}
"""Entry-point group -> the package of imageseo's own plug-ins of that group."""
KINDS: Mapping[str, str] = {
    "imageseo.codecs": "codec",
    "imageseo.heroes": "hero provider",
    "imageseo.integrations": "integration",
    "imageseo.metrics": "metric",
    "imageseo.reports": "report",
    "imageseo.rules": "rule",
    "imageseo.themes": "theme",
}
"""Entry-point group -> what its plug-ins are called in messages."""

METRIC_MODULES = {"numpy": "ssimulacra2"}
"""Metric in the settings -> its module, where they differ."""
_NO_FORMATS = frozenset((*BUILT_IN, "avif_svt", "jpeg", "png"))
"""Codecs that are no other format of variants: another encoder of one, and those of published files."""

T = TypeVar("T")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignPlugin:
    """An entry point of another distribution. ``fault``: why it is not used; "" for one that can be loaded.

    ``distribution``: name and version.
    """

    group: str
    name: str
    target: str
    distribution: str
    fault: str = ""

    def __str__(self) -> str:
        if not self.group:
            return f"{self.target} of the distribution in {self.distribution}"
        return f"the {KINDS[self.group]} {self.name} ({self.target}) of {self.distribution}"


_faults: dict[tuple[str, str, str], ForeignPlugin] = {}  # by group, name and distribution: what was reported
_quiet = False
_searches = 0


def plugin_names(group: str) -> tuple[str, ...]:
    """Return the names of a group's plug-ins, sorted: those of imageseo and of other distributions; loads none."""
    return tuple(sorted({*_own_names(group), *_usable(group)}))


def format_names() -> list[str]:
    """Return the formats that variants may have: ours, in order of preference, then those of other codecs."""
    return [*BUILT_IN, *(name for name in plugin_names("imageseo.codecs") if name not in _NO_FORMATS)]


def metric_names() -> list[str]:
    """Return the names that the setting ``encode.metric`` may have."""
    names = {module: name for name, module in METRIC_MODULES.items()}
    return [names.get(name, name) for name in plugin_names("imageseo.metrics")]


def is_built_in(group: str, name: str) -> bool:
    """Whether a plug-in is one of imageseo's own modules; other distributions are not searched."""
    return name.isidentifier() and not name.startswith("_") and find_spec(f"{PACKAGES[group]}.{name}") is not None


def load_plugins(
    group: str, adopt: Callable[[str, ModuleType, str], T], *, only: Collection[str] | None = None
) -> dict[str, T]:
    """Return what ``adopt`` makes of each plug-in's module, by name; our own first, then those of others.

    ``adopt``: gets the name, the module, and the distribution ("" for our own); raises UnfitPlugin for a module that is
    no such plug-in. A plug-in of another distribution that cannot be imported, or is not adopted, is reported once and
    left out. ``only``: names to load; others are ignored.
    """
    wanted = None if only is None else set(only)
    found: dict[str, T] = {}
    for name in _own_names(group) if wanted is None else sorted(name for name in wanted if is_built_in(group, name)):
        found[name] = adopt(name, import_module(f"{PACKAGES[group]}.{name}"), "")
    if wanted is not None and wanted <= found.keys():
        return found  # other distributions are searched only if they are asked for
    for name, entry in _usable(group).items():
        if wanted is None or name in wanted:
            plugin = _describe(group, entry)
            if (group, name, plugin.distribution) in _faults:
                continue
            try:
                found[name] = adopt(name, _import(entry), plugin.distribution)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # a foreign module may raise anything, such as a skip of pytest
                report(replace(plugin, fault=describe_error(error)))
    return found


def foreign_plugins(group: str) -> tuple[ForeignPlugin, ...]:
    """Return the entry points of other distributions in a group, those with known faults included; loads none."""
    known = [
        _faults.get((group, name, plugin.distribution), plugin)
        for name, entry in _usable(group).items()
        for plugin in [_describe(group, entry)]
    ]
    unused = [each for each in _faults.values() if each.group == group and each.fault and each not in known]
    return tuple(sorted([*known, *unused], key=lambda each: (each.name, each.distribution)))


def unreadable_distributions() -> tuple[ForeignPlugin, ...]:
    """Return the distributions whose list of entry points cannot be read."""
    _installed()
    return tuple(each for each in _faults.values() if not each.group)


def report(plugin: ForeignPlugin) -> None:
    """Report a plug-in with a fault, once for each process, as a warning on standard error.

    It is no finding: exit codes, and generators that count warnings, are the same as without the plug-in.
    """
    key = (plugin.group, plugin.name, plugin.distribution)
    if key in _faults:
        return
    _faults[key] = plugin
    if not _quiet:
        import logging

        text = "imageseo: warning: %s is not used: %s; `imageseo doctor` lists all plug-ins"
        # Not from `getLogger`: Pelican's loggers drop repeated warnings, and `--fatal=warnings` makes them errors.
        logger = logging.Logger("imageseo.plugins")
        logger.parent = logging.getLogger()
        logger.warning(text, plugin, plugin.fault)


def silence() -> None:
    """Report nothing in this process: a worker, whose parent process has reported it."""
    global _quiet
    _quiet = True


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Report nothing for a while: what is found is shown otherwise."""
    global _quiet
    before, _quiet = _quiet, True
    try:
        yield
    finally:
        _quiet = before


def forget() -> None:
    """Search and report again; for programs that change ``sys.path`` while they run."""
    global _searches
    _searches += 1
    _faults.clear()
    for each in (_installed, _usable, _own_names):
        each.cache_clear()


def search_number() -> int:
    """Return a number that changes with ``forget``: the key of what others keep of loaded plug-ins."""
    return _searches


@cache
def _own_names(group: str) -> tuple[str, ...]:
    package = import_module(PACKAGES[group])
    modules = pkgutil.iter_modules(package.__path__)
    return tuple(sorted(each.name for each in modules if not each.ispkg and not each.name.startswith("_")))


@cache
def _installed() -> tuple[EntryPoint, ...]:
    """Return our groups' entry points of all distributions; cached, because a file of each must be opened."""
    try:
        everything = entry_points()
        found = [entry for group in PACKAGES for entry in everything.select(group=group)]
    except Exception:  # one malformed file ends the search: ask each distribution alone
        found = list(_each_readable())
    return tuple(found)


def _each_readable() -> Iterator[EntryPoint]:
    seen = set()
    for distribution in distributions():
        folder = str(getattr(distribution, "_path", "an unknown folder"))
        try:
            entries = [entry for entry in distribution.entry_points if entry.group in PACKAGES]
        except Exception as error:  # whatever the file contains
            fault = f"it cannot be read: {describe_error(error)}"
            report(ForeignPlugin(group="", name="", target="entry_points.txt", distribution=folder, fault=fault))
            continue
        try:
            name = distribution.metadata["Name"] or folder
        except Exception:  # its METADATA is missing or damaged
            name = folder
        if name not in seen:  # an earlier folder of the path takes precedence
            seen.add(name)
            yield from entries


@cache
def _usable(group: str) -> Mapping[str, EntryPoint]:
    """Return the entry points of other distributions that may be loaded, by name; reports the others.

    Ours take precedence. Of two distributions with one name, the first in the order of their names is used.
    """
    own = {_identity(group, name): name for name in _own_names(group)}
    if group == "imageseo.rules":
        own = {**{name: name for name in BUILD_FINDINGS}, **own}
    taken: dict[str, ForeignPlugin] = {}
    found: dict[str, EntryPoint] = {}
    entries = [(entry, _describe(group, entry)) for entry in _installed() if entry.group == group]
    for entry, plugin in sorted(entries, key=lambda pair: (pair[1].distribution.lower(), pair[1].name, pair[1].target)):
        identity = _identity(group, entry.name)
        first = taken.get(identity)
        if identity in own:
            report(replace(plugin, fault=f"imageseo has a {KINDS[group]} {own[identity]} of its own; rename it"))
        elif not _NAME.fullmatch(entry.name):
            report(replace(plugin, fault="its name is not valid: use letters, digits, `_` and `-`"))
        elif first is None:
            taken[identity], found[entry.name] = plugin, entry
        elif first != plugin:
            report(replace(plugin, fault=f"{first.distribution} has a {KINDS[group]} with that name, which is used"))
    return dict(sorted(found.items()))


def _identity(group: str, name: str) -> str:
    """Return what must be unique: ``alt_missing`` and ``alt-missing`` are one rule id."""
    return name.replace("_", "-") if group == "imageseo.rules" else name


def _describe(group: str, entry: EntryPoint) -> ForeignPlugin:
    try:
        label = f"{entry.dist.metadata['Name']} {entry.dist.version}" if entry.dist is not None else ""
        if not label or "None" in label.split(" "):
            raise LookupError("no name or no version")
    except Exception:  # its METADATA is missing or damaged
        label = f"the distribution in {getattr(entry.dist, '_path', 'an unknown folder')}"
    return ForeignPlugin(group=group, name=entry.name, target=entry.value, distribution=label)


def _import(entry: EntryPoint) -> ModuleType:
    """Import the module of an entry point. What it prints must not get into a report on standard output."""
    with contextlib.redirect_stdout(sys.stderr):
        module = entry.load()
    if not isinstance(module, ModuleType):
        raise UnfitPlugin(f"the entry point must name a module, such as {entry.module}, not {entry.value}")
    return module
