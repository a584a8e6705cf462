"""Run a build or lint for an integration: read its settings, do the work, say what came of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from msgspec import structs

from imageseo.config.delivery import CdnSettings
from imageseo.config.plugins import format_names, metric_names, plugin_names
from imageseo.config.settings import Settings
from imageseo.integrations.command_hints import config_argument, pin_command
from imageseo.integrations.logs.finding_log import HostLogger, format_once, log_findings
from imageseo.integrations.slow_build import tell_advice
from imageseo.model.build_findings import BUILD_FINDINGS
from imageseo.model.finding import Finding
from imageseo.model.formats import BUILT_IN, OWN_METRICS
from imageseo.model.humanize import format_count
from imageseo.model.progress import Progress
from imageseo.model.protocols import Result
from imageseo.model.site import Site

if TYPE_CHECKING:
    from imageseo.config import LoadedSettings
    from imageseo.images.encoding.postponed import Postponed
    from imageseo.images.encoding.profiles import Profile
    from imageseo.lint.linter import LintResult
    from imageseo.pipeline.build import BuildResult
    from imageseo.pipeline.incremental.build_memory import BuildMemory


DEBUG = "IMAGESEO_DEBUG"
"""The variable that shows where an unexpected error happened; it is no setting."""

_INDENT = 22  # cells of what hosts put in front of a line: "INFO    -  imageseo: "


def read_project(folder: Path, *, options: Mapping[str, Any] | None, origin: str) -> LoadedSettings:
    """The settings that hold in a folder, and the project's folder: a host's options or a TOML file, then environment.

    ``origin``: where the options stand, for messages. Raises SettingsError with every fault.
    """
    return read_settings(folder, options=options, origin=origin)


def read_settings(folder: Path, **source: Any) -> LoadedSettings:
    """``config.read_project`` with this process's environment and the rules and providers that are installed."""
    from imageseo import config

    loaded = config.read_project(
        folder,
        env={name: value for name, value in os.environ.items() if name != DEBUG},
        **_installed_names(),
        **source,
    )
    return loaded._replace(settings=_usable(loaded.settings))


def load_mapping(mapping: Mapping[str, Any]) -> Settings:
    """Settings that a program gives as a mapping, validated as a file is. Raises SettingsError with every fault."""
    from imageseo import config

    return _usable(config.load(mapping, "settings", **_installed_names()))


def _usable(settings: Settings) -> Settings:
    """The settings without what they name of other packages that cannot be loaded. Raises SettingsError for a CDN."""
    if settings.delivery.cdn.template is not None:
        from imageseo.web.cdn.template import template_of

        template_of(settings.delivery.cdn)
    if {*settings.formats} <= {*BUILT_IN} and settings.encode.metric in OWN_METRICS:
        return settings
    from imageseo.images.encoding import factory

    return factory.usable(settings)


def _installed_names() -> dict[str, Any]:
    """The names of the plug-ins that settings may name; none is loaded."""
    return {
        "formats": format_names(),
        "metrics": metric_names(),
        "rules": [*(name.replace("_", "-") for name in plugin_names("imageseo.rules")), *BUILD_FINDINGS],
        "providers": list(plugin_names("imageseo.heroes")),
    }


def build(
    site: Site,
    settings: Settings,
    *,
    progress: Progress,
    config: Path | None = None,
    preview: bool = False,
    memory: BuildMemory | None = None,
    postponed: Postponed | None = None,
) -> BuildResult:
    """Build a site. ``config``: the file that hints name for ``--config``. Raises ImageseoError.

    ``preview``: use the fast profile unless the settings name one; variants of the configured profile are reused.
    ``memory``: what this process knows of the last build.
    ``postponed``: nothing is encoded; what is missing is noted there.
    """
    from imageseo.pipeline import build as jobs
    from imageseo.pipeline import composition as compose

    command = pin_command(site, config=config)
    settings, accepts = preview_settings(settings) if preview else (settings, ())
    with compose.build_tools(
        settings,
        project=site.project,
        progress=progress,
        command=command,
        accepts=accepts,
        memory=memory,
        postponed=postponed,
    ) as tools:
        result = jobs.build(site, settings, tools)
    about_store = tuple(tools.shared.account.lines()) if tools.shared is not None else ()
    return replace(result, findings=_with_unused(result.findings, site, settings), store=about_store)


def preview_settings(settings: Settings) -> tuple[Settings, tuple[Profile, ...]]:
    """Return the settings of a preview, and the profiles whose variants it also uses."""
    if settings.profile != Settings().profile:
        return settings, ()
    return structs.replace(settings, profile="fast"), (settings.profile,)


def without_cdn(settings: Settings) -> Settings:
    """Return the settings of a preview: its images are files, since no CDN can fetch them from this machine."""
    return structs.replace(settings, delivery=structs.replace(settings.delivery, cdn=CdnSettings()))


def lint(
    site: Site,
    settings: Settings,
    *,
    progress: Progress,
    config: Path | None = None,
    only: frozenset[str] | None = None,
) -> tuple[LintResult, bool]:
    """Check a site; return the result and whether it failed. ``config``: as for ``build``. Raises ImageseoError.

    ``only``: the ids of the findings to report; None: all.
    """
    from imageseo.lint.linter import failed
    from imageseo.pipeline import composition as compose

    result = compose.lint_site(site, settings, only=only, progress=progress, command=pin_command(site, config=config))
    result = replace(result, findings=_with_unused(result.findings, site, settings, only))
    return result, failed(result, settings.lint.fail_on)


def _with_unused(
    findings: Iterable[Finding], site: Site, settings: Settings, only: frozenset[str] | None = None
) -> tuple[Finding, ...]:
    """Return all findings in order, with those that only integrations can make, graded by ``lint.rules``."""
    from imageseo.integrations.unknown_address import explained
    from imageseo.integrations.unused_heroes import unread_heroes, unused_heroes
    from imageseo.lint.severity import SeverityLevels, apply_levels

    findings, more = explained(findings, site) if settings.enabled else (tuple(findings), [])
    more += (*unused_heroes(site, settings), *unread_heroes(site)) if settings.enabled else ()
    graded = apply_levels(more, SeverityLevels.of(settings.lint, only=only))
    return tuple(sorted([*findings, *graded], key=lambda finding: finding.sort_key))


def run(
    site: Site,
    settings: Settings,
    *,
    voice: HostLogger,
    progress: Progress,
    tell: Callable[[str], None] | None = None,
    config: Path | None = None,
    stream: TextIO | None = None,
) -> str | None:
    """Build a site and log the findings. Return what made it fail, a line each, or None. Raises ImageseoError.

    ``tell``: prints the lines at the end, ``voice.info`` by default. ``config``: the generator's own file. ``stream``:
    where these lines appear, for their width and colours; standard error by default.
    """
    from imageseo.lint.overview import overview
    from imageseo.lint.source_lines import SourceLines

    named, tell = config_argument(config) if config is not None else None, tell or voice.info
    start = time.monotonic()
    result = build(site, settings, progress=progress, config=named)
    seconds = time.monotonic() - start
    lines = SourceLines.of(site)
    log_findings(result.findings, voice, lines=lines)
    for line in overview(result.findings):
        tell(line)
    tell(summary(result))
    for line in result.store:
        tell(line)
    if result.new_variants:
        from imageseo.integrations.build_table import table_lines

        for line in table_lines(result, stream or sys.stderr, indent=_INDENT):
            tell(line)
    tell_advice(settings, result, seconds, tell)
    if not result.failed:
        return None
    from imageseo.config.budget_lines import budget_lines

    fatal = [finding for finding in result.findings if finding.fails_build]
    return "\n".join([*format_once(fatal, lines), *budget_lines(fatal, site.project, config)])


def summary(result: Result) -> str:
    """Format the counts of a result that are not zero as one line."""
    counts = ", ".join(format_count(name, number) for name, number in result.summary.items() if number)
    return f"{result.title}: {counts or 'nothing to do'}"
