"""Command `doctor`: report installed and missing packages with install commands, and check the configuration."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from imageseo import __version__
from imageseo.config import plugins
from imageseo.config.plugins import ForeignPlugin
from imageseo.model import extras
from imageseo.model.errors import ImageseoError
from imageseo.model.foreign import UnfitPlugin

if TYPE_CHECKING:
    from imageseo.integrations.project import Project
    from imageseo.model.protocols import Codec

_OPTIONAL = {
    "mkdocs": ("mkdocs", "the MkDocs plugin"),
    "properdocs": ("properdocs", "the same plugin in ProperDocs"),
    "pelican": ("pelican", "the Pelican plugin"),
    "sphinx": ("sphinx", "the Sphinx extension"),
    "zensical": ("zensical", "builds sites that `imageseo build` then processes"),
    "vips": ("pyvips", "decodes and resizes in less than half the time: `encode.resizer: vips`"),
    "svt": ("pillow-avif-plugin", "AVIF in half the time, 8 % larger: `encode.avif_encoder: svt`"),
    "diffusers": ("diffusers", "generates heroes with a local model: `provider: diffusers`"),
    "embeddings": ("transformers", "finds library images by meaning: `providers.library.search: embeddings`"),
    "browser": ("playwright", "drives a browser: `imageseo measure`"),
    "c2pa": ("c2pa-python", "checks C2PA manifests: rule `prov-c2pa`"),
    "s3": ("s3fs", "stores masters in a bucket: `hero.masters: s3://…`"),
    "vszip": ("vapoursynth-vszip", "measures quality in half the time (Python 3.12+): `encode.metric: vszip`"),
}


class State(StrEnum):
    OK = "ok"
    ABSENT = "absent"  # optional and not installed
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The result of one check. ``kind``: ``part``, ``codec``, ``extra``, ``plug-in`` or ``configuration``."""

    kind: str
    name: str
    state: State
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorReport:
    """All checks in display order."""

    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0: no problem; 1: a required package or codec is missing or broken; 2: the configuration has errors.

        A broken plug-in is left out by every command, and does not count here either; the integration of the current
        project does, since without it the configuration cannot be read.
        """
        broken = {check.kind for check in self.checks if check.state is State.BROKEN} - {"plug-in"}
        return 2 if "configuration" in broken else 1 if broken else 0


def run_checks(folder: Path, *, config: Path | None, note: Callable[[str], None]) -> DoctorReport:
    """Check this installation and the project in ``folder``; writes nothing and does not use the network."""
    with plugins.silenced():  # broken plug-ins are listed below
        configuration = tuple(_check_configuration(folder, config, note))
    return DoctorReport(
        checks=(
            *_check_dependencies(),
            *_check_codecs(),
            *_check_extras(),
            *_check_plugins(configuration),
            *configuration,
        )
    )


def as_text(report: DoctorReport) -> str:
    """Return one line for each check, followed by its remedy."""
    lines = [f"imageseo {__version__}, Python {platform.python_version()}, {platform.platform()}"]
    kind = ""
    for check in report.checks:
        if check.kind != kind:
            kind = check.kind
            lines += ["", f"{kind}s:" if kind != "configuration" else "configuration:"]
        lines.append(f"  {_MARKS[check.state]} {check.name}: {check.detail}")
        lines += [f"      {line}" for line in check.hint.splitlines()]
    return "\n".join(lines) + "\n"


def as_json(report: DoctorReport) -> str:
    """Return one JSON object: ``imageseo``, ``python``, ``platform``, ``checks``."""
    facts = {
        "version": 1,
        "imageseo": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "checks": [asdict(check) for check in report.checks],
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


_MARKS = {State.OK: "+", State.ABSENT: "-", State.BROKEN: "!"}


def _check_dependencies() -> Iterator[Check]:
    if sys.version_info < (3, 11):  # noqa: UP036 - an installation may be forced, and `doctor` is where a user looks for the reason
        yield Check(
            kind="part", name="python", state=State.BROKEN, detail=platform.python_version(), hint="3.11 or newer"
        )
    try:
        requirements = [text for text in requires("imageseo") or () if "extra ==" not in text]
    except PackageNotFoundError:
        yield Check(
            kind="part",
            name="imageseo",
            state=State.BROKEN,
            detail="not installed as a package",
            hint=extras.install_command(),
        )
        return
    for requirement in requirements:
        name = _requirement_name(requirement)
        found = _version(name)
        state, detail = (State.OK, found) if found else (State.BROKEN, "missing")
        hint = "" if found else f'pip install "{requirement}"'
        yield Check(kind="part", name=name, state=state, detail=detail or "", hint=hint)


def _requirement_name(requirement: str) -> str:
    end = next((at for at, letter in enumerate(requirement) if letter in " <>=!~;["), len(requirement))
    return requirement[:end]


def _check_codecs() -> Iterator[Check]:
    from imageseo.images.encoding import factory

    for name, codec in sorted(factory.codecs().items()):
        try:
            _try_encoding(codec)
            yield Check(kind="codec", name=name, state=State.OK, detail=codec.version())
        except Exception as error:  # an encoder's library may raise anything
            hint = f"pip install --force-reinstall pillow (its wheels include {name})"
            yield Check(
                kind="codec", name=name, state=State.BROKEN, detail=f"{type(error).__name__}: {error}", hint=hint
            )


def _try_encoding(codec: Codec) -> None:
    """Encode a small image: an installed library may still not work."""
    from PIL import Image

    codec.encode(Image.new("RGB", (16, 16), (37, 99, 235)), quality=60, effort=None, xmp=None)


def _check_extras() -> Iterator[Check]:
    for extra, (package, purpose) in _OPTIONAL.items():
        found = _version(package)
        state, detail = (State.OK, f"{found}, {purpose}") if found else (State.ABSENT, f"not installed, {purpose}")
        yield Check(
            kind="extra",
            name=package,
            state=state,
            detail=detail,
            hint="" if found else extras.install_command(extra),
        )


def _check_plugins(configuration: Sequence[Check]) -> Iterator[Check]:
    """Load every plug-in of other distributions, and check codecs by encoding.

    ``configuration``: an integration that has failed there is broken here, too.
    """
    from imageseo.heroes.masters.guarded_provider import provider_of
    from imageseo.images.encoding.foreign import PluginFailure, codec_of, metric_of
    from imageseo.integrations.detection import integration_of
    from imageseo.layout.themes import themes_of
    from imageseo.lint.report import renderer_of
    from imageseo.lint.rule import Rule

    tried: set[str] = set()

    def working_codec(name: str, module: ModuleType, source: str) -> Codec:
        codec = codec_of(name, module, source)
        try:
            _try_encoding(codec)
        except PluginFailure as error:
            tried.add(name)
            raise UnfitPlugin(str(error).removeprefix(f"{getattr(codec, 'label', '')}: ")) from error
        return codec

    adopt: Mapping[str, Callable[[str, ModuleType, str], object]] = {
        "imageseo.codecs": working_codec,
        "imageseo.heroes": provider_of,
        "imageseo.integrations": integration_of,
        "imageseo.metrics": metric_of,
        "imageseo.reports": renderer_of,
        "imageseo.rules": Rule.of,
        "imageseo.themes": themes_of,
    }
    with plugins.silenced():
        for group in plugins.PACKAGES:
            names = [each.name for each in plugins.foreign_plugins(group)]
            plugins.load_plugins(group, adopt.get(group, lambda name, module, source: module), only=names)
        found = [each for group in plugins.PACKAGES for each in plugins.foreign_plugins(group)]
        for plugin in (*found, *plugins.unreadable_distributions()):
            check = _plugin_check(plugin, is_tried=plugin.group == "imageseo.codecs" and plugin.name in tried)
            failed = next(
                (each for each in configuration if f"the {check.name} of {plugin.distribution} " in each.detail), None
            )
            yield replace(check, state=failed.state, hint=failed.hint) if failed is not None else check


def _plugin_check(plugin: ForeignPlugin, *, is_tried: bool) -> Check:
    """``is_tried``: builds use it although it fails, since an image of another kind may succeed."""
    if not plugin.group:
        detail = f"{plugin.target}: {plugin.fault}"
        return Check(kind="plug-in", name=plugin.distribution, state=State.BROKEN, detail=detail)
    name, place = f"{plugins.KINDS[plugin.group]} {plugin.name}", f"{plugin.distribution} ({plugin.target})"
    if not plugin.fault:
        return Check(kind="plug-in", name=name, state=State.OK, detail=place)
    package = plugin.distribution.split()[0]
    effect = "builds try it for each image, without variants where it fails" if is_tried else "it is left out"
    hint = f"{effect}: update or repair that package, or remove it: pip uninstall {package}"
    return Check(kind="plug-in", name=name, state=State.BROKEN, detail=f"{place}: {plugin.fault}", hint=hint)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _check_configuration(folder: Path, config: Path | None, note: Callable[[str], None]) -> Iterator[Check]:
    from imageseo.integrations.project import detect_project

    notes: list[str] = []
    try:
        project = detect_project(folder, config=config, note=notes.append)
    except ImageseoError as error:
        yield Check(kind="configuration", name=error.title, state=State.BROKEN, detail=error.message, hint=error.hint)
        return
    generator = (
        f"{project.generator.name} ({project.generator.config.name})"
        if project.generator
        else "none; pages are read from the built site"
    )
    for line in notes if not project.absent else ():  # the line of the generator says the same
        note(line)
    yield Check(kind="configuration", name="settings", state=State.OK, detail="no errors")
    yield Check(kind="configuration", name="project", state=State.OK, detail=str(project.folder))
    if project.absent:
        yield _generator_check(project)
        return
    yield Check(kind="configuration", name="generator", state=State.OK, detail=generator)
    if project.generator is not None and project.generator.inactive:
        yield Check(
            kind="configuration",
            name="plug-in",
            state=State.ABSENT,
            detail=f"{project.generator.config.name}: {project.generator.inactive}",
            hint="add it there, or run `imageseo build` on the output after each build",
        )


def _generator_check(project: Project) -> Check:
    """Return the check of a project file that is not read: its package is not installed, or something is broken."""
    is_missing = project.absent.endswith(" is not installed")
    state = State.ABSENT if is_missing else State.BROKEN
    detail = f"{project.absent}; its options and its front matter are not used"
    return Check(kind="configuration", name="generator", state=state, detail=detail, hint=project.remedy)
