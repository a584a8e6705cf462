"""Builds a site once, and then again for each batch of changes, until it is stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from imageseo.integrations.pages import html_files
from imageseo.integrations.project import Project
from imageseo.integrations.watching.changes import ChangeCollector, Changes
from imageseo.integrations.watching.debounce import QUIET, Debouncer
from imageseo.integrations.watching.own_writes import Change, ChangeKind, OwnWrites
from imageseo.integrations.watching.relevance import matters
from imageseo.integrations.watching.write_loop import WriteLoop
from imageseo.lint.source_lines import SourceLines
from imageseo.model.errors import ImageseoError, SiteError
from imageseo.model.finding import Finding
from imageseo.model.protocols import Clock
from imageseo.pipeline.result import BuildResult

_TICK = 0.5
"""Seconds between two looks at whether the folder is still there."""

_SOURCE_QUIET = 1.5
"""Seconds after a change of a source in which its generator may write the page: then one build is made of both."""

_CHECK, _CHECK_SHARE = 3.0, 20
"""Seconds of rest after which one build looks at all files again, whatever the events have told; or this many times as
long as such a build takes."""

_SOURCES = (".md", ".markdown", ".mdx", ".rst")
_POLL_QUIET = 1.2  # of the interval of polling: a file that is not changed at the next look is complete


class ChangeSource(Protocol):
    """Observes the file system; ``SiteObserver`` is one."""

    @property
    def tells_all(self) -> bool: ...
    @property
    def interval(self) -> float: ...
    def follow(self, files: Iterable[Path], sources: Iterable[Path]) -> None: ...
    def refresh(self) -> bool: ...
    def read(self, seconds: float) -> Iterator[Change]: ...


class WatchVoice(Protocol):
    """Shows what happens."""

    def note(self, text: str) -> None:
        """Show a line, such as an error."""
        ...

    def built(self, changed: Sequence[str], result: BuildResult, findings: Sequence[Finding], seconds: float) -> None:
        """Show a build. ``changed``: files that started it; none for the first. ``findings``: those to show."""
        ...


@dataclass(slots=True, kw_only=True)
class Watcher:
    """The state of watching one folder.

    ``root``: resolved. ``project``: the settings that hold. ``load``: reads them again. ``places``: returns the
    configuration files of a project and the folders of its sources, whose front matter declares heroes; a generator may
    leave a page as it is if nothing else changes in them. ``build``: builds the site. ``clock``: seconds, never back if
    possible. ``ignore``: patterns of files of the site whose changes start no build. ``built``: called after each build
    that others may have waited for, also one with an error.
    """

    root: Path
    project: Project
    load: Callable[[], Project]
    places: Callable[[Project], tuple[frozenset[Path], tuple[Path, ...]]]
    build: Callable[[Project, Path, Changes], BuildResult]
    source: ChangeSource
    voice: WatchVoice
    clock: Clock
    ignore: tuple[str, ...] = ()
    built: Callable[[], None] = lambda: None
    files: frozenset[Path] = field(init=False)
    sources: tuple[Path, ...] = field(init=False)
    _debouncer: Debouncer = field(init=False)
    _changed_sources: Debouncer = field(init=False)
    _own: OwnWrites = field(init=False)
    _changes: ChangeCollector = field(init=False)
    _check_at: float | None = None
    _check_pause: float = _CHECK
    _shown: frozenset[object] = frozenset()
    _last_note: str = ""
    _loop: WriteLoop = field(default_factory=WriteLoop)

    def __post_init__(self) -> None:
        self._debouncer = Debouncer(self.clock)
        self._changed_sources = Debouncer(self.clock, quiet=_SOURCE_QUIET)
        self._own = OwnWrites(self.root, exact=False)
        self._changes = ChangeCollector(root=self.root)
        self._follow()

    def start(self) -> None:
        """Watch, and build once: what changes while the first build runs starts the second one."""
        self.source.refresh()
        self._adapt()
        self._build(())

    def turn(self) -> None:
        """Wait for changes for a moment, and build if a batch of them is complete."""
        if self.source.refresh():
            self._adapt()
            self._changes.lose()
            self._debouncer.add(str(self.root))
        waits = (self._debouncer.remaining(), self._changed_sources.remaining())
        for change in self.source.read(min(_TICK if each is None else min(_TICK, each) for each in waits)):
            self._receive(change)
        batch = self._debouncer.take()
        if not batch and self._debouncer.remaining() is None and (changed := self._changed_sources.take()):
            self._build(changed, is_certain=False)
        if batch:
            self._changed_sources.clear()
            settings = [path for path in batch if Path(path) in self.files]
            reloaded = not settings or self._reload()
            if reloaded or len(settings) < len(batch):
                self._build(batch)
        self._check()

    def _check(self) -> None:
        """Look at all files once after a rest: an event may have been lost."""
        if self._check_at is not None and self._debouncer.remaining() is None and self.clock() >= self._check_at:
            self._changes.lose()
            self._build((), is_certain=False)

    def _follow(self) -> None:
        self.files, self.sources = self.places(self.project)
        self.source.follow(self.files, self.sources)

    def _adapt(self) -> None:
        self._own.exact = self.source.tells_all
        self._debouncer.quiet = max(QUIET, _POLL_QUIET * self.source.interval)

    def _receive(self, change: Change) -> None:
        if Path(change.path) in self.files:
            self._debouncer.add(change.path, is_open=change.kind is ChangeKind.OPEN)
            self._changes.lose()
            return
        path = self._site_path(change.path)
        if path is None and self._is_source(change.path):
            self._changed_sources.add(change.path)
            self._changes.add_source(Path(change.path))
        if path is None or self._is_cached(change.path) or self._own.explain(change):
            return
        if self._check_at is not None:
            self._check_at = self.clock() + self._check_pause
        if change.kind is ChangeKind.FOLDER:
            self._changes.add_folder(path)
            return
        self._changes.add(path)
        if change.kind in (ChangeKind.TREE, ChangeKind.LOST):
            self._changes.lose()
        if matters(path) and not any(fnmatchcase(path, pattern) for pattern in self.ignore):
            self._debouncer.add(change.path, is_open=change.kind is ChangeKind.OPEN)

    def _site_path(self, path: str) -> str | None:
        """Return a path relative to the root, with ``/``: ``""`` for the root itself, None outside of it."""
        root = str(self.root)
        if path == root:
            return ""
        prefix = root if root.endswith(os.sep) else f"{root}{os.sep}"
        return path.removeprefix(prefix).replace(os.sep, "/") if path.startswith(prefix) else None

    def _is_source(self, path: str) -> bool:
        if not path.lower().endswith(_SOURCES):
            return False
        file = Path(path)
        return any(
            file.is_relative_to(folder) and matters(file.relative_to(folder).as_posix()) for folder in self.sources
        )

    def _is_cached(self, path: str) -> bool:
        cache = (self.project.folder / self.project.settings.cache_dir).resolve()
        return path.startswith(f"{cache}{os.sep}")

    def _reload(self) -> bool:
        """Read the settings again. If they have an error, those that hold stay, and the result is False."""
        try:
            self.project = self.load()
        except ImageseoError as error:
            problem = f"{error.title}: {error.message}"
        except Exception as error:  # the configuration of a generator may be a program
            problem = f"the configuration cannot be read: {type(error).__name__}: {error}"
        else:
            self._last_note = ""
            self._follow()
            return True
        self._note(f"{problem}\n  the settings from before stay in use until this is corrected")
        return False

    def _build(self, batch: Sequence[str], *, is_certain: bool = True) -> None:
        """Build the site. ``is_certain``: false if the changes may affect no page; then nothing done is not shown."""
        if not self._is_buildable():
            return
        start = self.clock()
        result = self._result(start)
        if result is not None:
            names = [self._name(path) for path in batch]
            if page := self._loop.find(start, self.clock(), result.changed):
                self._note(
                    f"{page} is written again after each build: if your generator watches {self.root}, keep that "
                    "folder out of what it watches"
                )
            shown = self._to_show(result)
            if is_certain or result.changed or shown:
                self.voice.built(names, result, shown, max(0.0, self.clock() - start))
        if batch or (result is not None and result.changed):
            self.built()

    def _is_buildable(self) -> bool:
        if self.root.exists() and not self.root.is_dir():
            raise SiteError(f"{self.root}: expected a folder, found a file", hint="name the folder of the built site")
        if not self.project.settings.enabled:
            self._note("switched off (`enabled` is false): nothing is built until it is on")
            return False
        if next(html_files(self.root), None) is None:
            self._note(f"{self.root}: no page in it yet: waiting for your generator to build the site")
            return False
        return True

    def _result(self, start: float) -> BuildResult | None:
        """Build what has changed. An error is shown, and the next build looks at all files."""
        changes, self._check_at = self._changes.take(), None
        try:
            result = self.build(self.project, self.root, changes)
        except ImageseoError as error:
            self._changes.lose()
            self._note(str(error))
            return None
        except Exception as error:  # as in the preview of a generator, one error must not end the watching
            self._changes.lose()
            self._note(f"unexpected {type(error).__name__}: {error} (IMAGESEO_DEBUG=1 imageseo build shows where)")
            return None
        self._last_note = ""
        for path in self._own.record(result.changed):
            self._debouncer.add(path)
            self._changes.add(self._name(path))
        if changes.paths is None:
            self._check_pause = max(_CHECK, _CHECK_SHARE * (self.clock() - start))
        else:
            self._check_at = self.clock() + self._check_pause
        return result

    def _name(self, path: str) -> str:
        return self._site_path(path) or Path(path).name

    def _to_show(self, result: BuildResult) -> list[Finding]:
        """Return the findings that the last build did not have."""
        keys = {finding: (finding.rule, finding.message, finding.location.page) for finding in result.findings}
        shown = [each for each in result.findings if keys[each] not in self._shown]
        self._shown = frozenset(keys.values())
        generator = self.project.generator
        markdown = generator.markdown if generator is not None else ""
        lines = SourceLines(
            self.root,
            project=self.project.folder,
            top=self.project.folder,
            generator=generator.name if generator is not None else "",
            markdown=markdown,
        )
        return [_at_source(finding, lines) for finding in shown]

    def _note(self, text: str) -> None:
        """Show a line unless it was the last one: an error that stays is shown once."""
        if text != self._last_note:
            self._last_note = text
            self.voice.note(text)


def _at_source(finding: Finding, lines: SourceLines) -> Finding:
    """Return a finding with the line of the author's file instead of that of the built page, where it is known."""
    place = finding.location
    found = lines.source(finding)
    if found is None or found.line is None or place.source is None:
        return finding
    message = finding.message.removeprefix(f"{place.source}: ")
    hint = "".join([found.hint, *(f"\n      {line}" for line in found.paste)])
    location = replace(place, source=str(found), line=None, column=None)
    return replace(finding, message=message, hint=hint, location=location)
