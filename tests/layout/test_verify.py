"""``imageseo verify`` with a real browser: what it finds, what it leaves out, and what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from PIL import Image

from imageseo.cli.commands.measure import MeasureResult
from imageseo.cli.commands.verify import run as verifying
from imageseo.integrations.project import detect_project
from imageseo.layout.browser.comparison import PageState, Thumb, compare, thumb_distance
from imageseo.layout.browser.session import MeasureLimits
from imageseo.layout.browser.verification import _join
from imageseo.model.errors import BrowserError, SiteError
from tests.support import pictures
from tests.support.browser import CHROMIUM, needs_chromium
from tests.support.fakes import Ticks
from tests.support.small_sites import photo, run, write

STYLE = "<style>body{margin:8px;font:16px/20px monospace}img{max-width:100%;height:auto}</style>"
OURS = '<style data-imageseo>picture[data-imageseo]{display:contents}</style><script data-imageseo type="x"></script>'
WORDS = "<p>The quay at noon, with boats.</p>"
NARROW = (
    '<img src="/a.jpg" alt="Quay" width="300" height="200" srcset="/w150.webp 150w, /w300.webp 300w" sizes="300px" '
)
IMAGE = f'{NARROW}data-imageseo="width height srcset sizes">'
PICTURE = (
    '<picture data-imageseo><source type="image/webp" srcset="/w150.webp 150w, /w300.webp 300w" sizes="300px">'
    '<img src="/a.jpg" alt="Quay" width="300" height="200" data-imageseo="width height"></picture>'
)


def page(body: str, head: str = "") -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A</title>'
        f'<meta name="viewport" content="width=device-width">{head or STYLE}{OURS}</head>'
        f"<body><main><h1>Notes</h1>{body}</main></body></html>"
    )


def script(code: str) -> str:
    return f"<script>{code}</script>"


def onload(code: str) -> str:
    return script(f"addEventListener('load',()=>{{const i=document.images[0];{code}}})")


FILES: Mapping[str, bytes] = {
    "a.jpg": photo(300, 200),
    "b.jpg": pictures.save(Image.new("RGB", (300, 200), "navy"), "JPEG"),
    "c.jpg": pictures.save(Image.new("RGB", (300, 200), "orange"), "JPEG"),
    "w150.webp": pictures.save(pictures.photo(150, 100, 1), "WEBP"),
    "w300.webp": pictures.save(pictures.photo(300, 200, 1), "WEBP"),
    "w30.webp": pictures.save(pictures.photo(30, 20, 1), "WEBP"),
}

EQUAL: Mapping[str, str] = {
    "picture": PICTURE + WORDS,
    "plain": IMAGE + WORDS,
    "alt": IMAGE.replace("width height", "alt width height") + '<img src="/b.jpg" data-imageseo="x">' + WORDS,
    "lazy": "<p>A line.</p>" * 200 + PICTURE.replace("<img ", '<img loading="lazy" '),
    "hero": '<figure data-imageseo="hero-figure"><img src="/a.jpg" alt="" width="300" height="200"></figure>' + WORDS,
    "throws": PICTURE + script("setTimeout(()=>{throw Error('of its own')});console.error('its own')"),
    "asks": PICTURE + '<img src="https://example.com/x.png" alt="X"><img src="/none.png" alt="None">',
    "moving": PICTURE + "<style>@keyframes m{to{margin-left:90px}}p{animation:m .5s infinite}</style>" + WORDS,
    "wraps": IMAGE + onload("const a=document.createElement('a');i.before(a);a.append(i)"),
    "address": PICTURE + '<p id="u"></p>' + onload("u.textContent='Link: '+location.href"),
    "random": PICTURE + '<p id="r" style="width:9px">X</p>' + onload("r.style.width=99+Math.random()*300+'px'"),
}
"""Pages without a difference."""

DIFFERENT: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "height": (
        '<style>img{height:50px}</style><p><img src="/a.jpg" alt="Quay" width="300" height="200" '
        f'data-imageseo="width height"></p>{WORDS}',
        "verify-moved",
        ('img "Quay" (a.jpg) is 300×50 px instead of 75×50',),
    ),
    "selector": (
        f"<style>main>img{{display:block;margin:40px}}</style>{PICTURE.replace('display:contents', '')}{WORDS}",
        "verify-moved",
        ("2 elements are displaced by up to 40 px", 'the first is img "Quay" (a.jpg)'),
    ),
    "slot": (
        '<x-y><picture data-imageseo><source type="image/webp" srcset="/w300.webp 300w" sizes="300px"><img slot="s" '
        'src="/a.jpg" alt="Quay"></picture></x-y>'
        + script(
            "customElements.define('x-y',class extends HTMLElement{connectedCallback(){"
            "this.attachShadow({mode:'open'}).innerHTML='<slot name=s></slot>'}})"
        ),
        "verify-image",
        ('img "Quay" (a.jpg) is not shown any more',),
    ),
    "missing": (
        NARROW.replace("/w", "/x") + 'data-imageseo="width height srcset sizes">',
        "verify-image",
        ('img "Quay" (a.jpg) loads nothing', "x300.webp"),
    ),
    "other": (
        IMAGE.replace("/a.jpg", "/b.jpg"),
        "verify-image",
        ("shows another image: w300.webp instead of b.jpg",),
    ),
    "blurred": (
        IMAGE.replace("/w150.webp 150w, /w300.webp 300w", "/w30.webp 300w"),
        "verify-image",
        ("shows a file of 30 px: w30.webp instead of a.jpg",),
    ),
    "hover": (
        IMAGE.replace("<img ", "<img onmouseover=\"this.src='/b.jpg'\" "),
        "verify-image",
        ("is not exchanged any more when the pointer is over it (desktop)",),
    ),
    "map": (
        IMAGE.replace("<img ", '<img usemap="#m" ').replace("300w", "600w")
        + '<map name="m"><area alt="Shed" coords="0,0,300,9" href="#x"></map>'
        + onload("const a=document.querySelector('area');a.coords=Math.round(300*i.width/i.naturalWidth)"),
        "verify-content",
        ('area "Shed" covers', "before it covers 300"),
    ),
    "text": (
        PICTURE + "<p>Gone</p>" + onload("if(i.srcset||i.closest('picture'))document.querySelector('p').remove()"),
        "verify-content",
        ('p "Gone" is not shown any more',),
    ),
    "throws-new": (
        PICTURE + onload("if(i.closest('picture'))throw Error('Minified React error #418')"),
        "verify-console",
        ("Minified React error #418",),
    ),
    "hydrates": (
        PICTURE + onload("i.closest('picture')?.replaceWith(Object.assign(new Image(),{src:i.src,alt:i.alt}))"),
        "verify-hydration",
        ("img a.jpg loses its candidates while the page loads",),
    ),
    "wraps-picture": (
        PICTURE + onload("const a=document.createElement('a');i.before(a);a.append(i)"),
        "verify-hydration",
        ("img a.jpg loses its candidates while the page loads",),
    ),
    "twice": (
        '<link rel="preload" as="image" href="/a.jpg">' + PICTURE,
        "verify-download",
        ("img a.jpg is downloaded 2 times: a.jpg, w300.webp",),
    ),
    "asks-new": (
        PICTURE + onload("if(i.closest('picture'))fetch('/gone.json')"),
        "verify-request",
        ("gone.json cannot be loaded",),
    ),
}
"""Pages with one difference: body, id of the finding, parts of its message."""

POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'


def site(folder: Path, pages: Mapping[str, str], root: str = "public") -> Path:
    html = {f"{root}/{name}/index.html": content for name, content in pages.items()}
    files = {f"{root}/{name}": content for name, content in FILES.items()}
    return write(folder, {"imageseo.toml": "", **files, **html})


def verified(folder: Path, *, limits: MeasureLimits | None = None, **options: object) -> MeasureResult:
    project = detect_project(folder, config=None, note=lambda text: None)
    return verifying(project, folder / "public", progress=Ticks(), limits=limits, **options)  # type: ignore[arg-type]


def contents(folder: Path) -> Mapping[str, tuple[bytes, int]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeasureResult]:
    """One run over all pages, in two browsers each: what a page gives does not depend on the others."""
    folder = tmp_path_factory.mktemp("verify")
    pages = {name: page(body) for name, body in EQUAL.items()}
    pages |= {name: page(body) for name, (body, _, _) in DIFFERENT.items()}
    pages["policy"] = page(PICTURE, POLICY)
    pages["unchanged"] = page(WORDS).replace(OURS, "")
    before = contents(site(folder, pages))
    yield verified(folder, sample=None, viewports=("mobile", "desktop"))
    assert contents(folder) == before, "nothing is written"


@needs_chromium
@pytest.mark.slow
def test_all_pages_in_one_run(report: MeasureResult, subtests: pytest.Subtests) -> None:
    """One test, because each worker that had some of these would open all pages once more."""
    for name in EQUAL:
        with subtests.test(name):
            check_page_that_looks_as_before(report, name)
    for name in DIFFERENT:
        with subtests.test(name):
            check_what_a_visitor_would_notice(report, name)
    with subtests.test("policy"):
        check_a_policy_that_blocks_our_styles(report)
    with subtests.test("notes"):
        check_the_report_says_what_was_compared(report)


def check_page_that_looks_as_before(report: MeasureResult, name: str) -> None:
    found = [each for each in report.findings if each.location.page == f"{name}/index.html"]
    assert [(each.rule, each.message) for each in found] == []


def check_what_a_visitor_would_notice(report: MeasureResult, name: str) -> None:
    _, rule, parts = DIFFERENT[name]
    found = [each for each in report.findings if each.location.page == f"{name}/index.html"]
    assert rule in {each.rule for each in found}
    message = " | ".join(each.message for each in found if each.rule == rule)
    for part in parts:
        assert part in message


def check_a_policy_that_blocks_our_styles(report: MeasureResult) -> None:
    found = [each for each in report.findings if each.location.page == "policy/index.html"]
    assert any(each.rule == "verify-console" and "Content Security Policy" in each.message for each in found)


def check_the_report_says_what_was_compared(report: MeasureResult) -> None:
    changed = len(EQUAL) + len(DIFFERENT) + 1
    assert report.failed
    assert report.summary["pages"] == changed
    assert report.notes[0].startswith(f"{changed} of {changed} changed pages were compared with themselves")
    assert "at mobile and desktop; " in report.notes[0]
    assert "1 page with the same bytes before and after" in report.notes


@needs_chromium
@pytest.mark.slow
def test_what_changes_by_itself_is_left_out(tmp_path: Path) -> None:
    """Random values that no script of ours makes repeatable; a difference beside them is found nevertheless."""
    own = "const n=crypto.getRandomValues(new Uint32Array(1))[0];"
    random = '<p id="r">X</p><p id="s">Below</p>' + onload(f"{own}r.textContent='No '+n;r.style.height=20+n%400+'px'")
    beside = DIFFERENT["height"][0] + random
    result = verified(site(tmp_path, {"random": page(PICTURE + random), "beside": page(beside)}), viewports=("tablet",))
    pages = {found.location.page for found in result.findings}
    assert pages == {"beside/index.html"}, result.findings
    assert all("Quay" in found.message or "The quay" in found.message for found in result.findings)
    assert result.summary["changing elements left out"] > 0


@needs_chromium
@pytest.mark.slow
def test_another_folder(tmp_path: Path) -> None:
    """``--against``: pages that did not exist, equal pages, files that differ, and a page that hangs only now."""
    equal = page(WORDS).replace(OURS, "")
    site(tmp_path, {"same": equal, "file": equal + '<img src="/c.jpg" alt="C">', "late": equal}, "before")
    after = {"same": equal, "file": equal + '<img src="/c.jpg" alt="C">', "new": equal}
    site(tmp_path, {**after, "late": equal + script("for(;;);")})
    (tmp_path / "public/c.jpg").write_bytes(pictures.save(Image.new("RGB", (200, 300), "orange"), "JPEG"))
    result = verified(
        tmp_path,
        against=tmp_path / "before",
        limits=MeasureLimits(load=3, close=1),
        globs=("*",),
        sample=None,
        viewports=("mobile",),
    )
    assert [(found.rule, found.location.page) for found in result.findings] == [
        ("verify-moved", "file/index.html"),
        ("verify-failed", "late/index.html"),
    ]
    assert "200×300 px instead of 300×200" in result.findings[0].message
    assert "hangs" in result.findings[1].message
    assert any(note.startswith("1 page not compared: missing in") for note in result.notes)


@needs_chromium
@pytest.mark.slow
def test_a_page_that_cannot_be_opened_is_no_difference(tmp_path: Path) -> None:
    pages = {"hangs": page(PICTURE + script("for(;;);")), "good": page(PICTURE)}
    result = verified(site(tmp_path, pages), limits=MeasureLimits(load=3, close=1), viewports=("mobile",))
    assert (result.failed, result.findings, result.summary["pages"]) == (False, (), 1)
    assert any(note.startswith("hangs/index.html: not compared") and "hangs" in note for note in result.notes)


@needs_chromium
def test_pages_that_lead_to_another_page(tmp_path: Path) -> None:
    """Alias pages of Hugo show nothing; without another page nothing was changed."""
    alias = page(WORDS, '<meta http-equiv="refresh" content="0; url=https://host.example/good/">')
    result = verified(site(tmp_path, {"alias": alias, "same": page(WORDS).replace(OURS, "")}))
    assert (result.failed, result.findings, result.summary["pages"]) == (False, (), 0)
    assert result.notes == (
        "no page was changed",
        "1 page not compared: it leads at once to another page",
        "1 page with the same bytes before and after",
    )


@needs_chromium
@pytest.mark.slow
def test_a_sample_has_all_templates(tmp_path: Path) -> None:
    pages = {f"p{number}": page(PICTURE) for number in range(4)}
    pages["other"] = page(f'<article class="x"><div class="y"><p>{PICTURE}</p></div></article>')
    result = verified(site(tmp_path, pages), sample=2, viewports=("desktop",))
    assert result.summary["pages"] == 2
    assert result.notes[0].startswith("2 of 5 changed pages")


def test_folders_that_cannot_be_compared(tmp_path: Path) -> None:
    write(tmp_path, {"imageseo.toml": "", "public/a.jpg": FILES["a.jpg"]})
    with pytest.raises(SiteError, match="no HTML file"):
        verified(tmp_path)
    (tmp_path / "public/index.html").write_text(page(PICTURE))
    with pytest.raises(SiteError, match="no such folder"):
        verified(tmp_path, against=tmp_path / "gone")
    with pytest.raises(SiteError, match="no page matches"):
        verified(tmp_path, globs=("x/*",))
    assert run("imageseo", "verify", "gone", cwd=tmp_path).returncode == 2


def test_without_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROME_PATH", "/nowhere/chromium")
    with pytest.raises(BrowserError, match="no such program") as error:
        verified(site(tmp_path, {"a": page(PICTURE)}))
    assert "apt-get install" in str(error.value)


@needs_chromium
@pytest.mark.slow
def test_the_command(tmp_path: Path) -> None:
    """Exit codes, equal reports of equal sites, one line for what many pages have."""
    body = DIFFERENT["height"][0]
    folder = site(tmp_path, {"a": page(body), "b": page(body), "c": page(PICTURE)})
    command = partial(run, cwd=folder, afresh=True, env={"CHROME_PATH": CHROMIUM or ""})
    text = command("imageseo", "verify", "public", "--pages", "[ab]/*", "--viewport", "mobile")
    assert text.returncode == 1, text.stderr
    assert "(the same on 1 other page)" in text.stdout
    assert "verify: 2 pages" in text.stdout
    mobile = ("imageseo", "verify", "public", "--viewport", "mobile", "--format", "json")
    one, other = (command(*mobile, "--workers", workers) for workers in "12")
    assert one.stdout == other.stdout
    document = json.loads(one.stdout)
    assert document["title"] == "verify"
    assert {finding["image"] for finding in document["findings"]} == {"a.jpg"}
    good = command(*mobile, "--pages", "c/*")
    assert good.returncode == 0, good.stdout + good.stderr
    both = command("imageseo", "verify", "public", "--all", "--sample", "2")
    assert both.returncode == 2
    assert "mutually exclusive" in both.stderr


@needs_chromium
@pytest.mark.slow
def test_a_build_that_verifies(tmp_path: Path) -> None:
    """``build --verify`` fails for a difference that the build makes, and for a page that was built by hand."""
    pages = {"good": page(WORDS + '<img src="/a.jpg" alt="Quay">').replace(OURS, "")}
    folder = site(tmp_path, pages)
    built = run("imageseo", "build", "public", "--verify", cwd=folder, env={"CHROME_PATH": CHROMIUM or ""})
    assert built.returncode == 0, built.stdout + built.stderr
    assert "verify: 1 page, 0 errors" in built.stdout


def state(**content: object) -> PageState:
    empty: dict[str, object] = {"elements": [], "served": [], "live": [], "density": 1}
    return PageState(content={**empty, **content})


def text(words: str, *box: float, shown: bool = True) -> dict[str, object]:
    return {"path": ">body>p", "name": "p", "text": words, "box": box, "shown": shown}


def test_a_difference_holds_for_all_visits() -> None:
    """What two visits before show differently is unstable; so is what one visit after shows as before."""
    before, moved = state(elements=[text("A", 0, 0, 90, 20)]), state(elements=[text("A", 0, 0, 90, 60)])
    assert len(compare([before], [moved]).differences) == 1
    assert len(compare([before, before], [moved, moved]).differences) == 1
    for befores, afters in (([before, moved], [moved, moved]), ([before, before], [moved, before])):
        result = compare(befores, afters)
        assert (result.differences, len(result.unstable)) == ((), 1)
    within = state(elements=[text("A", 0.4, 0, 90.9, 20)])
    assert compare([before], [within]).differences == ()
    hidden, gone = state(elements=[text("A", 0, 0, 0, 0, shown=False)]), state()
    assert compare([hidden], [gone]).differences == ()
    assert [each.fact for each in compare([before], [gone]).differences] == ["is not shown any more"]
    assert [each.fact for each in compare([gone], [before]).differences] == ["was not shown before"]


def test_equal_errors_are_counted() -> None:
    once, twice = (
        PageState(content=state().content, errors=["x"]),
        PageState(content=state().content, errors=["x", "x"]),
    )
    assert compare([twice], [once]).differences == ()
    assert [each.fact for each in compare([once], [twice]).differences] == ["2 times instead of 1"]
    assert compare([once, twice], [twice, twice]).differences == ()


def test_distance_of_thumbnails() -> None:
    """An opaque and a transparent picture differ although the colours below the alpha are equal."""
    black, white, clear = [0, 0, 0, 255] * 64, [255, 255, 255, 255] * 64, [0, 0, 0, 0] * 64
    assert thumb_distance(black, black) == 0
    assert thumb_distance(black, white) == 255
    assert thumb_distance(black, clear) == 255
    assert Thumb(width=1, colors=black) == Thumb(width=1, colors=black)


def test_what_differs_between_viewports_is_said_once() -> None:
    def join(*facts: tuple[str, str]) -> str:
        return _join({fact: [name] for fact, name in facts}, ["mobile", "desktop"])

    twice = "is downloaded 2 times"
    assert join((f"{twice}: A", "mobile"), (f"{twice}: B", "desktop")) == f"{twice}: A (mobile); B (desktop)"
    other = "is downloaded 3 times: B"
    assert join((f"{twice}: A", "mobile"), (other, "desktop")) == f"{twice}: A (mobile); {other} (desktop)"
    assert join(("is not shown any more", "mobile")) == "is not shown any more (mobile)"
    assert join(("", "mobile")) == "(mobile)"
