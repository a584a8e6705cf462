"""The author's files: where each syntax shows an image, and the lines to paste."""

from __future__ import annotations

import pytest

from imageseo.lint.sources.placement import images_of, place
from imageseo.lint.sources.suggestions import AuthorFile, dialect_of, hint_in, lines_to_paste
from imageseo.lint.sources.syntax import Dialect, place_of
from imageseo.model.finding import AttributeChange, Occurrence

SIZE = (AttributeChange("width", "640"), AttributeChange("height", "360"))
ALT = (AttributeChange("alt", "a harbour"),)
LAZY = (AttributeChange("loading", "lazy"),)
NOT_LAZY = (AttributeChange("loading", None),)


def positions(text: str, name: str) -> list[tuple[str, int, int]]:
    """Return URL, line and column of all images of a file."""
    return [(image.url, *place_of(text, image.start)) for image in images_of(text, f".{name}") or ()]


MARKDOWN = {
    "inline, with an attribute list": ("Text ![A b](x.png){ width=3 .wide } and", [("x.png", 1, 6)]),
    "title": ('![a](x.png "A (title)")', [("x.png", 1, 1)]),
    "parentheses": ("![a](x(1).png) ![b](<y z.png>)", [("x(1).png", 1, 1), ("y z.png", 1, 16)]),
    "brackets": (r"![a [b] \] c](x.png)", [("x.png", 1, 1)]),
    "over two lines": ("![a\nb](x.png)", [("x.png", 1, 1)]),
    "in a link": ("[![a](x.png)](y.html)", [("x.png", 1, 2)]),
    "references": (
        "![a][one], ![One], ![One][]\n\n[one]: img/x.png 'T'\n",
        [("img/x.png", 1, 1), ("img/x.png", 1, 12), ("img/x.png", 1, 20)],
    ),
    "an unknown reference": ("![a][two]", []),
    "escaped": (r"\![a](x.png) \\![a](y.png)", [("y.png", 1, 16)]),
    "code": ("`![a](x.png)` ``![`b](y.png)``\n\n```md\n![a](x.png)\n```\n~~~\n![a](x.png)\n~~~\n", []),
    "code in a list": ("- ```\n  ![a](x.png)\n  ```\n- ![b](y.png)\n", [("y.png", 4, 3)]),
    "a comment": ("<!-- ![a](x.png)\n-->\n![b](y.png)", [("y.png", 3, 1)]),
    "HTML": ("<p>\n<img alt=\"a > b\"\n  src='x.png'>", [("x.png", 2, 1)]),
    "HTML that shows text": ("<pre><img src=x.png></pre><code><img src=y.png></code>", []),
    "front matter": ("---\ntitle: ![a](x.png)\n---\n![b](y.png)\n", [("y.png", 4, 1)]),
    "a shortcode": ('{{< figure src="x.png" title="T" >}}\n{{% img y.jpg %}}', [("x.png", 1, 1), ("y.jpg", 2, 1)]),
    "a tag of Liquid": ('{% include figure.html image="x.png" %}', [("x.png", 1, 1)]),
    "a link of Obsidian": ("![[x.png|300]]", [("x.png", 1, 1)]),
    "directives of MyST": (
        "```{image} x.png\n:alt: A\n```\n:::{figure} y.png\n:width: 3\n\nText\n:::\n",
        [("x.png", 1, 1), ("y.png", 4, 1)],
    ),
}


@pytest.mark.parametrize("name", MARKDOWN)
def test_images_of_markdown(name: str) -> None:
    text, expected = MARKDOWN[name]
    assert positions(text, "md") == expected


REST = {
    "directives": (
        "T\n=\n\n.. image:: x.png\n   :alt: A\n\n* .. figure:: y.png\n\n     Caption\n",
        [("x.png", 4, 1), ("y.png", 7, 3)],
    ),
    "a URL over two lines": (".. image::\n   img/\n   x.png\n   :alt: A\n", [("img/x.png", 1, 1)]),
    "a substitution, where it is defined": (
        "A |logo| and |Logo|.\n\n.. |logo| image:: x.png\n   :alt: A\n",
        [("x.png", 3, 1), ("x.png", 3, 1)],
    ),
    "a substitution that nothing shows": (".. |logo| image:: x.png\n", []),
    "literal blocks": (
        "Text::\n\n  .. image:: x.png\n\n.. code-block:: rst\n\n   .. image:: y.png\n\n.. image:: z.png\n",
        [("z.png", 9, 1)],
    ),
    "a comment": (".. image: x.png\n   .. image:: y.png\n\n.. image:: z.png\n", [("z.png", 4, 1)]),
    "raw HTML": (
        '.. raw:: html\n\n   <img src="x.png">\n\n.. raw:: latex\n\n   <img src="y.png">\n',
        [("x.png", 3, 4)],
    ),
    "in a directive": (".. note::\n\n   .. image:: x.png\n", [("x.png", 3, 4)]),
}


@pytest.mark.parametrize("name", REST)
def test_images_of_restructuredtext(name: str) -> None:
    text, expected = REST[name]
    assert positions(text, "rst") == expected


def test_images_of_html() -> None:
    text = '<!-- <img src="a.png"> -->\n<script>"<img src=b.png>"</script>\n {# <img src=c.png> #}<IMG\nsrc=d.png>'
    assert positions(text, "html") == [("d.png", 3, 23)]
    assert images_of("x", ".ipynb") is None


def spot(text: str, url: str, occurrence: Occurrence | None = None, suffix: str = ".md") -> int | str | None:
    """Return the column of an image in one line, "absent" if the source surely has it not."""
    found = place(text, images_of(text, suffix) or (), url, occurrence, suffix=suffix)
    return "absent" if found.is_absent else None if found.offset is None else found.offset + 1


def test_image_is_found_by_its_order_among_those_with_its_file() -> None:
    text = "![](x.png) ![](y.png) ![](x.png)"
    assert [spot(text, "../x.png", Occurrence(number, 2, number, 2)) for number in (0, 1)] == [1, 23]
    assert spot(text, "x.png", Occurrence(0, 3, 0, 3)) is None, "a third one comes from elsewhere"
    assert spot(text, "x.png", Occurrence(1, 3, 0, 2)) == 1, "of the article"
    assert spot(text, "x.png", Occurrence(0, 3, None, 2)) is None, "the theme's own"
    assert spot(text, "x.png") is None


def test_image_is_found_by_folder_where_names_are_alike() -> None:
    text = "![](a/x.png) ![](b/x.png) ![](x.png)"
    assert spot(text, "../b/x.png", Occurrence(0, 1, 0, 1)) == 14
    assert spot(text, "_images/x.png", Occurrence(0, 1, 0, 1)) is None, "it may be any of them"


def test_image_with_a_hash_in_its_name() -> None:
    for name in ("x-0a1b2c3d.png", "x.Dk3_a9Zq.webp", "x_hu_0a1b2c3d.jpg"):
        assert spot("![](img/x.png) ![](img/xy.png)", f"/assets/{name}", Occurrence(0, 1, 0, 1)) == 1, name
    assert spot("![](photo.png)", "photo-large.png", Occurrence(0, 1, 0, 1)) is None


def test_image_of_the_front_matter() -> None:
    text = "---\nhero: {src: img/x.png}\n---\n![](y.png)\n"
    assert spot(text, "../img/x.png", Occurrence(0, 1, 0, 1)) == text.index("img/x") + 1
    assert spot(text, "logo.svg", Occurrence(0, 1, None, 0)) == "absent"
    assert spot("![](photo.jpg)", "8cMXRxDV5o-2400.jpeg", Occurrence(0, 1, 0, 1)) is None, "a name of the generator"
    assert spot("See x.png.", "x.png", Occurrence(0, 1, 0, 1)) is None, "a text about it"
    assert spot("![](y.png)", "data:image/png;base64,AA") is None


def test_indented_text_counts_only_if_the_page_shows_it() -> None:
    text = "Text\n\n    ![](x.png)\n\n![](x.png)\n"
    assert spot(text, "x.png", Occurrence(0, 1, 0, 1)) == text.rindex("![") + 1
    assert spot(text, "x.png", Occurrence(0, 2, 0, 2)) == text.index("![") + 1


def paste(
    text: str,
    changes: tuple[AttributeChange, ...],
    dialect: Dialect,
    *,
    suffix: str = ".md",
    built: str = "../x.png",
) -> str:
    image = (images_of(text, suffix) or [])[0]
    return "\n".join(lines_to_paste(AuthorFile(text=text, dialect=dialect, built=built), image, changes))


ATTR_LIST, PLAIN, KRAMDOWN = Dialect(attributes="attr_list"), Dialect(attributes="html"), Dialect(attributes="kramdown")
HUGO, MYST, PELICAN = Dialect(attributes="figure"), Dialect(attributes="myst"), Dialect(keeps_urls=True)

PASTE = [
    ("a ![A](x.png) b", SIZE, ATTR_LIST, "a ![A](x.png){ width=640 height=360 } b"),
    ("![A](x.png){ .Wide width=3 }", SIZE, ATTR_LIST, "![A](x.png){ .Wide width=640 height=360 }"),
    ("![A](x.png){: #Plan loading=lazy }", NOT_LAZY, ATTR_LIST, "![A](x.png){: #Plan }"),
    ("![A](x.png){ loading=lazy }", NOT_LAZY, ATTR_LIST, "![A](x.png)"),
    ("![A][x]\n\n[x]: x.png", LAZY, ATTR_LIST, "![A][x]{ loading=lazy }"),
    ("![A](x.png)", SIZE, KRAMDOWN, "![A](x.png){: width=640 height=360 }"),
    ("![A](x.png)", SIZE, PLAIN, '<img src="../x.png" alt="A" width="640" height="360">'),
    ("![A](x.png)", SIZE, PELICAN, '<img src="x.png" alt="A" width="640" height="360">'),
    ("![A](x.png)", SIZE, HUGO, '{{< figure src="x.png" alt="A" width="640" height="360" >}}'),
    ("a ![A](x.png)", SIZE, HUGO, ""),
    ("![A](x.png 'T')", SIZE, HUGO, ""),
    ("![A](x.png 'T')", SIZE, PLAIN, '<img src="../x.png" alt="A" title="T" width="640" height="360">'),
    ("![A](x.png){ .wide }", SIZE, PLAIN, ""),
    ("![A][x]\n\n[x]: x.png 'T'", SIZE, PLAIN, '<img src="../x.png" alt="A" title="T" width="640" height="360">'),
    ("![A](x.png)", SIZE, MYST, "```{image} x.png\n:alt: A\n:width: 640\n:height: 360\n```"),
    ("![A](x.png)", LAZY, MYST, ""),
    ("![A](x.png)", SIZE, Dialect(attributes=""), ""),
    ("![](x.png 'T')", ALT, PLAIN, "![a harbour](x.png 'T')"),
    ("![x]\n\n[x]: x.png", ALT, PLAIN, ""),
    ("![A](x.png)", NOT_LAZY, ATTR_LIST, ""),
    (
        "```{image} x.png\n:alt: A\n:width: 3\n```",
        SIZE,
        MYST,
        "```{image} x.png\n:height: 360\n:alt: A\n:width: 640\n```",
    ),
    ('<img class=a src="x.png"/>', SIZE, PLAIN, '<img class=a src="x.png" width="640" height="360"/>'),
    ('<img src="x.png" width=3 alt>', SIZE, PLAIN, '<img src="x.png" width="640" alt height="360">'),
    ('<img loading="lazy" src="x.png">', NOT_LAZY, PLAIN, '<img src="x.png">'),
    ('<img src="x.png" alt="{{ title }}">', SIZE, PLAIN, ""),
    ('{{< figure src="x.png" >}}', SIZE, HUGO, '{{< figure src="x.png" width="640" height="360" >}}'),
    ("![[x.png]]", SIZE, PLAIN, ""),
]


@pytest.mark.parametrize(("text", "changes", "dialect", "expected"), PASTE)
def test_lines_to_paste_in_markdown_and_html(
    text: str, changes: tuple[AttributeChange, ...], dialect: Dialect, expected: str
) -> None:
    assert paste(text, changes, dialect) == expected


def test_lines_to_paste_in_restructuredtext() -> None:
    text = "  .. image:: x.png\n     :alt: an old\n           text\n     :class: wide\n\nEnd"
    both = (*ALT, *SIZE)
    assert paste(text, both, PLAIN, suffix=".rst") == (
        "  .. image:: x.png\n     :alt: a harbour\n     :class: wide\n     :width: 640\n     :height: 360"
    )
    assert paste(text, LAZY, PLAIN, suffix=".rst") == "", "not an option of every writer"
    assert paste("|a|\n\n.. |a| image:: x.png\n", SIZE, PLAIN, suffix=".rst") == (
        ".. |a| image:: x.png\n   :width: 640\n   :height: 360"
    )


def test_html_in_markdown_names_no_file_that_the_generator_has_renamed() -> None:
    assert paste("![A](x.png)", SIZE, PLAIN, built="/assets/x-0a1b2c3d.png") == ""


def test_dialect_of_a_source() -> None:
    assert dialect_of("mkdocs", "html", "a.md").attributes == "html"
    assert dialect_of("pelican", "", "a.md") == Dialect(attributes="attr_list", keeps_urls=True)
    assert dialect_of("sphinx", "", "a.md").attributes == "myst"
    assert dialect_of("directory", "html", "a.mdx").attributes == ""


def test_hint_is_written_in_the_syntax_of_the_file() -> None:
    hint = 'write width="640" height="360", or let `imageseo build` add it'
    assert hint_in("markdown", ATTR_LIST, hint).startswith("write `{ width=640 height=360 }`, or")
    assert hint_in("rest", PLAIN, hint).startswith("write `:width: 640` and `:height: 360`, or")
    assert hint_in("html", PLAIN, hint) == hint_in("markdown", PLAIN, hint) == hint
    empty = 'describe what it shows; `alt=""` if it is decorative'
    assert hint_in("rest", PLAIN, empty) == "describe what it shows; an empty `:alt:` if it is decorative"
    assert hint_in("markdown", PLAIN, empty) == "describe what it shows; `![](…)` if it is decorative"


@pytest.mark.parametrize("piece", ["![", "[", "](", "`", "{{< a ", "<img ", ".. image:: x\n", "|a|", "    x\n\n", "\\"])
def test_long_and_broken_texts_are_read_at_once(piece: str) -> None:
    for suffix in (".md", ".rst", ".html"):
        images_of(piece * 20_000, suffix)
