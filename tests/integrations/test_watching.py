"""Which changes start a build, when, and what errors do: with a clock and events of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.config.settings import Settings
from imageseo.integrations.project import Project
from imageseo.integrations.watching.changes import Changes
from imageseo.integrations.watching.debounce import QUIET, Debouncer
from imageseo.integrations.watching.own_writes import Change, ChangeKind, OwnWrites
from imageseo.integrations.watching.relevance import matters
from imageseo.integrations.watching.watcher import Watcher
from imageseo.model.errors import LockError, SettingsError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.pipeline.result import BuildResult
from imageseo.storage.atomic import write_atomic
from tests.support.small_sites import write

PAGE = '<p data-imageseo="1">'


class HandClock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_batch_ends_with_a_pause() -> None:
    clock = HandClock()
    batches = Debouncer(clock)
    assert batches.remaining() is None
    for _ in range(3):  # events may be doubled
        batches.add("a.html")
        batches.add("b.html")
    assert batches.take() == ()
    clock.now += QUIET / 2
    batches.add("c.html")
    clock.now += QUIET * 1.75
    assert batches.take() == (), "files that belong together take a little longer"
    assert batches.remaining() == pytest.approx(QUIET / 4)
    clock.now += QUIET
    assert batches.take() == ("a.html", "b.html", "c.html")
    assert batches.take() == ()
    assert batches.remaining() is None


@pytest.mark.parametrize(("files", "seconds", "uneven"), [(200, 3.0, False), (200, 3.0, True), (10_000, 12.0, True)])
def test_many_files_are_one_batch(files: int, seconds: float, uneven: bool) -> None:
    """As of a copy, or of a generator that pauses between pages, for longer the longer it has been running."""
    clock = HandClock()
    batches = Debouncer(clock)
    taken = []
    for number in range(files):
        batches.add(f"{number}.html")
        clock.now += seconds / files
        if uneven and number % (files // 5) == files // 5 - 1:
            clock.now += min(0.9, 0.2 * (clock.now - 100))
        taken.append(batches.take())
    clock.now += 2
    taken.append(batches.take())
    assert [len(batch) for batch in taken if batch] == [files]


def test_an_open_file_is_waited_for() -> None:
    clock = HandClock()
    batches = Debouncer(clock)
    batches.add("large.jpg", is_open=True)
    clock.now += 0.3
    assert batches.take() == ()
    batches.add("large.jpg")  # it is closed
    clock.now += QUIET * 1.01
    assert batches.take() == ("large.jpg",)
    batches.add("linked.jpg", is_open=True)  # no system tells that a hard link is complete
    clock.now += 0.51
    assert batches.take() == ("linked.jpg",)


def test_a_file_that_never_rests_keeps_nothing_from_being_built() -> None:
    clock = HandClock()
    batches = Debouncer(clock)
    start = clock.now
    while not (taken := batches.take()):
        batches.add("a.html")
        batches.add("events.txt", is_open=True)
        clock.now += 0.05
        assert clock.now < start + 60
    assert taken == ("a.html", "events.txt")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.floats(-1e6, 1e6)), min_size=1))
def test_no_order_and_no_clock_loses_a_change(events: Sequence[tuple[str, bool, float]]) -> None:
    clock = HandClock()
    batches = Debouncer(clock)
    taken: set[str] = set()
    for path, is_open, jump in events:
        batches.add(path, is_open=is_open)
        clock.now += jump
        taken.update(batches.take())
    for _ in range(2):  # the first look after a clock was set back begins the pause anew
        remaining = batches.remaining()
        assert remaining is None or 0 <= remaining <= 1
        clock.now += remaining or 0
        clock.now += 1e-6
    taken.update(batches.take())
    assert taken == {path for path, _, _ in events}


@pytest.mark.parametrize(
    "path",
    [
        *("index.html", "a/b/c.jpg", "sitemap.xml", "robots.txt", "_headers", "css/main.css", "404.html", "1.png"),
        *("photo.swiss.jpg", "backup~1.png", "a.webp", "sw.js", "index.html.gz", "edited.html", "sedan.jpg", ""),
    ],
)
def test_files_that_matter(path: str) -> None:
    assert matters(path)


@pytest.mark.parametrize(
    "path",
    [
        *("index.html~", ".index.html.swp", "a/.index.html.swx", "a/4913", ".#index.html", "#index.html#"),
        *("index.html___jb_tmp___", "index.html___jb_old___", "sedaB3xYz", ".git/HEAD", ".cache/imageseo/ab/cd.jpg"),
        *(
            "a/.DS_Store",
            "photo.jpg.part",
            "photo.jpg.crdownload",
            "index.html.tmp",
            "~$report.html",
            "a/index.html.bak",
        ),
        *("fonts/a.woff2", "main.js.map", "film.mp4", "build.log"),
    ],
)
def test_files_that_do_not(path: str) -> None:
    assert not matters(path)


@pytest.mark.parametrize("exact", [True, False])
def test_own_writes(tmp_path: Path, exact: bool) -> None:
    root = write(tmp_path, {"index.html": PAGE, "a-480w.12345678.avif": b"1", "kept.html": PAGE})
    own = OwnWrites(root, exact=exact)

    def explained(name: str, kind: ChangeKind = ChangeKind.DONE) -> bool:
        return own.explain(Change(str(root / name), kind))

    assert not explained("index.html")
    assert own.record(["index.html", "a-480w.12345678.avif", "old.avif"]) == []
    assert explained("index.html", ChangeKind.OURS)
    assert explained("a-480w.12345678.avif", ChangeKind.OPEN), "a hard link"
    assert explained("old.avif", ChangeKind.GONE), "a stale file"
    assert not explained("kept.html")
    (root / "a-480w.12345678.avif").unlink()
    assert not explained("a-480w.12345678.avif", ChangeKind.GONE), "somebody removed it"
    write_atomic(root / "old.avif", b"again")
    assert not explained("old.avif", ChangeKind.DONE)


def test_a_page_that_was_written_again_during_the_build(tmp_path: Path) -> None:
    """The build edits a page, and before it ends the generator writes the page anew: this may not be missed."""
    root = write(tmp_path, {"index.html": "<p>", "other.html": PAGE})
    own = OwnWrites(root, exact=True)
    assert own.record(["index.html"]) == [str(root / "index.html")], "there is nothing of ours in it"
    own.record(["other.html"])
    assert own.explain(Change(str(root / "other.html"), ChangeKind.OURS))
    assert not own.explain(Change(str(root / "other.html"), ChangeKind.OPEN)), "written after our rename"


class Told:
    """Events of the tests' own, and what the watcher shows."""

    tells_all, interval = True, 0.0

    def __init__(self, clock: HandClock) -> None:
        self.clock = clock
        self.waiting: list[Change] = []
        self.is_new = True
        self.notes: list[str] = []
        self.builds: list[tuple[Sequence[str], Sequence[Finding]]] = []

    def follow(self, files: Iterable[Path], sources: Iterable[Path]) -> None:
        self.followed = [*sources]

    def refresh(self) -> bool:
        is_new, self.is_new = self.is_new, False
        return is_new

    def read(self, seconds: float) -> Iterator[Change]:
        waiting, self.waiting = self.waiting, []
        yield from waiting
        self.clock.now += 0 if waiting else seconds

    def note(self, text: str) -> None:
        self.notes.append(text)

    def built(self, changed: Sequence[str], result: BuildResult, findings: Sequence[Finding], seconds: float) -> None:
        self.builds.append((changed, findings))


class Site:
    """A watched folder with a build of the test's own."""

    def __init__(self, folder: Path, *, pages: bool = True) -> None:
        self.root = (folder / "public").resolve()
        self.root.mkdir()
        if pages:
            write(self.root, {"index.html": "<p>"})
        self.config = (folder / "imageseo.toml").resolve()
        self.project = Project(settings=Settings(), folder=folder)
        self.error: Exception | None = None
        self.config_error: Exception | None = None
        self.findings: tuple[Finding, ...] = ()
        self.during: Callable[[], tuple[str, ...]] = tuple
        self.sources: tuple[Path, ...] = ()
        self.looks: list[list[str] | None] = []
        clock = HandClock()
        self.told = Told(clock)
        self.watcher = Watcher(
            root=self.root,
            project=self.project,
            load=self.load,
            places=lambda project: (frozenset([self.config]), self.sources),
            build=self.build,
            source=self.told,
            voice=self.told,
            clock=clock,
        )

    def load(self) -> Project:
        if self.config_error is not None:
            raise self.config_error
        return self.project

    def build(self, project: Project, root: Path, changes: Changes) -> BuildResult:
        self.looks.append(None if changes.paths is None else sorted(changes.paths))
        if self.error is not None:
            raise self.error
        is_check = changes.paths is None and len(self.looks) > 1  # it finds what the builds before have left
        return BuildResult(changed=() if is_check else self.during(), findings=self.findings)

    def change(self, *names: str, kind: ChangeKind = ChangeKind.DONE) -> list[Sequence[str]]:
        """Let files change and time pass; return the changes of the builds that this started."""
        before = len(self.told.builds)
        self.told.waiting += [Change(name if name.startswith("/") else str(self.root / name), kind) for name in names]
        self.rest()
        return [changed for changed, _ in self.told.builds[before:]]

    def rest(self) -> None:
        for _ in range(8):
            self.watcher.turn()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.watcher.start()
    return site


def test_one_edit_is_one_build(site: Site) -> None:
    assert [changed for changed, _ in site.told.builds] == [[]], "the first build needs no change"

    def during() -> tuple[str, ...]:
        write_atomic(site.root / "index.html", PAGE.encode())
        site.told.waiting.append(Change(str(site.root / "index.html"), ChangeKind.OURS))
        return ("index.html",)

    site.during = during
    assert site.change("index.html", "index.html") == [["index.html"]]
    site.rest()
    assert len(site.told.builds) == 2
    assert site.change(".index.html.swp", "4913", "index.html~", ".cache/imageseo/memo/a") == []


def test_a_generator_that_watches_its_own_output(site: Site) -> None:
    """It builds again because we wrote, and so do we: somebody has to say why this never ends."""
    site.during = lambda: ("index.html", "404.html")
    for _ in range(15):
        site.told.waiting.append(Change(str(site.root / "index.html"), ChangeKind.DONE))
        site.watcher.turn()
        site.watcher.turn()
    assert len(site.told.notes) == 1
    assert "404.html is written again after each build" in site.told.notes[0]
    assert str(site.root) in site.told.notes[0]


def test_an_author_who_saves_often_is_no_loop(site: Site) -> None:
    for number in range(12):
        site.during = lambda: (f"{number}.html", "sitemap.xml")  # noqa: B023
        site.change(f"{number}.html")
    assert not site.told.notes


def test_the_cache_may_be_anywhere(site: Site) -> None:
    site.watcher.project = Project(settings=Settings(cache_dir="public/store"), folder=site.root.parent)
    assert site.change("store/ab/cd.avif") == []
    assert site.change("stores/a.jpg") == [["stores/a.jpg"]]


def test_ten_thousand_files_at_once(site: Site) -> None:
    (changed,) = site.change(*(f"pages/{number}.html" for number in range(10_000)))
    assert len(changed) == 10_000


def test_a_broken_configuration(site: Site) -> None:
    config = str(site.config)
    site.config_error = SettingsError(("imageseo.toml: profile: unknown value",))
    assert site.change(config) == []
    assert "profile: unknown value" in site.told.notes[0]
    assert "settings from before" in site.told.notes[0]
    assert site.change("index.html") == [["index.html"]], "with the last good settings"
    assert site.change(config, "index.html") == [["imageseo.toml", "index.html"]]
    site.config_error = ZeroDivisionError("in conf.py")
    assert site.change(config) == []
    assert "in conf.py" in site.told.notes[-1]
    site.config_error, site.project = None, Project(settings=Settings(profile="fast"), folder=site.project.folder)
    assert site.change(config) == [["imageseo.toml"]]
    assert site.watcher.project.settings.profile == "fast"


@pytest.mark.parametrize("error", [LockError("imageseo.lock: line 3"), OSError(5, "disk"), RuntimeError("a bug")])
def test_errors_are_survived_and_shown_once(site: Site, error: Exception) -> None:
    site.error = error
    assert site.change("index.html") == []
    assert site.change("index.html") == []
    assert len(site.told.notes) == 1
    site.error = None
    assert site.change("index.html") == [["index.html"]]


def test_an_empty_site_is_waited_for(tmp_path: Path) -> None:
    """Generators empty the folder, or remove it, before they build; Zensical's watcher may leave it so for seconds."""
    site = Site(tmp_path, pages=False)
    site.watcher.start()
    site.rest()
    assert len(site.told.notes) == 1
    assert "waiting for your generator" in site.told.notes[0]
    write(site.root, {"index.html": "<p>"})
    assert site.change("index.html") == [["index.html"]]
    (site.root / "index.html").unlink()
    site.root.rmdir()
    site.told.is_new = True
    site.rest()
    assert len(site.told.builds) == 1
    site.root.mkdir()
    write(site.root, {"index.html": "<p>"})
    site.told.is_new = True  # nothing says which files have changed
    site.rest()
    assert [changed for changed, _ in site.told.builds] == [["index.html"], ["public"]]


def test_a_change_during_a_build_is_built_next(site: Site) -> None:
    def during() -> tuple[str, ...]:
        site.during = tuple
        site.told.waiting.append(Change(str(site.root / "b.html"), ChangeKind.DONE))
        return ()

    site.during = during
    assert site.change("a.html") == [["a.html"], ["b.html"]]


def test_switched_off_while_watching(site: Site) -> None:
    site.project = Project(settings=Settings(enabled=False), folder=site.project.folder)
    assert site.change(str(site.config), "index.html") == []
    assert "switched off" in site.told.notes[0]


def test_a_source_is_built_with_its_page(site: Site) -> None:
    docs = site.root.parent / "docs"
    site.watcher.sources = (docs,)
    page = str(docs / "a.md")
    site.during = lambda: ("a.html",)
    assert site.change(page, "a.html") == [["a.html"]], "the generator was quick"
    assert site.change(page) == [["a.md"]], "it left the page as it was; its front matter may declare another hero"
    site.during = tuple
    assert site.change(page) == [], "nothing came of it"
    for other in (str(docs / "a.md~"), str(docs / ".a.md"), str(docs / "a.jpg"), str(site.root.parent / "b.md")):
        site.during = lambda: ("a.html",)
        assert site.change(other) == []


def finding(page: str, message: str, *, source: str | None = None, image: str | None = None) -> Finding:
    place = Location(page=page, source=source, line=1, column=1, image=image)
    return Finding(rule="alt-missing", severity=Severity.WARN, message=message, location=place)


def test_new_findings_in_the_authors_file(site: Site) -> None:
    write(site.root.parent, {"docs/index.md": "# Home\n\ntext\n\n![](images/home.jpg)\n"})
    home = finding("index.html", "home.jpg has no alt", source="docs/index.md", image="images/home.jpg")
    other = finding("other.html", "other.jpg has no alt")
    site.findings = (home, other)
    site.change("index.html")
    (_, first) = site.told.builds[-1]
    assert [each.location.page for each in first] == ["index.html", "other.html"], "both are new"
    assert (first[0].location.source, first[0].location.line) == ("docs/index.md:5:1", None)
    site.change("index.html")
    assert site.told.builds[-1][1] == [], "shown before"
    site.findings = (*site.findings, finding("third.html", "home.jpg is missing"))
    site.change("images/home.jpg")
    assert [each.location.page for each in site.told.builds[-1][1]] == ["third.html"], (
        "a page that an image is missing on"
    )


def test_only_what_changed_is_looked_at(site: Site) -> None:
    site.change("index.html", "a.jpg")
    site.change("b.html", kind=ChangeKind.GONE)
    assert [each for each in site.looks if each is not None] == [["a.jpg", "index.html"], ["b.html"]]


def test_a_file_that_starts_no_build_counts_in_the_next_one(site: Site) -> None:
    """A page may depend on whether it exists."""
    site.told.waiting.append(Change(str(site.root / "film.mp4"), ChangeKind.DONE))
    site.watcher.turn()
    site.change("index.html")
    assert ["film.mp4", "index.html"] in site.looks


@pytest.mark.parametrize("kind", [ChangeKind.TREE, ChangeKind.LOST])
def test_lost_changes_need_a_look_at_everything(site: Site, kind: ChangeKind) -> None:
    """As when the system's queue overflows, or a folder was renamed."""
    assert site.change("old", kind=kind) == [["old"]]
    assert site.looks[1] is None


def test_an_event_that_was_lost(site: Site) -> None:
    """After a rest one build looks at all files: once, and silently if there is nothing to do."""
    site.change("index.html")
    for _ in range(100):
        site.rest()
    assert site.looks == [None, ["index.html"], None]
    assert len(site.told.builds) == 2
    site.watcher.build = lambda *_: BuildResult(changed=("forgotten.html",))
    site.change("index.html")
    for _ in range(3):
        site.rest()
    assert [changed for changed, _ in site.told.builds[2:]] == [["index.html"], []], "what it finds is shown"


def test_an_author_who_goes_on_is_not_kept_waiting(site: Site) -> None:
    for _ in range(5):
        site.told.waiting.append(Change(str(site.root / "index.html"), ChangeKind.DONE))
        for _ in range(5):
            site.watcher.turn()
    assert site.looks[1:] == [["index.html"]] * 5, "no look at everything in between"


def test_a_long_look_is_made_less_often(site: Site) -> None:
    def slow() -> tuple[str, ...]:
        site.told.clock.now += 10
        return ()

    site.change(str(site.config))
    site.during = slow
    site.watcher.build = lambda *arguments: (slow(), site.build(*arguments))[1]
    site.change("index.html", str(site.config))
    site.watcher.build = site.build
    before = site.told.clock.now
    site.change("index.html")
    while site.looks[-1] is not None:
        site.rest()
    assert site.told.clock.now - before > 150


def test_ignored_files(site: Site) -> None:
    site.watcher.ignore = ("search/*", "*.json")
    assert site.change("search/a/b.html", "data.json", "deep/x.json") == []
    assert site.change("research/a.html", "data.json") == [["research/a.html"]]


def test_a_clock_that_jumps(site: Site) -> None:
    for jump in (-1e6, 1e6, -5.0, 3600.0):
        site.told.waiting.append(Change(str(site.root / "index.html"), ChangeKind.DONE))
        site.watcher.turn()
        site.told.clock.now += jump
        before = len(site.looks)
        site.rest()
        assert ["index.html"] in site.looks[before:], jump


def test_a_page_that_was_replaced_during_the_build_is_looked_at(site: Site) -> None:
    def during() -> tuple[str, ...]:
        site.during = tuple
        return ("index.html",)  # it has nothing of ours

    site.during = during
    site.change("b.html")
    assert ["index.html"] in site.looks


def test_other_sources_after_a_change_of_the_settings(site: Site) -> None:
    """`content_dir` names another folder: no restart is needed."""
    other = site.root.parent / "posts"
    assert site.change(str(other / "a.md")) == []
    site.sources = (other,)
    site.change(str(site.config))
    assert site.told.followed == [other]
    site.during = lambda: ("a.html",)
    assert site.change(str(other / "a.md")) == [["a.md"]]


def test_whoever_waits_for_builds_is_told(site: Site) -> None:
    told: list[str] = []
    site.watcher.built = lambda: told.append("built")
    site.change("index.html")
    assert len(told) == 1
    site.error = LockError("imageseo.lock: line 3")
    site.change("index.html")
    assert len(told) == 2, "the page is new nevertheless"
    site.error = None
    for _ in range(10):
        site.rest()
    assert len(told) == 2, "no cause"
