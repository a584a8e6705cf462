"""What a preview encodes in the background, when it asks for one more build, and how it ends."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from imageseo.config.settings import Settings
from imageseo.images.encoding.encode_result import EncodeResult, PartialResult
from imageseo.images.encoding.isolation import Cancellation, Cancelled
from imageseo.images.encoding.postponed import Postponed
from imageseo.integrations import runner
from imageseo.integrations.progress import Quiet
from imageseo.integrations.serve_session import ServeSession
from imageseo.integrations.serving.background import BackgroundEncoder, BackgroundWork
from imageseo.integrations.serving.edited_pages import EditedPages
from imageseo.model.image import Asset, BadAsset, VariantSpec
from imageseo.model.site import Page, PageHints, Site
from tests.support.small_sites import photo, write

PAGE = "<html><head><title>T</title></head><body><main><article>{}</article></main></body></html>"


def wait_for(found: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not found():
        assert time.monotonic() < end
        time.sleep(0.005)


def work(folder: Path, *names: str) -> BackgroundWork:
    jobs, specs = {}, []
    for name in names:
        data = name.encode()
        digest = hashlib.sha256(data).hexdigest()
        write(folder, {name: data})
        asset = Asset(path=name, sha256=digest, bytes=len(data), width=9, height=9, format="JPEG")
        jobs[digest] = (folder / name, asset)
        specs.append(VariantSpec(source=digest, format="webp", width=9, height=9))
    return BackgroundWork(settings=Settings(), accepts=(), project=folder, jobs=jobs, specs=specs)


class Encodes:
    """An encoder that waits until it may go on, or is cancelled. ``calls``: the file names of each call."""

    def __init__(self, *, failing: str = "") -> None:
        self.calls: list[list[str]] = []
        self.may_go_on = threading.Event()
        self.failing = failing

    def __call__(self, work: BackgroundWork, cancellation: Cancellation) -> EncodeResult:
        names = [work.jobs[spec.source][1].path for spec in work.specs]
        self.calls.append(names)
        while not self.may_go_on.wait(0.005):
            cancellation.check()
        failed = [spec for spec in work.specs if work.jobs[spec.source][1].path == self.failing]
        bad = {
            spec.source: BadAsset(path=self.failing, rule="img-unreadable", problem="broken", hint="")
            for spec in failed
        }
        return EncodeResult(variants={}, failures=bad)


def test_background_encodes_new_images_first_and_stops_at_once(tmp_path: Path) -> None:
    encodes, done = Encodes(), threading.Event()
    background = BackgroundEncoder(finished=done.set, failed=pytest.fail, encode=encodes)
    background.submit(work(tmp_path, "a", "b"))
    wait_for(lambda: len(encodes.calls) == 1)
    background.submit(work(tmp_path, "a", "b"))  # a build while it works: it goes on
    time.sleep(0.05)
    assert encodes.calls == [["a", "b"]]
    background.submit(work(tmp_path, "a", "b", "c"))
    wait_for(lambda: encodes.calls == [["a", "b"], ["c"]])
    encodes.may_go_on.set()
    assert done.wait(5)
    assert encodes.calls[2:] == [["a", "b", "c"]]
    encodes.may_go_on.clear()
    background.submit(work(tmp_path, "d"))
    wait_for(lambda: encodes.calls[-1] == ["d"])
    start = time.monotonic()
    background.stop()
    assert time.monotonic() - start < 1
    background.submit(work(tmp_path, "e"))
    assert not background.has_work
    assert encodes.calls[-1] == ["d"]


@pytest.mark.parametrize("case", ["broken", "vanished", "changed"])
def test_only_failures_of_intact_files_are_remembered(tmp_path: Path, case: str) -> None:
    """A generator empties its folder during each build: an image that is missing then is not broken."""
    encodes, done = Encodes(failing="a"), threading.Event()
    background = BackgroundEncoder(finished=done.set, failed=pytest.fail, encode=encodes)
    asked = work(tmp_path, "a", "b")
    if case == "vanished":
        (tmp_path / "a").unlink()
    elif case == "changed":
        (tmp_path / "a").write_bytes(b"half of it")
    encodes.may_go_on.set()
    background.submit(asked)
    assert done.wait(5)
    background.stop()
    assert bool(background.tried.failures) == (case == "broken")
    postponed = Postponed(tried=background.tried)
    result = PartialResult()
    postponed.put_off(asked.jobs, asked.specs, asked.specs, result)
    assert len(result.pending) == (1 if case == "broken" else 2)
    assert len(result.failures) == (1 if case == "broken" else 0)


def test_error_in_the_background_is_one_warning(tmp_path: Path) -> None:
    errors: list[str] = []
    done = threading.Event()

    def broken(work: BackgroundWork, cancellation: Cancellation) -> EncodeResult:
        raise ZeroDivisionError("a bug")

    background = BackgroundEncoder(finished=done.set, failed=errors.append, encode=broken)
    background.submit(work(tmp_path, "a"))
    assert done.wait(5)
    background.stop()
    assert errors == ["images cannot be encoded in the background: unexpected ZeroDivisionError: a bug"]


def test_cancelled_work_is_no_error(tmp_path: Path) -> None:
    calls: list[int] = []

    def cancelled(work: BackgroundWork, cancellation: Cancellation) -> EncodeResult:
        calls.append(1)
        raise Cancelled

    background = BackgroundEncoder(finished=lambda: None, failed=pytest.fail, encode=cancelled)
    background.submit(work(tmp_path, "a"))
    wait_for(lambda: calls and not background.has_work)
    background.stop()


class Log:
    """A host's logger, and the site's folder."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def debug(self, msg: object, *args: object, exc_info: bool = False) -> None: ...

    def info(self, msg: object, *args: object) -> None:
        self.lines.append(f"info {str(msg) % args if args else msg}")

    def warning(self, msg: object, *args: object) -> None:
        self.lines.append(f"warning {str(msg) % args if args else msg}")

    error = warning


def site_of(folder: Path, body: str) -> Site:
    write(folder, {"site/index.html": PAGE.format(body), "docs/index.md": body})
    page = Page(path="index.html", hints=PageHints(source=Path("docs/index.md")))
    return Site(root=folder / "site", project=folder, base_url="https://example.org/", pages=(page,))


def test_session_asks_for_one_build_and_shows_findings_of_edited_pages(tmp_path: Path) -> None:
    """Cold: one image waits. Then it is ready, and one build is asked for; the build after that asks for none."""
    write(tmp_path, {"site/a.jpg": photo(), "site/b.jpg": photo(seed=3)})
    image, log, asked = '<img src="a.jpg" alt="A harbour">', Log(), threading.Event()
    session = ServeSession()
    session.refresh = asked.set

    def build(body: str) -> list[str]:
        log.lines.clear()
        session.start_build()
        session.run(site_of(tmp_path, body), Settings(), voice=log, progress=Quiet())
        return list(log.lines)

    lines = build(image)
    assert lines[-1] == "info preview: 1 page, 0 of 1 image ready, 1 in the background"
    page = (tmp_path / "site/index.html").read_text("utf-8")
    assert "<picture" not in page
    assert 'width="500" height="300"' in page
    assert asked.wait(20)
    wait_for(lambda: log.lines[-1].endswith("1 image from the background: the pages are updated"))
    asked.clear()
    assert build(image)[-1] == "info preview: 1 page, 1 image ready"
    assert "<picture" in (tmp_path / "site/index.html").read_text("utf-8")
    wrong = build(
        f'{image}\n<img src="b.jpg" alt="b.jpg" width="500" height="300"><img src="no.jpg" alt="Blue" width=a>'
    )
    assert [line for line in wrong if "docs/index.md:2:1: " in line and "[alt-filename]" in line], wrong
    about = [re.findall(r"\[([a-z-]+)\]", line)[0] for line in wrong[:-1]]
    assert sorted(about) == ["alt-filename", "img-attributes", "img-missing"], "rules of builds and of lint, each once"
    assert wrong[-1].startswith("info preview: 1 page, 1 of 2 images ready, 1 in the background, ")
    assert asked.wait(20)
    wait_for(lambda: not session.is_encoding)
    asked.clear()
    session.start_build()
    again = site_of(tmp_path, f'{image}\n<img src="b.jpg" alt="b.jpg" width="500" height="300">')
    log.lines.clear()
    session.run(again, Settings(serve="full"), voice=log, progress=Quiet())
    assert log.lines[-1].startswith("info build: 1 page, 2 images")
    session.stop()
    assert not asked.is_set()


def test_session_survives_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(runner, "build", broken)
    log, session = Log(), ServeSession()
    session.start_build()
    session.run(site_of(tmp_path, ""), Settings(), voice=log, progress=Quiet())
    assert log.lines == ["warning unexpected ZeroDivisionError: a bug"]
    assert not session.is_encoding


def test_edited_pages_are_those_whose_source_is_new_or_changed(tmp_path: Path) -> None:
    names = ["a", "b", "c"]
    write(tmp_path, {f"{name}.md": "text" for name in names[:2]})
    pages = [Page(path=f"{name}.html", hints=PageHints(source=Path(f"{name}.md"))) for name in names]
    site = Site(root=tmp_path, project=tmp_path, base_url=None, pages=(*pages, Page(path="404.html")))
    edited = EditedPages()
    assert edited.find(site) == []
    assert edited.find(site) == []
    write(tmp_path, {"b.md": "other text", "c.md": "new"})
    assert [page.path for page in edited.find(site)] == ["b.html", "c.html"]
    (tmp_path / "b.md").unlink()
    assert edited.find(site) == []
