"""Command `doctor`: report installed and missing packages with install commands, and check the configuration."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, entry_points, requires, version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from imageseo import __version__
from imageseo.cli.commands.doctor_check import Check, State
from imageseo.config import plugins
from imageseo.config.plugins import ForeignPlugin
from imageseo.model import extras
from imageseo.model.errors import ImageseoError
from imageseo.model.foreign import UnfitPlugin
from imageseo.model.suggest import closest

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
    "fonts": ("manimgx-fonts", "title cards in other scripts than Latin, Greek and Cyrillic, and with emoji"),
    "browser": ("playwright", "drives a browser: `imageseo measure`"),
    "c2pa": ("c2pa-python", "checks C2PA manifests: rule `prov-c2pa`"),
    "s3": ("s3fs", "stores masters in a bucket: `hero.masters: s3://…`"),
    "vszip": ("vapoursynth-vszip", "measures quality in half the time (Python 3.12+): `encode.metric: vszip`"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorReport:
    """All checks in display order."""

    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0: no problem; 1: a required package, codec or master is missing or broken; 2: the configuration or the lock
        file has errors.

        A broken plug-in is left out by every command, and does not count here either; the integration of the current
        project does, since without it the configuration cannot be read.
        """
        broken = {check.kind for check in self.checks if check.state is State.BROKEN} - {"plug-in"}
        return 2 if broken & {"configuration", "lock file"} else 1 if broken else 0


def run_checks(folder: Path, *, config: Path | None, note: Callable[[str], None]) -> DoctorReport:
    """Check this installation and the project in ``folder``; writes nothing.

    The network is used only if masters are in a bucket: its files are listed.
    """
    with plugins.silenced():  # broken plug-ins are listed below
        project, configuration = _check_configuration(folder, config, note)
        about_project: tuple[Check, ...] = ()
        if project is not None:
            from imageseo.cli.commands.doctor_project import check_project

            about_project = tuple(check_project(project))
    return DoctorReport(
        checks=(
            *_check_dependencies(),
            *_check_codecs(),
            *_check_extras(),
            *_check_plugins(configuration),
            *configuration,
            *about_project,
        )
    )


def as_text(report: DoctorReport) -> str:
    """Return one line for each check, followed by its remedy."""
    lines = [f"imageseo {__version__}, Python {platform.python_version()}, {platform.platform()}"]
    kind = ""
    for check in report.checks:
        if check.kind != kind:
            kind = check.kind
            lines += ["", f"{kind}:" if kind in ("configuration", "lock file") else f"{kind}s:"]
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


_MARKS = {State.OK: "+", State.ABSENT: "-", State.LIMITED: "~", State.BROKEN: "!"}


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
    yield from _misplaced_plugins()


def _misplaced_plugins() -> Iterator[Check]:
    """Yield the entry points of groups that do not exist: nothing ever loads them."""
    try:
        everything = entry_points()
        groups = {name for name in everything.groups if name.startswith("imageseo.")} - plugins.PACKAGES.keys()
    except Exception:  # a malformed file, which is listed already
        return
    unknown = [entry for group in sorted(groups) for entry in everything.select(group=group)]
    for entry in sorted(unknown, key=lambda each: (each.group, each.name)):
        distribution = f"{entry.dist.name} {entry.dist.version} " if entry.dist is not None else ""
        detail = f"{distribution}({entry.value}): there is no group {entry.group}"
        names = [group.removeprefix("imageseo.") for group in plugins.PACKAGES]
        guess = closest(entry.group.removeprefix("imageseo."), names)
        hint = f"did you mean imageseo.{guess}?" if guess else f"the groups are {', '.join(plugins.PACKAGES)}"
        yield Check(kind="plug-in", name=entry.name, state=State.BROKEN, detail=detail, hint=hint)


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


def _check_configuration(
    folder: Path, config: Path | None, note: Callable[[str], None]
) -> tuple[Project | None, tuple[Check, ...]]:
    """Return the project, None if its settings cannot be read, and the checks."""
    from imageseo.integrations.project import detect_project
    from imageseo.integrations.setup.generator_name import generator_name

    notes: list[str] = []
    try:
        project = detect_project(folder, config=config, note=notes.append)
    except ImageseoError as error:
        return None, (_configuration_check(error.title, error.message, state=State.BROKEN, hint=error.hint),)
    for line in notes if not project.absent else ():  # the line of the generator says the same
        note(line)
    checks = [_configuration_check("settings", "no errors"), _configuration_check("project", str(project.folder))]
    generator = project.generator
    if project.absent:
        return project, (*checks, _generator_check(project))
    checks.append(_configuration_check("generator", generator_name(folder, generator)))
    if generator is not None and generator.inactive:
        detail = f"{generator.config.name}: {generator.inactive}"
        hint = "add it there, or run `imageseo build` on the output after each build"
        checks.append(_configuration_check("plug-in", detail, state=State.ABSENT, hint=hint))
    return project, tuple(checks)


def _generator_check(project: Project) -> Check:
    """Return the check of a project file that is not read: its package is not installed, or something is broken."""
    is_missing = project.absent.endswith(" is not installed")
    state = State.ABSENT if is_missing else State.BROKEN
    detail = f"{project.absent}; its options and its front matter are not used"
    return _configuration_check("generator", detail, state=state, hint=project.remedy)


def _configuration_check(name: str, detail: str, *, state: State = State.OK, hint: str = "") -> Check:
    return Check(kind="configuration", name=name, state=state, detail=detail, hint=hint)
