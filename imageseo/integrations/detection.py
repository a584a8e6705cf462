"""Which integration reads a project's configuration file: ours, and those that other packages add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

from imageseo.config.plugins import load_plugins, search_number
from imageseo.model.errors import ImageseoError, MissingExtraError, SiteError
from imageseo.model.foreign import UnfitPlugin, describe_error
from imageseo.model.protocols import GeneratorProject, Integration
from imageseo.model.site import PageHints, SourceFault

_GROUP = "imageseo.integrations"
_METHODS = ("recognises", "missing", "load")


class FoundConfig(NamedTuple):
    """A configuration file, and the integrations that can read it, best first."""

    config: Path
    integrations: tuple[Integration, ...]


def installed() -> Mapping[str, Integration]:
    """Return all integrations by name, in the order in which they are asked."""
    return _installed(search_number())


@cache
def _installed(_: int) -> Mapping[str, Integration]:
    return load_plugins(_GROUP, integration_of)


def find_configs(folder: Path) -> list[FoundConfig]:
    """Return the configuration files of generators in a folder, in the order in which they are tried."""
    found: dict[str, list[Integration]] = {}
    for integration in installed().values():
        for name in integration.files:
            path = folder / name
            if path.is_file() and integration.recognises(path):
                found.setdefault(name, []).append(integration)
    return [FoundConfig(folder / name, tuple(readers)) for name, readers in found.items()]


def readers_of(config: Path) -> tuple[Integration, ...]:
    """Return the integrations that can read a file that the user named, those first that look for its name."""
    able = [each for each in installed().values() if each.recognises(config)]
    return tuple(sorted(able, key=lambda each: config.name not in each.files))


def file_names() -> list[str]:
    """Return the names of all configuration files that are looked for."""
    return list(dict.fromkeys(name for integration in installed().values() for name in integration.files))


def integration_of(name: str, module: ModuleType, source: str) -> Integration:
    """Return the integration of a module; one of another distribution (``source``) is guarded.

    Raises UnfitPlugin if the module has none.
    """
    integration = getattr(module, "INTEGRATION", None)
    label = f"{module.__name__}.INTEGRATION"
    if integration is None:
        raise UnfitPlugin(f"{module.__name__} has no INTEGRATION")
    if isinstance(integration, type):
        raise UnfitPlugin(f"{label} is a class; an object is needed: INTEGRATION = {integration.__name__}()")
    files = getattr(integration, "files", None)
    wrong = [f"{each}()" for each in _METHODS if not callable(getattr(integration, each, None))]
    if not isinstance(files, tuple | list) or not files or not all(isinstance(each, str) and each for each in files):
        wrong.insert(0, "files")
    if wrong:
        raise UnfitPlugin(f"{label} is no integration: {', '.join(wrong)} missing, or of another type")
    if source:
        return GuardedIntegration(f"the integration {name} of {source}", integration, remedy=_remedy(source))
    return cast("Integration", integration)


def _remedy(source: str) -> str:
    """Return what to do about a distribution (name and version) whose integration fails."""
    package = source.rsplit(" ", 1)[0]
    named = "that package" if " " in package else f"the package {package}"
    return f"correct what the message names, or repair, update or remove {named}"


_PROJECT: Mapping[str, Any] = {
    "name": str,
    "config": Path,
    "source": Path,
    "output": Path | None,
    "site_url": str | None,
    "options": Mapping | None,
    "origin": str,
    "inactive": str,
}
_HINTS: Mapping[str, Any] = {
    "source": Path | None,
    "source_dir": str,
    "title": str | None,
    "meta": Mapping,
    "origin": str,
    "unlisted": str,
    "fault": SourceFault | None,
}


def hints_fault(page: Any, hints: Any) -> str | None:
    """Return what is wrong with a page and its hints as an integration returns them; None if nothing is."""
    if not isinstance(page, str):
        return f"{page!r} is no text"
    if type(hints) is not PageHints:
        return f"{page}: found {type(hints).__name__}, not PageHints"
    fault = _fault(hints, _HINTS)
    return None if fault is None else f"{page}: {fault}"


def _fault(value: object, types: Mapping[str, Any]) -> str | None:
    wrong = next((name for name, kind in types.items() if not isinstance(getattr(value, name), kind)), None)
    return None if wrong is None else f"`{wrong}` is {type(getattr(value, wrong)).__name__}"


class GuardedIntegration:
    """An integration of another distribution. ``label``: its name and distribution, for messages; ``remedy``: a hint.

    What it raises leaves its generator out, as if it were not installed; front matter that it cannot read is an error,
    because pins of pages that are not listed would be dropped.
    """

    def __init__(self, label: str, integration: Any, *, remedy: str = "") -> None:
        self.files: tuple[str, ...] = tuple(integration.files)
        self._label, self._integration, self._remedy = label, integration, remedy

    def recognises(self, config: Path) -> bool:
        try:
            return bool(self._integration.recognises(config))
        except (Exception, SystemExit):  # asked about any file: `load` says what is wrong with its own
            return config.name in self.files

    def missing(self, config: Path) -> str:
        try:
            return str(self._integration.missing(config) or "")
        except (Exception, SystemExit):
            return ""

    def load(self, config: Path) -> GeneratorProject:
        try:
            project = self._integration.load(config)
        except ImageseoError:
            raise
        except (Exception, SystemExit) as error:
            raise self._unusable(config, f"raised {describe_error(error)}") from error
        if not isinstance(project, GeneratorProject):
            raise self._unusable(config, f"returned {type(project).__name__}")
        if (fault := _fault(project, _PROJECT)) is not None:
            raise self._unusable(config, f"returned a project whose {fault}")
        return replace(project, read=self._guard(project))

    def _unusable(self, config: Path, what: str) -> MissingExtraError:
        return MissingExtraError(f"{config} cannot be read: {self._label} {what}", hint=self._remedy)

    def _guard(self, project: GeneratorProject) -> Any:
        def read(*, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
            try:
                hints = dict(reading(project=project, keys=keys, root=root))
                wrong = next(filter(None, (hints_fault(*each) for each in hints.items())), None)
            except ImageseoError:
                raise
            except (Exception, SystemExit) as error:
                raise SiteError(f"{self._label} raised {describe_error(error)}", hint=self._remedy) from error
            if wrong:
                text = f"{self._label} must return the file of each page and its PageHints: {wrong}"
                raise SiteError(text, hint=self._remedy)
            return hints

        reading = project.read
        return read
