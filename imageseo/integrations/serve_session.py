"""The preview of a development server: what it keeps from one build to the next, and what it shows of each."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from imageseo.config.settings import Settings
from imageseo.images.encoding.postponed import Postponed, Tried
from imageseo.integrations import runner
from imageseo.integrations.command_hints import config_argument
from imageseo.integrations.logs.finding_log import HostLogger, log_findings
from imageseo.integrations.serving.background import BackgroundEncoder, BackgroundWork, sources_of
from imageseo.integrations.serving.edited_pages import EditedPages, lint_edited
from imageseo.lint.overview import overview
from imageseo.lint.source_lines import SourceLines
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Severity
from imageseo.model.humanize import format_count
from imageseo.model.progress import Progress
from imageseo.model.site import Site
from imageseo.pipeline.result import BuildResult

_Key = tuple[str, str, str]


class ServeSession:
    """The builds of one preview. ``refresh``: builds the site once more, called when images are ready; in a thread.

    ``waits``: builds encode what is missing themselves, because no other build may follow.
    """

    def __init__(self, *, waits: bool = False) -> None:
        self.waits = waits
        self.refresh: Callable[[], None] | None = None
        self._background = BackgroundEncoder(finished=self._finish, failed=self._warn)
        self._edited = EditedPages()
        self._shown: frozenset[_Key] | None = None  # findings of the last build
        self._settings: Settings | None = None
        self._logger: HostLogger | None = None
        self._tell: Callable[[str], None] = _discard
        self._lock = threading.Lock()
        self._is_building = False
        self._is_refreshing = False  # a build that `refresh` asked for is to come
        self._waiting: frozenset[str] = frozenset()  # digests of the images that the last build postponed
        self._announced: frozenset[str] = frozenset()  # those that `refresh` was called for

    def start_build(self) -> None:
        """Note that the generator begins to build, or that ``refresh`` does."""
        with self._lock:
            if not self._is_refreshing:
                self._announced = frozenset()
            self._is_building, self._is_refreshing = True, False

    def run(
        self,
        site: Site,
        settings: Settings,
        *,
        voice: HostLogger,
        progress: Progress,
        tell: Callable[[str], None] | None = None,
        config: Path | None = None,
    ) -> None:
        """Process a built site and log the findings; errors are warnings, so that the preview continues.

        The arguments are those of ``runner.run``.
        """
        self._logger, self._tell = voice, tell or voice.info
        named = config_argument(config) if config is not None else None
        try:
            self._run(site, settings, voice, progress, self._tell, named)
        except ImageseoError as error:
            voice.warning("%s", error)
        except Exception as error:  # a preview survives internal errors too
            voice.warning("unexpected %s: %s", type(error).__name__, error)
            voice.debug("where it happened", exc_info=True)
        finally:
            with self._lock:
                self._is_building = False

    @property
    def is_refreshing(self) -> bool:
        """Whether ``refresh`` was called, and no build has begun since."""
        with self._lock:
            return self._is_refreshing

    @property
    def is_encoding(self) -> bool:
        """Whether work is left in the background."""
        return self._background.has_work

    def stop(self) -> None:
        """End what works in the background."""
        self._background.stop()

    def _run(
        self,
        site: Site,
        settings: Settings,
        voice: HostLogger,
        progress: Progress,
        tell: Callable[[str], None],
        config: Path | None,
    ) -> None:
        settings = runner.without_cdn(settings)
        if settings != self._settings:
            self._settings, self._background.tried = settings, Tried()
        is_full = settings.serve == "full"
        postponed = None if is_full or self.waits else Postponed(tried=self._background.tried)
        result = runner.build(
            site, settings, progress=progress, config=config, preview=not is_full, postponed=postponed
        )
        edited = self._edited.find(site)
        linted = lint_edited(site, settings, edited, result.waiting)
        found = sorted([*result.findings, *linted], key=lambda finding: finding.sort_key)
        is_first = self._shown is None
        shown = self._to_show(found, {page.path for page in edited})
        log_findings(shown, voice, serving=True, lines=SourceLines.of(site))
        for line in overview(found) if is_first else ():
            tell(line)
        tell(runner.summary(result) if is_full else _summary(result, found))
        work = None
        if postponed is not None and postponed.specs:
            work = BackgroundWork.of(postponed, *runner.preview_settings(settings), site.project)
        with self._lock:  # `_finish` must not see one without the other
            self._waiting = sources_of(postponed.specs) if postponed is not None else frozenset()
            self._is_building = False
            self._background.submit(work)

    def _to_show(self, findings: Iterable[Finding], edited: set[str]) -> list[Finding]:
        """Return all findings at the first build, then those of edited pages and new ones, without notes."""
        before, keys = self._shown, {_key(finding): finding for finding in findings}
        self._shown = frozenset(keys)
        if before is None:
            return list(findings)
        return [
            finding
            for finding in findings
            if (finding.location.page in edited or _key(finding) not in before)
            and (finding.severity.rank >= Severity.WARN.rank or finding.fails_build)
        ]

    def _finish(self) -> None:
        """Ask for one more build if images are ready that the last one postponed; never twice for the same images.

        Without this limit, variants that only the refreshed page asks for could let builds follow each other for ever.
        """
        with self._lock:
            refresh, is_busy = self.refresh, self._is_building or self._background.has_work
            if refresh is None or is_busy or self._waiting <= self._announced:
                return
            number = len(self._waiting - self._announced)
            self._announced |= self._waiting
            self._is_refreshing = True
        self._tell(f"preview: {format_count('images', number)} from the background: the pages are updated")
        refresh()

    def _warn(self, text: str) -> None:
        if self._logger is not None:
            self._logger.warning("%s", text)


def _discard(text: str) -> None:
    pass


def _key(finding: Finding) -> _Key:
    """Return what identifies a finding although the lines of its page have moved."""
    return (finding.rule, finding.message, finding.location.page)


def _summary(result: BuildResult, findings: Iterable[Finding]) -> str:
    """Return the line of a preview: images that are ready, those in the background, findings."""
    counts = result.summary
    images, waiting = counts["images"], counts["waiting"]
    ready = f"{images - waiting:,} of {format_count('images', images)} ready, {waiting:,} in the background"
    severities = [finding.severity for finding in findings]
    levels = {"errors": Severity.ERROR, "warnings": Severity.WARN}
    found = [format_count(name, number) for name, level in levels.items() if (number := severities.count(level))]
    parts = [
        format_count("pages", counts["pages"]),
        ready if waiting else f"{format_count('images', images)} ready",
        *found,
    ]
    return f"preview: {', '.join(parts)}"
