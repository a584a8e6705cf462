"""Containers of images, and the space that they take from the article's column."""

from __future__ import annotations

import pytest

from imageseo.layout.containers import containers_of, space_taken
from imageseo.layout.inheritance import CurrentPage, TemplateInheritance
from imageseo.model.image import Asset, ImageRef
from imageseo.model.layout import PageLayout, ShownImage, SiteLayout, Template
from imageseo.web.html.page_scan import scan_page

WIDTHS = (320, 412, 768, 1280)
COLUMN = (288.0, 380.0, 736.0, 900.0)


def container_names(article: str) -> list[str]:
    html = f"<!doctype html><ul><li><main><article>{article}</article></main></ul>".encode()
    scan = scan_page(html)
    found = containers_of(html, scan)
    return [found.get(ref.span, "") for ref in scan.refs]


@pytest.mark.parametrize(
    ("article", "expected"),
    [
        ("<p><img src=a></p>", ""),
        ("<ul><li><p><img src=a></ul>", "li"),
        ("<ol><li>one<ul><li><img src=a></ul></ol>", "li/li"),
        ("<ul><li>one<li>two</ul><img src=a>", ""),
        ("<blockquote><details><summary>s</summary><img src=a></details></blockquote>", "blockquote/details"),
        ("<div class='admonition tip'><div><img src=a></div></div>", "note"),
        ("<div class='admonition tip'><div></div></div><img src=a>", ""),
        ("<div class='annotated'><img src=a></div>", ""),
        ("<dl><dt>t<dd>one<dd><img src=a></dl>", "dd"),
        ("<table><tr><td>one<td><img src=a></table>", "cell"),
        ("<table><tr><td>one<td>two</table><p><img src=a>", ""),
        ("<!-- <li> --><template><li></template><pre><code>&lt;li&gt;</code></pre><img src=a>", ""),
    ],
)
def test_containers_around_an_image_are_named(article: str, expected: str) -> None:
    assert container_names(article) == [expected]


def test_image_outside_the_article_has_no_container() -> None:
    html = b"<ul><li><img src=logo></ul><article><ul><li><img src=a></ul></article><ul><li><img src=b></ul>"
    scan = scan_page(html)
    assert [containers_of(html, scan).get(ref.span) for ref in scan.refs] == [None, "li", None]
    html = b"<article><aside><ul><li><img src=teaser></ul></aside></article>"
    assert containers_of(html, scan_page(html)) == {}
    assert containers_of(b"<ul><li><img src=a></ul>", scan_page(b"<ul><li><img src=a></ul>")) == {}, (
        "the page has no article"
    )


def site(*images: ShownImage) -> SiteLayout:
    page = PageLayout(page="one.html", template="t", images=images)
    return SiteLayout(
        widths=WIDTHS, pages={"one.html": page}, templates={"t": Template(id="t", column=COLUMN, pages=1)}
    )


def test_space_taken_is_computed_from_images_narrowed_by_a_container() -> None:
    wide = ShownImage(src="a.png", widths=(258, 350, 640, 640), box="li")
    half = ShownImage(src="b.png", widths=(129, 175, 353, 435), box="li")
    icon = ShownImage(src="i.png", widths=(24, 24, 24, 24), box="blockquote")
    free = ShownImage(src="c.png", widths=(288, 380, 640, 640))
    assert space_taken(site(wide, half, icon, free)) == {("t", "li"): 30.0}
    assert space_taken(site(half, icon, free)) == {}, (
        "an image that takes half of a container does not show the container's width"
    )


HTML = (
    b"<article><p><img src=new.png></p><ul><li><img src=new.png></ul>"
    b"<blockquote><img src=new.png></blockquote><table><tr><td><img src=new.png></table></article>"
)


def test_new_image_in_a_container_gets_the_remaining_width() -> None:
    """An image in an unmeasured container or in a table has no width."""
    scan = scan_page(HTML)

    def asset(ref: ImageRef) -> Asset:
        return Asset(path="new.png", sha256="0" * 64, bytes=1, format="png", width=800, height=600)

    inheritance = TemplateInheritance(site(ShownImage(src="a.png", widths=(258, 350, 640, 640), box="li")))
    names = [("new.png", nth) for nth in range(4)]
    found = inheritance.of(CurrentPage("two.html", "t", scan.refs, names, asset, lambda: containers_of(HTML, scan)))
    assert found is not None
    assert [(image.nth, image.box, image.widths) for image in found.images] == [
        (0, "", (288.0, 380.0, 736.0, 800)),
        (1, "li", (258.0, 350.0, 706.0, 800)),
    ]
