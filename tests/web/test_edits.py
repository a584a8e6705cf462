"""Applying edits by span, and removing added markup."""

from __future__ import annotations

import pytest

from imageseo.model.image import Span
from imageseo.web.html.edits import Edit, apply, strip


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(span=Span(start, end), replacement=text.encode())


def test_edits_change_only_their_spans() -> None:
    assert (
        apply(b"0123456789", [edit(5, 7, "x"), edit(2, 2, "b"), edit(2, 2, "a"), edit(10, 10, "!")]) == b"01ba234x789!"
    )
    assert apply(b"same", []) == b"same"


@pytest.mark.parametrize("edits", [[(1, 4), (3, 5)], [(1, 4), (2, 2)], [(9, 11)], [(4, 3)]])
def test_overlapping_edits_are_rejected(edits: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply(b"0123456789", [edit(start, end, "") for start, end in edits])


@pytest.mark.parametrize(
    ("built", "author"),
    [
        (
            '<picture data-imageseo><source srcset="a 1w"><source srcset="b 1w">'
            '<img src=a/ width="1" data-imageseo="width"></picture>',
            "<img src=a/>",
        ),
        ('<img src=a style="x" data-imageseo="hero style" />', "<img src=a />"),
        ('<img width="1" src="a" height="2" data-imageseo="height">', '<img width="1" src="a">'),
        ('<head><style data-imageseo>a{}</style><script data-imageseo="">{}</script></head>', "<head></head>"),
        ('<h1></h1><figure data-imageseo="hero-figure"><img data-imageseo="hero"></figure><p>', "<h1></h1><p>"),
        # minified after the build: unquoted, reordered
        ("<picture data-imageseo><source srcset=a><img height=2 alt=x width=1 data-imageseo='width height'></picture>",
         "<img alt=x>"),
        ("<IMG data-imageseo=hero SRC=a>", "<IMG SRC=a>"),
    ],
)  # fmt: skip
def test_strip_removes_added_markup(built: str, author: str) -> None:
    assert strip(built.encode()).decode() == author


@pytest.mark.parametrize(
    "html",
    [
        '<img data-imageseo="ignore">',
        '<div data-imageseo="ignore"><picture><img></picture></div>',
        '<picture data-imageseo="ignore"><source><img></picture>',
        '<img data-imageseo-disable="alt-missing: x" data-imageseo="">',
        '<img data-imageseo="whatever the author means" width="1">',
        "<!-- <picture data-imageseo><img></picture> -->",
        "<textarea><style data-imageseo></style></textarea>",
        "<pre>&lt;picture data-imageseo&gt;</pre><p title='<img data-imageseo=\"width\" width=1>'>",
        '<figure data-imageseo="hero-figure"><img src=never-closed>',
    ],
)
def test_strip_keeps_markup_of_author(html: str) -> None:
    assert strip(html.encode()).decode() == html


def test_strip_returns_same_object_without_marker() -> None:
    html = b"\xff\xfe<\0i\0m\0g\0"
    assert strip(html) is html
