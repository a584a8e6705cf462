"""The image layer of static sites: build, lint, generate and measure as functions.

>>> import imageseo
>>> result = imageseo.build_site("public")            # doctest: +SKIP
>>> [finding.rule for finding in result.findings]     # doctest: +SKIP
['alt-missing']

Only the names in ``__all__`` are public: they follow semantic versioning, everything else may change at any time.
Functions read the configuration as the command line does, raise ``ImageseoError`` for a fault of the user's, and may be
called from any thread of a program, with or without a ``__main__`` guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from imageseo.cli.commands.generate_report import GenerateReport
    from imageseo.cli.commands.measure import MeasureResult
    from imageseo.config.settings import Settings
    from imageseo.integrations.project import Project
    from imageseo.lint.linter import LintResult
    from imageseo.model.errors import ImageseoError, SettingsError
    from imageseo.model.finding import Budget, Finding, Location, Severity
    from imageseo.model.progress import Progress
    from imageseo.pipeline.result import BuildResult

    Folder = str | PathLike[str]
    SettingsLike = Settings | Mapping[str, Any]

__version__ = "0.1.0"
__all__ = [
    "Budget",
    "BuildResult",
    "Finding",
    "GenerateReport",
    "ImageseoError",
    "LintResult",
    "Location",
    "MeasureResult",
    "Settings",
    "SettingsError",
    "Severity",
    "__version__",
    "build_site",
    "generate_heroes",
    "lint_site",
    "load_settings",
    "measure_site",
]

_TYPES = {
    "Budget": "imageseo.model.finding",
    "BuildResult": "imageseo.pipeline.result",
    "Finding": "imageseo.model.finding",
    "GenerateReport": "imageseo.cli.commands.generate_report",
    "ImageseoError": "imageseo.model.errors",
    "LintResult": "imageseo.lint.linter",
    "Location": "imageseo.model.finding",
    "MeasureResult": "imageseo.cli.commands.measure",
    "Settings": "imageseo.config.settings",
    "SettingsError": "imageseo.model.errors",
    "Severity": "imageseo.model.finding",
}
"""Public type -> its module, loaded when the name is first used: ``import imageseo`` alone costs next to nothing."""


def build_site(
    folder: Folder,
    *,
    project: Folder = ".",
    settings: SettingsLike | None = None,
    frozen: bool = False,
    progress: Progress | None = None,
) -> BuildResult:
    """Process a built site: variants, markup, structured data and the image sitemap. Idempotent.

    Args:
        folder: the built site; written to.
        project: where the configuration and the sources are; the cache, ``heroes/`` and ``imageseo.lock`` are here too.
        settings: instead of those that are configured in the project; a mapping is validated as a file is.
        frozen: every hero must be pinned.
        progress: shows long work; nothing is shown by default.

    Returns:
        The findings and what was changed; ``failed`` says that the site must not be published.

    Raises:
        ImageseoError: the site, the settings or the lock file cannot be used as a whole.
    """
    from pathlib import Path

    from imageseo.integrations import runner
    from imageseo.integrations.progress import Quiet

    here = _project(project, settings, frozen=frozen)
    return runner.build(here.site(Path(folder)), here.settings, progress=progress or Quiet())


def lint_site(
    folder: Folder,
    *,
    project: Folder = ".",
    settings: SettingsLike | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Progress | None = None,
) -> LintResult:
    """Check a built site by all rules and budgets; nothing is written.

    Args:
        folder: the built site.
        project: where the configuration and the sources are.
        settings: instead of those that are configured in the project.
        select: only these rules, by id or pattern (``alt-*``), those that are off by default included.
        ignore: not these rules.
        progress: shows long work; nothing is shown by default.

    Returns:
        The findings, sorted by place; ``failed`` follows ``lint.fail_on``.

    Raises:
        ImageseoError: the site or the settings cannot be used as a whole, or ``select`` names no rule.
    """
    from dataclasses import replace
    from pathlib import Path

    from imageseo.integrations import runner
    from imageseo.integrations.progress import Quiet
    from imageseo.lint.rule_catalog import RuleCatalog

    here = _project(project, settings)
    catalog = RuleCatalog.installed()
    only = catalog.chosen(tuple(select), tuple(ignore))
    chosen = catalog.awake(here.settings, tuple(select), only)
    result, failed = runner.lint(here.site(Path(folder)), chosen, progress=progress or Quiet(), only=only)
    return replace(result, failed=failed)


def generate_heroes(
    *,
    pages: Sequence[str] = (),
    project: Folder = ".",
    folder: Folder | None = None,
    settings: SettingsLike | None = None,
    frozen: bool = False,
    prune: bool = False,
    progress: Progress | None = None,
) -> GenerateReport:
    """Make the heroes that are missing or changed, and pin them in the lock file.

    Args:
        pages: source files, pages or URLs; all pages without them.
        project: where the configuration, the sources and ``imageseo.lock`` are; ``heroes/`` is written here.
        folder: the built site, where no generator's configuration names the pages.
        settings: instead of those that are configured in the project.
        frozen: make nothing; what is missing fails.
        prune: remove the pins of pages that ask for no hero.
        progress: shows long work; nothing is shown by default.

    Returns:
        What was made, kept and refused, page by page; ``failed`` says that a page did not get its hero.

    Raises:
        ImageseoError: a page name that does not exist, a lock file that cannot be read.
    """
    from pathlib import Path

    from imageseo.cli.commands import generate
    from imageseo.integrations.progress import Quiet

    return generate.generate(
        _project(project, settings),
        names=tuple(pages),
        root=Path(folder) if folder is not None else None,
        progress=progress or Quiet(),
        frozen=frozen,
        prune=prune,
    )


def measure_site(
    folder: Folder,
    *,
    project: Folder = ".",
    settings: SettingsLike | None = None,
    pages: Sequence[str] = (),
    check: bool = False,
    sample: int | None = None,
    progress: Progress | None = None,
) -> MeasureResult:
    """Open the built pages in a browser and write ``imageseo.layout.json``, or compare with it.

    Needs the extra ``browser`` and a Chromium.

    Args:
        folder: the built site.
        project: where the configuration is and the layout file is written.
        settings: instead of those that are configured in the project.
        pages: only these, by file or URL; ``*`` takes ``/`` too.
        check: write nothing, and report where the layout file no longer matches the site.
        sample: this many pages of each template at most.
        progress: shows long work; nothing is shown by default.

    Raises:
        ImageseoError: there is no browser, no site, or no layout file to check.
    """
    from pathlib import Path

    from imageseo.cli.commands import measure
    from imageseo.integrations.progress import Quiet

    here = _project(project, settings)
    return measure.run(here, Path(folder), progress=progress or Quiet(), check=check, globs=tuple(pages), sample=sample)


def load_settings(source: Folder | Mapping[str, Any] | None = None, *, project: Folder = ".") -> Settings:
    """The settings of a project, of one file, or of a mapping, completed by the defaults.

    Args:
        source: a TOML file, or a mapping with the keys of one; by default what the project has configured, in
            ``imageseo.toml``, ``pyproject.toml``, ``mkdocs.yml`` or ``pelicanconf.py``. Variables named
            ``IMAGESEO_…`` override a file, not a mapping.
        project: where the configuration is looked for.

    Raises:
        SettingsError: with every fault: key, what was found, what was expected.
    """
    from collections.abc import Mapping
    from pathlib import Path

    from imageseo.integrations import runner

    if isinstance(source, Mapping):
        return runner.load_mapping(source)
    if source is not None:
        return runner.read_settings(Path(project), explicit=Path(source)).settings
    return _project(project, None).settings


def _project(folder: Folder, settings: SettingsLike | None, *, frozen: bool = False) -> Project:
    """The project in a folder, with these settings where some are given."""
    from pathlib import Path

    from imageseo.config.settings import Settings
    from imageseo.integrations import runner
    from imageseo.integrations.project import detect_project

    if settings is not None and not isinstance(settings, Settings):
        settings = runner.load_mapping(settings)
    found = detect_project(Path(folder), config=None, note=_ignore, settings=settings)
    return found.frozen() if frozen else found


def _ignore(_: str) -> None:
    """Notes are for a terminal."""


if not TYPE_CHECKING:  # type checkers would take any misspelt name for one that this function returns

    def __getattr__(name: str) -> Any:
        if name not in _TYPES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        value = globals()[name] = getattr(import_module(_TYPES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
