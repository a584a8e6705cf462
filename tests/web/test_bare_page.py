"""A page without what no selector can see: what is left of it, and what is not."""

from __future__ import annotations

import pytest

from imageseo.model.image import Span
from imageseo.web.html.bare_page import bare_page


def bare(html: str) -> str:
    return bare_page(html.encode(), ()).html.decode()


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p>Some words</p>", "<p>x</p>"),
        ("<p>\n  Größe 7 &amp; more\n</p>", "<p>\n  x</p>"),
        ("<p></p><p> </p>", "<p></p><p> </p>"),
        ("Words at both ends", "x"),
        ("<p title='a > b < c' class=x>one</p>", "<p title='a > b < c' class=x>x</p>"),
        ('<p title = "a > b" class=x>one</p>', '<p title = "a > b" class=x>x</p>'),
        ("<p><!-- old words --></p>", "<p></p>"),
        ("<SCRIPT>let a</SCRIPT>", "<SCRIPT>x</SCRIPT>"),
        ("<script type=x>if (a < b && c > d) e('<p>')</script><p>y</p>", "<script type=x></script><p>x</p>"),
        ("<!doctype html>\n<p/>a<br/>b", "<!doctype html>\n<p/>x<br/>x"),
    ],
)
def test_words_scripts_and_comments_are_left_out(html: str, left: str) -> None:
    assert bare(html) == left


@pytest.mark.parametrize(
    "html",
    [
        "<p>&nbsp;</p>",  # may stand for a space
        "<p>&#32;words</p>",
        "<p>a > b</p>",  # it may be the rest of a tag
        "<!--[if IE]><p>x</p><![endif]-->",
        "<!-- <p>x</p> -->",
        "<script><!-- <script></script> --></script>",
        "<p class=a",
        "x<3 <b",
    ],
)
def test_what_is_not_certain_stays(html: str) -> None:
    assert bare(html) == html


def test_tags_that_were_asked_for_are_found_again() -> None:
    tag = '<img alt="a > b" src=a.jpg>'
    html = f"<p>Some words {tag} and <b>others</b></p><p>more {tag}</p>".encode()
    first = html.index(b"<img")
    second = html.index(b"<img", first + 1)
    page = bare_page(html, [Span(first, first + len(tag)), Span(second, second + len(tag))])
    assert [page.html[start:end].decode() for start, end in page.spans] == [tag, tag]
    assert page.html.decode() == f"<p>x{tag} x<b>x</b></p><p>x{tag}</p>"


@pytest.mark.parametrize("piece", ["<!--", "<!-- a", "a<", "<script ", "<script>", '<a ="', "<script><!--"])
def test_pieces_that_never_end_stay_and_take_no_time(piece: str) -> None:
    html = f"<p>words</p>{piece * 20_000}"  # minutes if each piece searches the rest of the page
    assert bare(html).startswith("<p>x</p>")
    assert bare(html).endswith(piece * 1000)
