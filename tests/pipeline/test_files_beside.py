"""Files beside those that a build writes: compressed copies, lists of service workers, and the cache folder."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from imageseo.model.finding import Finding, Severity
from imageseo.pipeline import build as pipeline
from imageseo.pipeline import compressed_copies
from imageseo.web.html import edits
from tests.pipeline.test_listing import build, page
from tests.support import small_sites


def write_site(folder: Path, **more: bytes | str) -> Path:
    files: dict[str, str | bytes] = {"index.html": page(), "guide/index.html": page(), "img/a.jpg": small_sites.photo()}
    small_sites.write(folder / "site", {**files, **more})
    return folder / "site"


def found(result: pipeline.BuildResult, rule: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.rule == rule]


def test_gzip_copies_are_kept_in_step(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    for name in ("index.html", "guide/index.html"):
        small_sites.write(site, {f"{name}.gz": gzip.compress((site / name).read_bytes())})
    (finding,) = found(build(tmp_path), "compressed-copy")
    assert "index.html.gz (and 1 more) is written again" in finding.message
    assert finding.severity is Severity.INFO
    for name in ("index.html", "guide/index.html"):
        data = (site / f"{name}.gz").read_bytes()
        assert gzip.decompress(data) == (site / name).read_bytes()
        assert data[4:8] == bytes(4), "no time"
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    result = build(tmp_path)
    assert (result.changed, found(result, "compressed-copy")) == ((), [])
    assert before == {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    # The generator writes the same page and copy again: the page is published from its record.
    plain = edits.strip((site / "index.html").read_bytes())
    small_sites.write(site, {"index.html": plain, "index.html.gz": gzip.compress(plain)})
    assert build(tmp_path).changed == ("index.html", "index.html.gz")
    assert gzip.decompress((site / "index.html.gz").read_bytes()) == (site / "index.html").read_bytes()


def test_copy_that_an_earlier_version_left_stale_is_written(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    plain = (site / "index.html").read_bytes()
    build(tmp_path)
    small_sites.write(site, {"index.html.gz": gzip.compress(plain)})
    os.utime(site / "index.html.gz", (10**9, 10**9))
    assert build(tmp_path).changed == ("index.html.gz",)
    assert gzip.decompress((site / "index.html.gz").read_bytes()) == (site / "index.html").read_bytes()


@pytest.mark.parametrize(
    "content",
    [gzip.compress(b"<p>Another page</p>", mtime=0), b"\x1f\x8bdamaged", b"no gzip at all"],
    ids=["another page", "damaged", "no gzip"],
)
def test_copy_of_something_else_is_left_and_reported(tmp_path: Path, content: bytes) -> None:
    site = write_site(tmp_path)
    small_sites.write(site, {"index.html.gz": content, "download.gz": content, "notes.html.gz": content})
    (finding,) = found(build(tmp_path), "compressed-copy")
    assert finding.severity is Severity.WARN
    assert finding.message.startswith("the compressed copy index.html.gz does not contain the current page")
    for name in ("index.html.gz", "download.gz", "notes.html.gz"):
        assert (site / name).read_bytes() == content


def test_copies_in_other_formats_are_removed_without_their_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("brotli", "brotlicffi", "compression.zstd", "backports.zstd", "zstandard"):
        monkeypatch.setitem(sys.modules, name, None)
    site = write_site(tmp_path)
    small_sites.write(site, {"index.html.br": b"1", "index.html.zst": b"2", "style.css.br": b"3"})
    messages = [finding.message for finding in found(build(tmp_path), "compressed-copy")]
    assert [message.partition(":")[0] for message in messages] == [
        "the compressed copy index.html.br is removed",
        "the compressed copy index.html.zst is removed",
    ]
    assert not (site / "index.html.br").exists()
    assert not (site / "index.html.zst").exists()
    assert (site / "style.css.br").read_bytes() == b"3"


def test_copies_in_other_formats_are_written_with_their_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Decompressor:
        """As in brotli 1.1: without a limit."""

        def __init__(self) -> None:
            self.read = b""

        def process(self, data: bytes) -> bytes:
            data = data if self.read else data.removeprefix(b"BR")
            self.read += data
            return data

        def is_finished(self) -> bool:
            return self.read.rstrip().endswith(b"</html>")

    brotli = ModuleType("brotli")
    brotli.Decompressor = Decompressor  # type: ignore[attr-defined]
    brotli.compress = lambda data, quality: b"BR" + data  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "brotli", brotli)
    site = write_site(tmp_path)
    small_sites.write(site, {"index.html.br": b"BR" + (site / "index.html").read_bytes()})
    (finding,) = found(build(tmp_path), "compressed-copy")
    assert "is written again" in finding.message
    assert (site / "index.html.br").read_bytes() == b"BR" + (site / "index.html").read_bytes()


class _Endless:
    """A decompressor of brotli before 1.2 for a copy whose every step stands for a megabyte."""

    def __init__(self) -> None:
        self.made = 0

    def process(self, data: bytes, **limits: int) -> bytes:
        if limits:
            raise TypeError("process() takes no keyword arguments")
        self.made += 2**20
        return bytes(2**20)

    def is_finished(self) -> bool:
        return False


def test_copy_that_stands_for_gigabytes_is_not_decompressed(monkeypatch: pytest.MonkeyPatch) -> None:
    endless = _Endless()
    brotli = ModuleType("brotli")
    brotli.Decompressor = lambda: endless  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "brotli", brotli)
    with pytest.raises(compressed_copies._Unreadable):
        compressed_copies._decompress("a.br", bytes(10_000), limit=5 * 2**20)
    assert endless.made <= 7 * 2**20
    with pytest.raises(compressed_copies._Unreadable):
        compressed_copies._decompress("a.gz", gzip.compress(bytes(20 * 2**20)), limit=2**20)


def _workbox(pages: dict[str, str]) -> str:
    entries = ",".join(f'{{url:"{url}",revision:"{revision}"}}' for url, revision in pages.items())
    return f'importScripts("workbox.js");precacheAndRoute([{entries},{{url:"app.12ab.js",revision:null}}],{{}});'


def _md5(site: Path, name: str) -> str:
    return hashlib.md5((site / name).read_bytes(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("kind", ["sw.js", "precache-manifest.8f2.js", "service-worker.js", "ngsw.json", "old/sw.js"])
def test_lists_of_service_workers_with_former_hashes_are_reported(tmp_path: Path, kind: str) -> None:
    site = write_site(tmp_path)
    home, guide = _md5(site, "index.html"), _md5(site, "guide/index.html")
    text = {
        "sw.js": _workbox({"index.html": home, "guide/index.html": guide}),
        "precache-manifest.8f2.js": f'self.__p=[{{"revision":"{home}","url":"/index.html"}},'
        f'{{"revision":"{guide}","url":"/guide/"}}]',
        "service-worker.js": f'var precacheConfig=[["/index.html","{home}"],["/guide/index.html","{guide}"]];',
        "ngsw.json": json.dumps(
            {
                "hashTable": {
                    f"/{name}": hashlib.sha1((site / name).read_bytes(), usedforsecurity=False).hexdigest()
                    for name in ("guide/index.html", "index.html", "img/a.jpg")
                }
            }
        ),
        "old/sw.js": _workbox({"/": home, "/guide/": guide}),
    }[kind]
    small_sites.write(site, {kind: text})
    for _ in range(2):  # it stays wrong until the list is written again
        (finding,) = found(build(tmp_path), "precache-stale")
        assert finding.severity is Severity.WARN
        assert finding.message.startswith(f"{kind} lists ")
        assert "and 1 more with the hash" in finding.message


@pytest.mark.parametrize("case", ["current", "build number", "no hash", "other files"])
def test_lists_of_service_workers_that_are_right_are_not_reported(tmp_path: Path, case: str) -> None:
    site = write_site(tmp_path)
    build(tmp_path)
    pages = {
        "current": {"index.html": _md5(site, "index.html"), "guide/index.html": _md5(site, "guide/index.html")},
        "build number": {"index.html": "a1b2c3d4e5f6", "guide/index.html": "a1b2c3d4e5f6"},
        "no hash": {"index.html": "2024-01-01", "guide/index.html": "v2"},
        "other files": {"img/a.jpg": "0" * 32, "gone.html": "1" * 32, "https://cdn.example/index.html": "2" * 32},
    }[case]
    small_sites.write(site, {"sw.js": _workbox(pages)})
    assert found(build(tmp_path), "precache-stale") == []


def test_second_build_leaves_the_cache_alone(tmp_path: Path) -> None:
    """Also after a generator has written all files again, as it does at each build."""
    site = write_site(tmp_path)
    sources = small_sites.tree(site)
    build(tmp_path)

    def state() -> dict[str, tuple[int, int, int]]:
        paths = sorted((tmp_path / ".cache").rglob("*"))
        return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino, path.stat().st_size) for path in paths}

    before = state()
    for age in (0, 100, 50):
        small_sites.write(site, dict(sources))
        for path in site.rglob("*.jpg"):
            os.utime(path, (10**9 + age, 10**9 + age))
        build(tmp_path)
        assert state() == before
