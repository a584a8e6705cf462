"""Pages and sheets without measure: of any charset, depth and length."""

from __future__ import annotations

import pytest

from imageseo.layout.page_styles import SiteStyles
from imageseo.web.html.page_scan import scan_page
from tests.layout.test_page_styles import PLAIN, style, styles

HAZARD = "<style>p>img{height:10px}</style>"


@pytest.mark.parametrize("label", ["euc-jp", "macintosh", "x-mac-cyrillic", "gb18030", "iso-8859-8-i", "koi8-u"])
def test_pages_of_any_charset_are_judged(label: str) -> None:
    html = f"<!doctype html><html><head><meta charset={label}>{HAZARD}</head><body>".encode() + PLAIN.encode()
    scan = scan_page(html)
    found = SiteStyles(dict[str, bytes]().get).of_page("index.html", html, scan)
    assert found[scan.refs[0].span].natural_size == "p>img"


@pytest.mark.parametrize("name", ["&#128512;", "\N{GRINNING FACE}", "&eacute;", "é", "&#xd800;"])
def test_hiding_classes_beside_any_other_class(name: str) -> None:
    body = f'<div class="{name} hide"><img src="a.jpg"></div>'
    assert style(body, ".hide{display:none}").hidden == ".hide"
    assert style(body, r".\d800{display:none} .hide{display:none}").hidden == ".hide"
    assert style('<div class="&eacute;t"><img src="a.jpg"></div>', ".ét{display:none}").hidden == ".ét"


@pytest.mark.parametrize(
    ("before", "css"),
    [
        ("<div>" * 1500, "p>img{height:10px}"),
        ("<div>" * 1500, "body p>img{height:10px}"),
        ("<div>" * 1500, "span p>img{height:10px}"),
        ("<i>" * 3000, "p>img{height:10px}"),
        ("<b></b>" * 3000, "b ~ p > img{margin:1px}"),
        ("<div>" * 9000, "p>img{height:10px}"),
    ],
)
def test_deep_and_long_pages_are_judged(before: str, css: str) -> None:
    style(before + PLAIN, css)


@pytest.mark.parametrize("label", ["iso-2022-jp", "utf-16", "replacement", "iso-2022-kr", "none-such"])
def test_sheets_whose_charset_cannot_be_read_are_utf_8(label: str) -> None:
    files = {"x.css": f'@charset "{label}"; img{{height:9em}}'}
    assert style(PLAIN, head="<link rel=stylesheet href=x.css>", files=files).natural_size == "img"


@pytest.mark.parametrize("names", ["x", "xy", "abcdefghijkl"])
def test_sheets_that_import_each_other_are_read_once_or_unknown(names: str) -> None:
    imports = "".join(f"@import '{name}.css';" for name in names) * (12 // len(names))
    files = {f"{name}.css": f"{imports}img{{height:9em}}" for name in names}
    found = style(PLAIN, head=f"<link rel=stylesheet href={names[0]}.css>", files=files)
    assert found.natural_size == "img" or (found.wrapper == "*" and "height" in found.attributes)


@pytest.mark.parametrize("error", [RecursionError, LookupError, UnicodeError, ValueError])
def test_images_of_a_page_that_cannot_be_judged_are_the_worst_case(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error("x")

    monkeypatch.setattr("imageseo.layout.page_styles.place_of", fail)
    found = style(PLAIN, "p>img{height:10px}")
    assert found.wrapper is not None
    assert {"srcset", "width", "style"} <= found.attributes.keys()


@pytest.mark.parametrize("css", ["img~p{margin:0}", "img ~ p + p{margin:0}", "p:has(~ img){margin:0}"])
def test_long_pages_of_sibling_selectors_take_bounded_work(css: str) -> None:
    count = 400
    body = "".join(f'<img src="{number}.jpg"><p>x</p>' for number in range(count))
    found = styles(f"<div>{body}</div>", css)
    assert any(each.wrapper for each in found.values())


def test_rules_of_pages_with_styles_of_their_own_are_not_all_kept() -> None:
    sheets = SiteStyles(dict[str, bytes]().get)
    for number in range(50):
        html = f"<!doctype html><style>.n{number}{{height:1px}}</style>{PLAIN}".encode()
        sheets.of_page("index.html", html, scan_page(html))
    assert max(len(each._values) for each in (sheets._pages, sheets._rules)) <= 16
