"""What is known of style sheets since the last build: asked for again only where something changed that counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256

import pytest
from msgspec import msgpack

from imageseo.layout.image_style import ImageStyle, PageStyles
from imageseo.layout.style_cache import StyleCache
from imageseo.web.html.page_scan import scan_page
from tests.support import fragile_pages

FILES = {"a.css": b"@import 'b.css';img+em{display:block}", "b.css": b".bar>img{height:9px}"}
PAGE = (
    '<!doctype html><html><head><meta charset="utf-8"><link rel=stylesheet href=a.css><link rel=stylesheet href=no.css>'
    "<style>.x>img{width:auto}</style><script>let a = 1</script></head><body><main><p>Some words</p><!-- note -->"
    '<div class=bar><img src="1.jpg" alt="One"><em>Caption</em></div><p class=x><img src="2.jpg"></p></main></body>'
)


class Site:
    """The files of a site, and which of them were read."""

    def __init__(self, files: Mapping[str, bytes] = FILES) -> None:
        self.files = dict(files)
        self.read: list[str] = []

    def ask(
        self, html: str, known: Mapping[str, PageStyles] | None = None, exclude: tuple[str, ...] = ()
    ) -> tuple[dict[str, ImageStyle], Mapping[str, PageStyles]]:
        def read(path: str) -> bytes | None:
            self.read.append(path)
            return self.files.get(path)

        def digest(path: str) -> str | None:
            return sha256(self.files[path]).hexdigest() if path in self.files else None

        scan = scan_page(html.encode(), exclude=exclude)
        cache = StyleCache(read, "https://example.org/", known)
        found = cache.of_page("index.html", html.encode(), scan, digest)
        return {f"{number}": found[ref.span] for number, ref in enumerate(scan.refs) if ref.span in found}, cache.pages


def saved(pages: Mapping[str, PageStyles]) -> dict[str, PageStyles]:
    """What a build writes to its state, and the next one reads."""
    return msgpack.decode(msgpack.encode(pages), type=dict[str, PageStyles])


def test_answers_are_those_that_were_found() -> None:
    found, _ = Site().ask(PAGE)
    assert (found["0"].wrapper, found["0"].natural_size) == (".bar>img", ".bar>img")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Some words", "Quite other words & more"),
        ("Caption", "A new caption"),
        ("<!-- note -->", "<!-- another note -->"),
        ("let a = 1", "let a = 1 < 2"),
        ("Some words</p>", "Some words, and then many more: " + "word " * 400 + "</p>"),
    ],
)
def test_edited_words_ask_no_sheet(old: str, new: str) -> None:
    found, known = Site().ask(PAGE)
    later = Site()
    again, kept = later.ask(PAGE.replace(old, new), saved(known))
    assert (again, later.read) == (found, [])
    assert kept == known
    assert Site().ask(PAGE.replace(old, new))[0] == found


@pytest.mark.parametrize(
    "edit",
    [
        lambda html: html.replace("class=bar", "class=row"),
        lambda html: html.replace("<em>", "<i>").replace("</em>", "</i>"),
        lambda html: html.replace(".x>img{width:auto}", ".bar>img{width:auto}"),
        lambda html: html.replace("a.css", "b.css"),
        lambda html: html.replace("utf-8", "windows-1252"),
        lambda html: html.replace("<head>", "<head><base href=/other/>"),
        lambda html: html.replace("Some words", "<b>Some</b> words"),
        lambda html: html.replace("2.jpg", "https://elsewhere.example/2.jpg"),
    ],
)
def test_edited_tags_and_styles_are_looked_at_again(edit: Callable[[str], str]) -> None:
    _, known = Site().ask(PAGE)
    assert edit(PAGE) != PAGE
    later = Site()
    again, _ = later.ask(edit(PAGE), saved(known))
    assert later.read
    assert again == Site().ask(edit(PAGE))[0]


@pytest.mark.parametrize(
    "files",
    [
        {**FILES, "b.css": b".bar>img{width:9px;height:9px}"},
        {**FILES, "no.css": b".bar img{display:none}"},
        {"a.css": FILES["a.css"]},
        {},
    ],
)
def test_changed_sheets_are_read_again(files: Mapping[str, bytes]) -> None:
    _, known = Site().ask(PAGE)
    again, _ = Site(files).ask(PAGE, saved(known))
    assert again == Site(files).ask(PAGE)[0]
    assert again != Site().ask(PAGE)[0]


def test_settings_that_change_what_an_image_is_count() -> None:
    found, known = Site().ask(PAGE)
    again, _ = Site().ask(PAGE, saved(known), exclude=(".bar img",))
    assert again["0"].wrapper is None
    assert found["0"].wrapper is not None


def test_fragile_pages_mean_the_same_whatever_their_words() -> None:
    for name in fragile_pages.PAGES:
        html = fragile_pages.render(name)
        edited = html.replace("The end of the page", "Another end")
        found, known = Site(fragile_pages.FILES).ask(html)
        later = Site(fragile_pages.FILES)
        assert later.ask(edited, saved(known))[0] == found, name
        assert not later.read, name
        assert Site(fragile_pages.FILES).ask(edited)[0] == found, name
