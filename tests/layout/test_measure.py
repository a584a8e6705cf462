"""``imageseo measure`` with a real browser: its measurements, problems of pages, the written file."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from imageseo.cli.commands.measure import MeasureResult
from imageseo.cli.commands.measure import run as measuring
from imageseo.integrations.project import detect_project
from imageseo.layout import layout_file
from imageseo.layout.browser import chromium
from imageseo.layout.browser.server import SiteServer, _Handler, serve
from imageseo.layout.browser.session import MeasureLimits
from imageseo.model.errors import BrowserError, SettingsError
from imageseo.model.layout import PageLayout, SiteLayout
from tests.support import pictures
from tests.support.browser import CHROMIUM, needs_chromium
from tests.support.fakes import Ticks
from tests.support.small_sites import photo, run, write

WORDS = "<p>" + "A paragraph of some words about what the image shows. " * 3 + "</p>"
STYLE = (
    "<style>body{margin:0}article{display:block;max-width:700px;padding:0 16px;margin:0 auto}"
    "img{max-width:100%;height:auto}</style>"
)
HERO = '<img src="/docs/images/a.jpg" alt="A" width="1200" height="800">'


def page(body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A</title>'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{STYLE}{head}</head>'
        f"<body><main><article><h1>A</h1>{body}</article></main></body></html>"
    )


def site(folder: Path, pages: Mapping[str, str | bytes], *, url: str = "https://example.org/docs/") -> Path:
    """Write a project with its built site in ``public``."""
    files = {f"public/{name}": content for name, content in pages.items()}
    return write(folder, {"imageseo.toml": f'site_url = "{url}"\n', "public/images/a.jpg": photo(1200, 800), **files})


def measured(folder: Path, *, limits: MeasureLimits | None = None, **options: object) -> MeasureResult:
    project = detect_project(folder, config=None, note=lambda text: None)
    return measuring(project, folder / "public", progress=Ticks(), limits=limits, **options)  # type: ignore[arg-type]


def written(folder: Path) -> SiteLayout:
    found = layout_file.read(folder / layout_file.NAME)
    assert found is not None
    return found


@pytest.mark.slow
@needs_chromium
def test_measurements_of_a_browser_are_written(tmp_path: Path) -> None:
    """Widths, positions, the LCP and its candidate, on a site with a path, absolute URLs and several candidates."""
    picture = (
        '<picture><source type="image/webp" srcset="/docs/images/w400.webp 400w, /docs/images/w800.webp 800w" '
        'sizes="(min-width: 732px) 700px, calc(100vw - 32px)"><img src="https://example.org/docs/images/a.jpg" '
        'alt="A" width="1200" height="800"></picture>'
    )
    small = (
        '<p><img src="../images/b.png" alt="B" loading="lazy"></p>'
        '<ul><li><img src="../images/b.png" alt="B" hidden></li></ul>'
    )
    webp = {
        f"images/w{width}.webp": pictures.save(pictures.photo(width, width * 2 // 3, 1), "WEBP") for width in (400, 800)
    }
    pages: dict[str, str | bytes] = {
        "index.html": page(WORDS),
        "guide/index.html": page(picture + WORDS * 40 + small),
        "images/b.png": pictures.save(Image.new("RGB", (300, 120), "navy"), "PNG"),
        **webp,
    }
    folder = site(tmp_path, pages)
    result = measured(folder)
    assert (result.failed, result.findings) == (False, ())
    layout = written(folder)
    assert list(layout.pages) == ["guide/index.html", "index.html"]
    guide = layout.pages["guide/index.html"]
    hero, first, second = guide.images
    assert (hero.src, first.src, first.nth, second.nth) == ("images/a.jpg", "images/b.png", 0, 1)
    assert hero.widths == tuple(min(700.0, width - 32.0) for width in layout.widths)
    assert first.widths == tuple(min(300.0, width - 32.0) for width in layout.widths), "its width is read from the file"
    assert (hero.box, first.box, second.box) == ("", "", "li")
    assert set(second.widths) == {0.0}
    assert second.tops == {}
    assert hero.tops["mobile"] < 200 < 2000 < first.tops["mobile"]
    for viewport, chosen in {"mobile": 800, "desktop": 800, "phone": 800, "tablet": 800}.items():
        lcp = guide.lcp[viewport]
        assert (lcp.kind, lcp.src, lcp.nth, lcp.chosen) == ("image", "images/a.jpg", 0, f"images/w{chosen}.webp")
        assert lcp.natural == (800, 533)
        assert lcp.bytes == (folder / f"public/images/w{chosen}.webp").stat().st_size
        assert lcp.fade_ms == 0
    assert guide.lcp["mobile"].width == 380
    assert guide.lcp["desktop"].width == 700
    home = layout.pages["index.html"]
    assert {lcp.kind for lcp in home.lcp.values()} == {"text"}
    assert home.template == guide.template
    (template,) = layout.templates.values()
    assert template.column == hero.widths
    assert template.pages == 2
    before = (folder / layout_file.NAME).read_bytes()
    again = measured(folder, workers=1)
    assert (folder / layout_file.NAME).read_bytes() == before, "the same site, the same file"
    assert "unchanged" in again.notes[0]


@pytest.mark.slow
@needs_chromium
def test_fades_backgrounds_and_pages_that_refuse_frames_are_measured(tmp_path: Path) -> None:
    fading = "<style>@keyframes in{from{opacity:0}to{opacity:1}}main{animation:in 400ms}</style>"
    later = "<style>img{opacity:0;transition:opacity 200ms}img.in{opacity:1}</style>"
    arrive = "<script>addEventListener('load',()=>document.images[0].classList.add('in'))</script>"
    pad = "document.querySelector('h1').style.paddingTop='200px'"
    shift = f"<script>new PerformanceObserver(() => {{ {pad} }}).observe({{type: 'paint', buffered: true}})</script>"
    burst = "<script>if (self !== top) document.documentElement.style.display = 'none'</script>"
    narrow = "<script>document.querySelector('article').style.maxWidth = '300px'</script>"
    narrow_burst = narrow + burst
    buster = "<script>if (self !== top) top.location = self.location</script>"
    behind = '<div style="height:300px;background:url(/docs/images/a.jpg) 0 0/90% no-repeat"></div>'
    folder = site(
        tmp_path,
        {
            "fade.html": page(HERO, fading),
            "class.html": page(HERO + arrive, later),
            "shift.html": page(HERO + shift),
            "burst.html": page(HERO + burst),
            "buster.html": page(HERO + buster),
            "narrow.html": page(HERO + narrow),
            "both.html": page(HERO + narrow_burst),
            "gone.html": page('<img src="/docs/images/gone.png" alt="Nobody knows how wide this is">' + HERO),
            "behind.html": page(behind),
            "plain.html": page(HERO),
            "nothing.html": "<!doctype html><title>A</title>",
        },
    )
    result = measured(folder)
    assert result.findings == ()
    pages = written(folder).pages
    assert {viewport: lcp.fade_ms for viewport, lcp in pages["fade.html"].lcp.items()} == dict.fromkeys(
        ("mobile", "desktop", "phone", "tablet"), 400
    )
    assert pages["class.html"].lcp["mobile"].fade_ms == 200
    assert pages["class.html"].lcp["mobile"].src == "images/a.jpg"
    assert pages["shift.html"].cls["desktop"] > 0.05
    assert pages["plain.html"].cls["desktop"] == 0
    for name in ("burst.html", "buster.html"):
        assert pages[name].images[0].widths == pages["plain.html"].images[0].widths, "framed without its scripts"
    for name in ("narrow.html", "both.html"):
        assert set(pages[name].images[0].widths[1:]) == {300}, "its scripts run in the frame, or in a resized window"
    gone = pages["gone.html"].images[0]
    assert (set(gone.widths), gone.tops) == ({0}, {}), "the width of the alternative text of a missing image is ignored"
    behind_lcp = pages["behind.html"].lcp["desktop"]
    assert (behind_lcp.kind, behind_lcp.src) == ("background", "images/a.jpg")
    assert pages["nothing.html"].lcp["desktop"].kind == "none"


class _Slow(_Handler):
    """A server that does not complete one of its responses before the test ends."""

    finished = threading.Event()
    requested: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.requested.append(self.path)
        if self.path.endswith("never.png") or (self.requested.count(self.path) == 1 and self.path.endswith("late.png")):
            self.finished.wait(60)
            self.close_connection = True
        elif self.path.endswith("kill.png"):
            for process in _renderers(os.getpid()):
                os.kill(process, 9)
            self.close_connection = True
        else:
            super().do_GET()


def _renderers(parent: int) -> Iterator[int]:
    """Yield the renderer processes among the descendants of a process."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting = [parent]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            waiting.append(child)
            try:
                if b"--type=renderer" in Path(f"/proc/{child}/cmdline").read_bytes():
                    yield child
            except OSError:
                continue


@pytest.mark.slow
@needs_chromium
def test_problem_pages_are_findings_and_the_run_continues(tmp_path: Path) -> None:
    _Slow.finished.clear()
    _Slow.requested.clear()
    folder = site(
        tmp_path,
        {
            "a-good.html": page(HERO),
            "b-alert.html": page(HERO + "<script>alert('Hello  there'); confirm('Sure?')</script>"),
            "c-endless.html": page(HERO + "<script>while (true);</script>"),
            "d-late.html": page(HERO + "<script>addEventListener('load', () => { while (true); })</script>"),
            "e-alerts.html": page(HERO + "<script>while (true) alert('again')</script>"),
            "f-away.html": page(HERO, "<script>location.replace('/docs/a-good.html')</script>"),
            "g-never.html": page(HERO + '<img src="/docs/images/never.png" alt="">'),
            "h-download.html": page(HERO + "<script>addEventListener('load', () => location = '/docs/x.zip')</script>"),
            "i-popup.html": page(HERO + "<script>window.open('/docs/a-good.html')</script>"),
            "j-leave.html": page(HERO + "<script>addEventListener('beforeunload', e => e.preventDefault())</script>"),
            "k-cdn.html": page(HERO + '<img src="https://cdn.example.com/x.png"><img src="http://127.0.0.1:1/y.png">'),
            "l-kill.html": page(HERO + '<img src="/docs/images/kill.png" alt="">'),
            "m-utf16.html": page(HERO).encode("utf-16"),
            "n-busy.html": page(HERO + '<img src="/docs/images/late.png" alt="">'),
            "z-good.html": page(HERO),
            "x.zip": b"PK\x05\x06" + bytes(18),
        },
    )
    serving: AbstractContextManager[SiteServer] = partial(serve, handler=_Slow)  # type: ignore[assignment]
    limits = MeasureLimits(load=6, settle=3, fade=1, close=2)
    try:
        result = measured(folder, limits=limits, serving=serving, workers=2)
    finally:
        _Slow.finished.set()
    found = {
        finding.location.page: (finding.rule, finding.severity.value, finding.message) for finding in result.findings
    }
    pages = written(folder).pages
    assert result.failed
    assert {name[0] for name in pages} == set("abhijknz"), found
    assert "n-busy.html" not in found, "a page that times out beside others is opened again alone"
    assert pages["a-good.html"] == _renamed(pages["z-good.html"], "a-good.html")
    assert found["b-alert.html"][:2] == ("measure-failed", "warn")
    assert "dialog (alert): 'Hello there'" in " ".join(f.message for f in result.findings)
    for name in ("c-endless.html", "d-late.html", "e-alerts.html", "g-never.html"):
        assert found[name][:2] == ("measure-failed", "error"), name
        assert "hangs" in found[name][2], name
    assert found["f-away.html"][:2] == ("measure-failed", "info")
    assert "/a-good.html" in found["f-away.html"][2]
    assert "x.zip" in found["h-download.html"][2]
    assert "another window" in found["i-popup.html"][2]
    assert found["k-cdn.html"][:2] == ("measure-offline", "info")
    assert "127.0.0.1, cdn.example.com" in found["k-cdn.html"][2]
    assert "renderer" in found["l-kill.html"][2]
    assert found["m-utf16.html"][0] == "page-unreadable"
    assert set(found) == {name for name in _names(folder) if name[0] in "bcdefghiklm"}
    assert all(finding.hint for finding in result.findings)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "public").glob("*.html"))


def _renamed(page: PageLayout, name: str) -> PageLayout:
    from dataclasses import replace

    return replace(page, page=name)


@pytest.mark.slow
@needs_chromium
def test_check_describes_drift(tmp_path: Path) -> None:
    names = {f"p{number}.html": page(HERO + WORDS) for number in range(5)}
    folder = site(tmp_path, names)
    command = partial(run, "imageseo", "measure", "public", cwd=folder)
    missing = command("--check")
    assert missing.returncode == 2
    assert "measure first" in missing.stderr
    assert command().returncode == 0
    before = (folder / layout_file.NAME).read_bytes()
    unchanged = command("--check")
    summary, *_, comparison = unchanged.stdout.splitlines()
    assert (unchanged.returncode, summary) == (0, "measure: 3 pages, 0 errors, 0 warnings")
    assert comparison == "Nothing has changed since the last run."
    assert "3 of 5 pages were opened" in unchanged.stderr
    wider = page(HERO + WORDS).replace("max-width:700px", "max-width:900px")
    write(folder, {"public/p0.html": wider, "public/p4.html": page(WORDS)})
    drifted = command("--check", "--pages", "*", "--format", "json")
    assert drifted.returncode == 1
    messages = {finding["page"]: finding["message"] for finding in json.loads(drifted.stdout)["findings"]}
    assert set(messages) == {"p0.html", "p4.html"}
    assert "is 900 px wide at 975 px, was 700 px" in messages["p0.html"]
    assert "the LCP on mobile is text, was images/a.jpg" in messages["p4.html"]
    assert (folder / layout_file.NAME).read_bytes() == before, "a check writes nothing"
    assert command("--pages", "p4.html").returncode == 0
    now = written(folder).pages
    assert (now["p4.html"].images, len(now["p0.html"].images), len(now)) == ((), 1, 5)
    unknown = command("--pages", "nowhere/*")
    assert (unknown.returncode, "no page matches" in unknown.stderr) == (2, True)


@pytest.mark.slow
def test_missing_or_broken_browser_is_an_error(tmp_path: Path) -> None:
    folder = site(tmp_path, {"index.html": page(HERO)})
    broken = write(tmp_path, {"broken": "#!/bin/sh\necho no display >&2\nexit 1\n"}) / "broken"
    broken.chmod(0o755)
    with pytest.raises(SettingsError, match=r"measure\.chromium: no such program: 'nowhere'"):
        chromium.find("nowhere", {})
    with pytest.raises(BrowserError, match="CHROME_PATH: no such program: 'nowhere'"):
        chromium.find(None, {"CHROME_PATH": "nowhere"})
    assert chromium.find(None, {"CHROME_PATH": str(broken)}) == str(broken)
    for env, message in (({"CHROME_PATH": "nowhere"}, "CHROME_PATH"), ({"CHROME_PATH": str(broken)}, "does not start")):
        done = run("imageseo", "measure", "public", cwd=folder, env=env)
        assert done.returncode == 2
        assert message in done.stderr
        assert "`lint` and `build` need no browser" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (folder / layout_file.NAME).exists()
    assert run("imageseo", "lint", "public", cwd=folder, env={"CHROME_PATH": str(broken)}).returncode in (0, 1)


@pytest.mark.skipif(CHROMIUM is None, reason="nothing to find")
def test_chromium_is_found_by_its_name(tmp_path: Path) -> None:
    found = chromium.find(None, {"PATH": os.environ["PATH"]})
    assert found in (CHROMIUM, shutil.which("chromium-headless-shell"))
    for name in ("chromium", "chromium-headless-shell"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert chromium.find(None, {"PATH": str(tmp_path)}) == str(program), "the faster one, if both exist"
