"""Accessible names: as Chromium computes them on the cases of other checkers, and within bounds."""

from __future__ import annotations

import pytest

from imageseo.web.accessibility.graphics import PageGraphics
from imageseo.web.accessibility.names import AccessibleNames, is_blank
from imageseo.web.markup.elements import PageElements
from tests.support.browser import chromium, needs_chromium
from tests.support.checker_cases import NAMES

_SELECTOR = "img,svg[role],[role=img],input[type=image],area[href],object,a[href],button"
_BY_CONTENT = frozenset({"a", "button"})
# The name that browsers give every button without one, and a value, which ACT does not count.
_DEFAULTS = ("Submit", "Sail")


def names_of(html: str, charset: str = "utf-8") -> list[tuple[str, str]]:
    """Return name and source of every image, link and button."""
    elements = PageElements(html.encode(charset), charset)
    names = AccessibleNames(elements)
    found = elements.document.select(_SELECTOR)
    return [(name.text, name.source) for name in (names.of(each, content=each.tag in _BY_CONTENT) for each in found)]


@pytest.mark.slow
@pytest.mark.browser
@needs_chromium
def test_names_are_empty_where_those_of_chromium_are() -> None:
    different = []
    with chromium() as browser:
        page = browser.new_page()
        session = page.context.new_cdp_session(page)
        session.send("DOM.enable")
        session.send("Accessibility.enable")
        for case in NAMES:
            if "home-name" in case.html or "<object" in case.html:  # a script may name it; files are not there
                continue
            page.set_content(f"<!doctype html><body>{case.html}")
            root = session.send("DOM.getDocument")["root"]["nodeId"]
            nodes = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": _SELECTOR})["nodeIds"]
            ours = names_of(f"<!doctype html><body>{case.html}")
            assert len(ours) == len(nodes), case.html
            for node, (name, source) in zip(nodes, ours, strict=True):
                tree = session.send("Accessibility.getPartialAXTree", {"nodeId": node, "fetchRelatives": False})
                found = tree["nodes"][0]
                theirs = found.get("name", {}).get("value", "")
                is_default = theirs in _DEFAULTS and "input" in case.html and not name
                if not found["ignored"] and not is_default and is_blank(theirs) != (not name):
                    different.append(f"{case.html}: {theirs!r} in Chromium, {name!r} by {source or 'nothing'}")
    assert different == []


@pytest.mark.parametrize(
    ("html", "name", "source"),
    [
        ('<img alt=" A  boat ">', "A  boat", "alt"),
        ('<img alt="A" aria-label="B">', "B", "aria-label"),
        ('<img alt="A" aria-label="B" aria-labelledby="i"><p hidden id="i">C <b>D</b></p>', "C D", "aria-labelledby"),
        ('<img title="T">', "T", "title"),
        ('<img alt="" title="T">', "", ""),
        ('<img role="none" alt="A">', "", ""),
        ('<img role="none" alt="A" tabindex="0">', "A", "alt"),
        ("<a href='/'><b>A</b><p>B</p><img alt='C'></a>", "A B C", "content"),
        ("<a href='/'><i aria-hidden=true>A</i><i hidden>B</i><script>C</script>D</a>", "D", "content"),
        ('<button>A<input type="submit"></button>', "ASubmit", "content"),
        ("<a href='/'>Größe</a>", "Größe", "content"),
        ("<a href='/'>&nbsp;\u00a0\u200b</a>", "", ""),
    ],
)
def test_name_and_its_source(html: str, name: str, source: str) -> None:
    assert names_of(html)[0] == (name, source)


@pytest.mark.parametrize("charset", ["utf-8", "cp1252"])
def test_references_and_bytes_of_the_page_are_read_together(charset: str) -> None:
    assert names_of('<img alt="Größe &amp; &Uuml;ber &#8364;">', charset)[0] == ("Größe & Über €", "alt")


def test_names_that_refer_to_each_other_end() -> None:
    html = '<img id="a" aria-labelledby="b"><b id="b" aria-labelledby="a"></b><img aria-labelledby="a b">'
    assert [name for name, _ in names_of(html)] == ["", ""]
    own = '<button id="x" aria-label="Delete" aria-labelledby="x y"></button><i id="y">the boat</i>'
    assert names_of(own)[0] == ("Delete the boat", "aria-labelledby"), "an element may refer to itself"


def test_work_is_bounded_and_what_is_left_counts_as_named() -> None:
    many = "<b aria-hidden=true>x</b>" * 150_000
    assert names_of(f'<a href="/">{many}</a>')[0][0], "too much to say that there is no name"
    deep = f'<a href="/">{"<b>" * 400}<i hidden>x</i>y'
    assert names_of(deep)[0][0]


def test_controls_are_the_nearest_around_an_image() -> None:
    html = (
        b"<div role=button><a href=/><img></a><b role=none><img></b></div><a><svg></svg></a><summary><svg/></summary>"
    )
    controls = PageGraphics(PageElements(html, "utf-8")).controls
    assert [(each.tag, len(images)) for each, images in controls.items()] == [("a", 1), ("div", 1), ("summary", 1)]
