"""Command `watch`: the real process on a small site, and what it refuses."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from imageseo.cli.commands import watch
from imageseo.cli.watch import TerminalVoice
from imageseo.integrations.progress import Quiet
from imageseo.model.errors import SettingsError, SiteError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.pipeline.result import BuildResult
from tests.support.browser import chromium, needs_chromium
from tests.support.extras import needs_packages
from tests.support.small_sites import environment, photo, run, tree, words, write

PAGE = "<!doctype html><html lang=en><head><title>A</title></head><body><main><article><h1>A</h1>\n{}</article></main>"
HERO = "hero: {style: topo, width: 320, height: 180, alt: Lines}"
SHOWN = PAGE.format('<img src="a.jpg" alt="A red bicycle">')


@contextmanager
def watching(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """The process, and what it has printed so far. Its output goes to a file: a full pipe would stop it."""
    log = folder / "watch.txt"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            words("imageseo", "watch", "public", *options),
            cwd=folder,
            env=environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process, lambda: log.read_text("utf-8")
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], said: Callable[[], str]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, said()
        time.sleep(0.02)


def builds(said: str) -> list[str]:
    return re.findall(r"^\d\d:\d\d:\d\d (.*) \([\d.]+ s\)$", said, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send Ctrl-C to another one")
def test_from_saving_to_the_page_on_disk(tmp_path: Path) -> None:
    settings = 'site_url = "https://e.example/"\ncontent_dir = "content"\n'
    files: dict[str, str | bytes] = {"imageseo.toml": settings, "public/a.jpg": photo(), "public/index.html": SHOWN}
    files |= {"content/index.md": "# A\n", "content/new.md": "# New\n\n![](a.jpg)\n"}
    root = write(tmp_path, files) / "public"
    with watching(tmp_path) as (process, said):
        wait_for(lambda: len(builds(said())) == 1, said)
        before = (root / "index.html").read_bytes()
        assert b"srcset" in before

        write(root, {"a.jpg": photo(seed=5)})
        wait_for(lambda: (root / "index.html").read_bytes() != before, said)
        wait_for(lambda: len(builds(said())) == 2, said)
        write(root, {"new/index.html": PAGE.format('<img src="../a.jpg">'), ".new.html.swp": "x", "4913": ""})
        wait_for(lambda: b"srcset" in (root / "new/index.html").read_bytes(), said)
        wait_for(lambda: "content/new.md:3:1: a.jpg has no alt" in said(), said)
        time.sleep(1)
        assert len(builds(said())) == 3, said()
        assert builds(said())[1].startswith("a.jpg: ")
        assert builds(said())[2].startswith("new/index.html: ")

        write(tmp_path, {"content/new.md": f"---\n{HERO}\n---\n# New\n\n![](a.jpg)\n"})  # the page stays as it is
        wait_for(lambda: b'alt="Lines"' in (root / "new/index.html").read_bytes(), said)

        other = run("imageseo", "watch", "public", cwd=tmp_path)
        assert other.returncode == 2
        assert f"another `imageseo watch public` (process {process.pid}) is running here" in other.stderr

        write(tmp_path, {"imageseo.toml": f'{settings}profil = "fast"\n'})
        wait_for(lambda: "settings from before stay in use" in said(), said)
        shutil.rmtree(root)
        wait_for(lambda: "waiting for your generator" in said(), said)
        write(tmp_path, {**files, "public/b.html": SHOWN})
        wait_for(lambda: (root / "b.html").is_file() and b"srcset" in (root / "b.html").read_bytes(), said)
        wait_for(lambda: b"srcset" in (root / "index.html").read_bytes(), said)
        wait_for(lambda: (root / "sitemap.xml").is_file(), said)
        time.sleep(1)  # the build ends with what the next one needs

        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert said().endswith("imageseo: stopped watching\n"), said()
        assert "Traceback" not in said()
    once = write(tmp_path / "once", {**files, "public/b.html": SHOWN})
    assert run("imageseo", "build", "public", cwd=once).returncode == 0
    assert tree(root) == tree(once / "public"), "the same as of one build"


def test_a_watcher_in_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without events, as on a network share; a second one is refused, and one that ended is not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGESEO_PROFILE", "fast")
    root = write(tmp_path, {"imageseo.toml": "", "public/a.jpg": photo(), "public/index.html": SHOWN}) / "public"
    voice, stop = Kept(), threading.Event()

    def start() -> None:
        watch.run(root, config=None, polling=True, voice=voice, progress=Quiet(), is_stopped=stop.is_set)

    for count in (1, 2):
        stop.clear()
        thread = threading.Thread(target=start, daemon=True)
        thread.start()
        wait_for(lambda: len(voice.builds) == count, lambda: f"{voice.notes}")  # noqa: B023 - called at once
        with pytest.raises(SiteError, match="another `imageseo watch"):
            watch.run(root, config=None, polling=False, voice=voice, progress=Quiet())
        stop.set()
        thread.join(20)
        assert not thread.is_alive()
    assert b"srcset" in (root / "index.html").read_bytes()
    write(tmp_path, {"imageseo.toml": "profil = 1"})
    with pytest.raises(SettingsError, match="profil"):
        watch.run(root, config=None, polling=False, voice=voice, progress=Quiet())


class Kept:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.builds: list[BuildResult] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def built(self, changed: object, result: BuildResult, findings: object, seconds: float) -> None:
        self.builds.append(result)


def test_one_line_a_build(capsys: pytest.CaptureFixture[str]) -> None:
    place = Location(page="index.html", source="docs/index.md:5")
    finding = Finding(rule="alt-missing", severity=Severity.WARN, message="a.jpg has no alt attribute", location=place)
    result = BuildResult(counts={"pages": 9, "changed": 1, "encoded": 0}, findings=(finding,))
    voice = TerminalVoice()
    voice.built(["a.jpg", "b.jpg", "c.jpg"], result, [finding], 0.25)
    voice.built([], BuildResult(), [], 2.0)
    shown, line, empty = capsys.readouterr().out.splitlines()
    assert shown == "warn: docs/index.md:5: a.jpg has no alt attribute [alt-missing]"
    assert re.fullmatch(r"[\d:]{8} a.jpg, b.jpg and 1 more: 1 file changed, 1 warning \(0.2 s\)", line)
    assert re.fullmatch(r"[\d:]{8} build: nothing to do; findings: 1 gone \(2.0 s\)", empty)
    voice = TerminalVoice()
    other = replace(finding, message="b.jpg has no alt attribute")
    for findings in ([finding], [finding, other], [other], []):
        voice.built(["feed.xml", "a.html"], BuildResult(findings=tuple(findings)), [], 0.1)
    lines = capsys.readouterr().out.splitlines()
    assert all(" a.html, feed.xml: " in line for line in lines), "pages first"
    ends = ["", "; findings: 1 new, 1 as before", "; findings: 1 gone, 1 as before", "; findings: 1 gone"]
    assert all(line.endswith(f"{end} (0.1 s)") for line, end in zip(lines, ends, strict=True))


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.network
@needs_chromium
@needs_packages("arel", "uvicorn", "websockets")
@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send Ctrl-C to another one")
def test_a_saved_page_is_loaded_again_once(tmp_path: Path) -> None:
    """In a real browser: after the build, with images that exist, and never without cause."""
    files: dict[str, str | bytes] = {"imageseo.toml": 'site_url = "https://e.example/docs/"\nprofile = "fast"\n'}
    files |= {"public/a.jpg": photo(), "public/index.html": SHOWN, "public/b.html": PAGE.format("<p>other")}
    root = write(tmp_path, files) / "public"
    with watching(tmp_path, "--serve", "0") as (process, said), chromium() as browser:
        wait_for(lambda: len(builds(said())) == 1, said)
        found = re.search(r"serving (http://127\.0\.0\.1:\d+/docs/)", said())
        assert found is not None, said()
        page = browser.new_page()
        loads: list[str] = []
        failed: list[str] = []
        page.on("load", lambda page: loads.append(page.url))
        page.on("response", lambda answer: failed.append(answer.url) if answer.status >= 400 else None)
        page.goto(found[1])
        assert page.evaluate("document.querySelector('img').currentSrc").endswith(".avif")
        page.wait_for_timeout(600)
        assert len(loads) == 1, "nothing has changed"

        write(root, {"index.html": SHOWN.replace("<h1>A", "<h1>B")})
        page.wait_for_function("document.querySelector('h1')?.textContent === 'B'")
        page.wait_for_timeout(1500)
        assert len(loads) == 2, "once"
        write(root, {"a.jpg": photo(seed=7), "index.html": SHOWN.replace("<h1>A", "<h1>C")})
        page.wait_for_function("document.querySelector('h1')?.textContent === 'C'")
        page.wait_for_function("document.querySelector('img')?.naturalWidth > 0")
        page.wait_for_timeout(5000)  # the look at all files after a rest loads nothing again
        assert len(loads) == 3
        assert [url for url in failed if not url.endswith("favicon.ico")] == []
        assert b"-imageseo/reload" not in (root / "index.html").read_bytes(), "in what is sent only"
        other = run("imageseo", "watch", ".", "--serve", found[1].rpartition(":")[2].partition("/")[0], cwd=tmp_path)
        assert other.returncode == 2
        assert "another program uses it" in other.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert "Traceback" not in said()


@pytest.mark.slow
@pytest.mark.network
@needs_packages("zensical")
@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send Ctrl-C to another one")
def test_beside_zensical_serve(tmp_path: Path) -> None:
    """Its watcher writes below ours, and ours writes into what it serves: one edit is one build, and nothing loops."""
    config = '[project]\nsite_name = "T"\nsite_url = "https://e.example/"\nsite_dir = "public"\n'
    files: dict[str, str | bytes] = {"zensical.toml": config}
    files |= {"docs/index.md": "# Home\n\n![A bike](a.jpg)\n", "docs/b.md": "# B\n\ntext\n", "docs/a.jpg": photo()}
    files |= {"public/.keep": "", "imageseo.toml": 'profile = "fast"\n'}
    write(tmp_path, files)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with watching(tmp_path) as (process, said), (tmp_path / "zensical.txt").open("wb") as log:
        assert process.poll() is None
        host = subprocess.Popen(
            words("zensical", "serve", "-a", f"127.0.0.1:{port}"),
            cwd=tmp_path,
            env=environment(),
            stdout=log,
            stderr=log,
        )
        try:
            home = tmp_path / "public/index.html"
            wait_for(lambda: home.is_file() and b"srcset" in home.read_bytes(), said)
            time.sleep(5)
            before = len(builds(said()))
            write(tmp_path, {"docs/b.md": "# B\n\nedited ![Another bike](a.jpg)\n"})
            page = tmp_path / "public/b/index.html"
            wait_for(lambda: b"edited" in page.read_bytes() and b"srcset" in page.read_bytes(), said)
            time.sleep(10)
            assert len(builds(said())) == before + 1, said()
            assert "written again" not in said()
        finally:
            host.kill()
            host.wait()


def test_output_of_a_narrow_terminal_and_of_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there are no colours; names are whole at any width, to be copied."""
    name = "a/very/long/name/of/a/page/in/many/folders/index.html"
    TerminalVoice().built([name], BuildResult(counts={"changed": 1}), [], 0.1)
    out = capsys.readouterr().out
    assert name in out
    assert "\x1b" not in out
    assert out.count("\n") == 1
