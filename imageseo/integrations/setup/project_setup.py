"""What `init` does to a project: its generator by the evidence in it, and the changes of its files."""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from imageseo.config import LoadedSettings
from imageseo.integrations import runner
from imageseo.integrations.setup import attributes_file, ci, ignore_file, record, settings_file
from imageseo.integrations.setup.changes import FileChange, relative
from imageseo.integrations.setup.generator import CiSteps, FoundGenerator
from imageseo.model import extras
from imageseo.model.errors import SiteError

FOLDER = "folder"
"""The name of a project without a known generator."""
_KINDS = "imageseo.integrations.setup.kinds"
"""The package whose modules recognise a generator each, by name."""
_REPORT = "imageseo-report.html"  # that `imageseo report` writes into the current folder
_BUILT = ("public", "site", "_site", "dist", "build", "out", "output", "html", "www", "docs")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupPlan:
    """The recognised generator, and the changes of files that `init` makes."""

    found: FoundGenerator
    changes: tuple[FileChange, ...]


def names() -> list[str]:
    """Return the names of all generators that can be recognised, and that of a plain folder."""
    return [*sorted(each.name for each in pkgutil.iter_modules(import_module(_KINDS).__path__)), FOLDER]


def recognise(folder: Path, name: str | None = None) -> FoundGenerator:
    """Return the generator of a project. ``name``: the one that the user named. Raises SiteError if it is unclear."""
    if name == FOLDER:
        return _plain(folder)
    asked = [name] if name is not None else names()[:-1]
    found = [each for each in (_ask(folder, each) for each in asked) if each is not None]
    if len(found) == 1:
        return found[0]
    if found:
        lines = [f"{each.title}: {', '.join(each.evidence)}" for each in found]
        options = " or ".join(f"--generator {each.name}" for each in found)
        raise SiteError(
            "\n  - ".join([f"{folder}: found {len(found)} generators", *lines]), hint=f"say which one: {options}"
        )
    if name is not None:
        raise SiteError(
            f"{folder}: found no project of {name}", hint="run the command in the folder of its configuration"
        )
    return _plain(folder)


def _ask(folder: Path, name: str) -> FoundGenerator | None:
    module = import_module(f"{_KINDS}.{name}")
    found: FoundGenerator | None = module.recognise(folder)
    return found


def _plain(folder: Path) -> FoundGenerator:
    """Return the project of a folder of built pages. Raises SiteError if there is none."""
    built = [name for name in _BUILT if (folder / name / "index.html").is_file()]
    if not built:
        here = " (it is the built site itself: run the command in the folder above)" if _is_page(folder) else ""
        raise SiteError(
            f"{folder}: found no configuration of a known generator, and no folder with an index.html{here}",
            hint="Known are " + ", ".join(names()[:-1]) + ". For any other, build the site first, then run this again.",
        )
    more = f"also with an index.html: {', '.join(built[1:])}"
    return FoundGenerator(
        name=FOLDER,
        title="Folder of built pages",
        evidence=(f"{built[0]}/index.html",),
        build="",
        output=built[0],
        ci=CiSteps(install=(), build=""),
        settings={},
        notes=(more,) if built[1:] else (),
    )


def _is_page(folder: Path) -> bool:
    return (folder / "index.html").is_file()


def plan(folder: Path, *, generator: str | None = None, ci_host: str | None = None) -> SetupPlan:
    """Return what is to be added; nothing is written. Raises SettingsError (UnsafePatchError), SiteError."""
    if not folder.is_dir():
        raise SiteError(f"{folder}: no such folder")
    found = recognise(folder, generator)
    loaded = runner.read_project(folder, options=None, origin="")
    changes: list[FileChange | None] = [*found.changes()]
    above = loaded.folder.resolve() != folder.resolve()
    if found.settings is not None and not above:  # a file of its own would hide the one above
        changes.append(settings_file.plan(folder, found.settings))
    if above:
        place = relative(loaded.folder, folder.resolve())
        found = replace(found, notes=(*found.notes, f"the settings are those in {place}: nothing is added to them"))
    if found.runs_plugin and not is_installed(found.extra):
        note = (
            f"{found.title} is not installed in the same environment as imageseo: {extras.install_command(found.extra)}"
        )
        found = replace(found, notes=(*found.notes, note))
    cache = _cache(folder, loaded, found)
    if ci_host is not None:
        changes.append(ci.plan(folder, found, ci_host, cache))
    needed = [each for each in changes if each is not None]
    outside = cache.startswith("../") or Path(cache).is_absolute()
    if not above and (attributes := attributes_file.plan(folder)) is not None:
        needed.append(attributes)
    needed += _ignore(folder, [] if outside else [f"{cache}/"])
    return SetupPlan(found=found, changes=tuple(needed))


def is_installed(package: str) -> bool:
    """Whether a generator is in the environment of imageseo; plug-ins of Pelican make an empty package of its name."""
    spec = find_spec(package)
    return spec is not None and spec.origin is not None


def _cache(folder: Path, loaded: LoadedSettings, found: FoundGenerator) -> str:
    """Return the cache folder: next to the settings; of an extension without a file for them, next to its own."""
    above = loaded.folder.resolve() != folder.resolve()
    parent = loaded.folder if above or settings_file.is_there(folder) else folder / found.cache_parent
    path = parent / loaded.settings.cache_dir
    return str(path) if Path(loaded.settings.cache_dir).is_absolute() else relative(path.resolve(), folder.resolve())


def _ignore(folder: Path, wanted: Sequence[str]) -> list[FileChange]:
    change = ignore_file.plan(folder, [*wanted, _REPORT, record.NAME])
    return [] if change is None else [change]
