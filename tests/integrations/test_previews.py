"""Previews in real development servers: pages wait for no image, and one more build follows, never more."""

from __future__ import annotations

import logging
import re
import shutil
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.small_sites import environment, installed, mkdocs_site, pelican_site, photo, run, tree, words, write
from tests.support.tutorial import free_port

HOME = "# Home\n\n![A photo](images/home.jpg)\n"
BUILDING = "Building documentation"


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    installed()


class Server:
    """A host's server. ``stop`` is Ctrl-C; it must end at once, without leaving anything."""

    def __init__(self, site: Path, log: Path, *command: str) -> None:
        self.site, self.log = site, log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(words(*command), cwd=site, stdout=stream, stderr=stream, env=environment())

    @property
    def text(self) -> str:
        return self.log.read_text("utf-8")

    def until(self, found: Callable[[], object]) -> None:
        end = time.monotonic() + 90
        while not found():
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, self.text
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        assert "Traceback" not in self.text
        assert not list(self.site.rglob("*.part"))
        assert not _workers_of(self.process.pid)


@contextmanager
def serving(site: Path, log: Path, *command: str) -> Iterator[Server]:
    server = Server(site, log, *command)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()


def _workers_of(process: int) -> list[str]:
    """Return the processes that encode for a process; on Linux."""
    found = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=False).stdout
    return [line for line in found.splitlines() if line.split()[0] == str(process) and "encoding.worker" in line]


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        data: bytes = answer.read()
        return data


def missing_candidates(url: str) -> list[str]:
    """Return the files that a page names and the server does not have."""
    html = fetch(url).decode()
    named = [each.split()[0] for text in re.findall(r'srcset="([^"]*)"', html) for each in text.split(", ")]
    found = []
    for name in named:
        try:
            fetch(urllib.parse.urljoin(url, name))
        except OSError:
            found.append(name)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("host", ["mkdocs", "properdocs"])
def test_preview_of_mkdocs(tmp_path: Path, host: str) -> None:
    site = mkdocs_site(tmp_path / "site", config="plugins: [imageseo]\nwatch: ['.']\n")
    fresh = shutil.copytree(site, tmp_path / "fresh")
    for number in range(6):
        write(site, {f"docs/images/{number}.jpg": photo(seed=10 + number, width=1600, height=1000)})
    photos = "".join(f"\n![Photo {number}](images/{number}.jpg)\n" for number in range(6))
    write(site, {"docs/index.md": HOME + photos})
    port = free_port()
    url = f"http://127.0.0.1:{port}/docs/"
    with serving(site, tmp_path / "log", host, "serve", "-a", f"127.0.0.1:{port}") as server:
        server.until(lambda: "Serving on" in server.text)
        cold = fetch(url)
        assert "0 of 8 images ready, 8 in the background" in server.text
        if server.text.count(BUILDING) == 1:  # a fast machine has encoded them before the page was asked for
            assert b"<picture" not in cold
        assert cold.count(b'width="1600" height="1000"') == 6
        while b"<picture" not in fetch(url):
            assert missing_candidates(url) == []
            server.until(lambda: True)
            time.sleep(0.1)
        assert missing_candidates(url) == []
        assert fetch(url).count(b"<picture") == 7
        assert server.text.count(BUILDING) == 2
        assert len(re.findall("imageseo: preview: .*images ready", server.text)) == 2, "one line for each build"

        write(site, {"docs/index.md": HOME.replace("A photo", "home.jpg") + photos})
        server.until(lambda: server.text.count(BUILDING) == 3 and server.text.count("Reloading") == 2)
        assert "docs/index.md:3:1: " in server.text, server.text
        assert "[alt-filename]" in server.text
        time.sleep(4)
        assert server.text.count(BUILDING) == 3, "one edit is one build, although the cache is in a watched folder"
        write(site, {"docs/images/new.jpg": photo(seed=77), "docs/index.md": f"{HOME}![New](images/new.jpg)\n"})
        server.until(lambda: b"new.jpg" in fetch(url))
        server.stop()
    assert not (site / "docs/.cache").exists()
    (site / "docs/images/new.jpg").unlink()
    for number in range(6):
        (site / f"docs/images/{number}.jpg").unlink()
    write(site, {"docs/index.md": HOME})
    for folder in (site, fresh):
        assert run(host, "build", cwd=folder).returncode == 0
    dated = ("sitemap.xml", "sitemap.xml.gz")
    built = [{name: data for name, data in tree(each / "site").items() if name not in dated} for each in (site, fresh)]
    assert built[0] == built[1], "a preview leaves no trace in a build"


@pytest.mark.slow
def test_preview_of_pelican(tmp_path: Path) -> None:
    """With `PATH = "."` the cache and the output are in the folder that Pelican watches."""
    excluded = 'PATH = "."\nARTICLE_EXCLUDES = PAGE_EXCLUDES = ["output", ".cache"]\nSTATIC_PATHS = ["images"]\n'
    article = "Title: First\nDate: 2024-01-01\nSlug: first\n\n![A]({static}/images/photo.jpg)\n"
    files: dict[str, str | bytes] = {
        "first.md": article,
        "images/photo.jpg": photo(1600, 1000),
        "images/other.jpg": photo(1600, 1000, 5),
    }
    site = pelican_site(tmp_path / "site", config=f"{excluded}IGNORE_FILES = []\n", files=files)
    shutil.rmtree(site / "content")
    page = site / "output/first.html"
    with serving(site, tmp_path / "log", "pelican", "--autoreload", "-s", "pelicanconf.py") as server:
        server.until(lambda: "preview: " in server.text)
        cold = page.read_text("utf-8")
        assert "0 of 4 images ready, 4 in the background" in server.text
        if "from the background" not in server.text:
            assert "<picture" not in cold
        assert 'width="1600" height="1000"' in cold
        server.until(lambda: "<picture" in page.read_text("utf-8"))
        server.until(lambda: re.search(r"images? ready$", server.text, re.MULTILINE))
        time.sleep(3)
        assert "re-generating" not in server.text, "what is written in the background starts no build"
        write(
            site,
            {"first.md": f"{article}\n![]({{static}}/images/other.jpg)\n![other.jpg]({{static}}/images/other.jpg)\n"},
        )
        server.until(lambda: "alt-filename" in server.text)
        assert re.search(r"\bfirst\.md:\s*8:", server.text), server.text
        time.sleep(3)
        assert server.text.count("re-generating") == 1
        server.stop()
    named = re.findall(r"images/[\w.-]+-\d+w\.\w+\.\w+", page.read_text("utf-8"))
    assert all((site / "output" / name).is_file() for name in named)


@pytest.mark.parametrize("serve", ["off", "full"])
def test_setting_serve(tmp_path: Path, serve: str, caplog: pytest.LogCaptureFixture) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    caplog.set_level(logging.INFO, "mkdocs")
    site = mkdocs_site(tmp_path, config=f"plugins:\n  - imageseo: {{serve: {serve}, formats: [webp]}}\n")
    write(site, {"docs/guide/README.md": "# Guide\n"})
    config = load_config(str(site / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    config.plugins.on_shutdown()
    assert ("<picture" in (site / "site/index.html").read_text("utf-8")) == (serve == "full")
    assert ("imageseo: build: " in caplog.text) == (serve == "full")
    assert (site / ".cache").exists() == (serve == "full")
