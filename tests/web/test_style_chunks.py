"""The quick way to read a style sheet gives what a full parse gives."""

from __future__ import annotations

import pytest
import tinycss2  # type: ignore[import-untyped]

from imageseo.web.css import chunks, stylesheets
from imageseo.web.css.stylesheets import Context, StyleSheet

SHEETS = [
    "a{b:c}d , e > f{g:h;i:j!important}",
    "@import 'x.css' screen;@charset 'utf-8'; /* c */ @layer a, b; @layer b{p{q:r}}",
    "@media (min-width:3em){a{b:c}@supports (d:e){f{g:h}}}i{j:k}",
    "@layer {a{b:c}} @layer x{@layer y{d{e:f}}} @container n (width > 3em){g{h:i}}",
    ".a{b:c;&:hover{d:e}.f{g:h}i:j}",
    "a[b='}'],c[d=\"{,\"]{e:f}",
    "a::before{content:'}'}b::after{content:\"\\201C{\"}",
    "a{b:url(data:image/png;base64,x=})}c{d:url( 'x;y' )}",
    ".w-1\\/2,.sm\\:x{a:b}.y{c:d}",
    "/* a{b:c} */d{/*}*/e:f}",
    ":is(a,b) > c:not(:is(d,e),f){g:h}",
    "@font-face{font-family:x}@keyframes y{from{a:b}to{c:d}}e{f:g}",
    "@page :first{margin:1in}@unknown x;a{b:c}@scope (.d){img{e:f}}",
    "@media print{}a{}b{;}c{d:e;;}",
    "a{b:c}}d{e:f}",
    "a{b:c",
    "a{b:'c\nd}e{f:g}",
    "a:b;c{d:e}f{g:h}",
    "a{b:c};d{e:f}g{h:i}",
    "@media x{.y{b:c}};z{d:e}f{g:h}",
    "<!-- a{b:c} --> d{e:f}",
    "a(b{c:d}e){f:g}h{i:j}",
    "a{b:c}/* no end d{e:f}",
    "A.B > IMG{Width:1PX}",
    "",
    ";",
    "@media",
]


@pytest.mark.parametrize("css", SHEETS)
def test_sheet_is_read_as_a_parser_does(css: str) -> None:
    parsed = StyleSheet()
    stylesheets._read(tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True), Context(), (), parsed)
    assert _content(stylesheets.parse(css)) == _content(parsed)


def _content(sheet: StyleSheet) -> object:
    rules = [(tuple(s.replace("'", '"') for s in r.selectors), r.context, r.declarations) for r in sheet.rules]
    return rules, sheet.imports, sheet.layers


@pytest.mark.parametrize("css", ["a{b:c}}", "a{", "a:b;c{}", "a{b:'c\n}", "<!-- a{}", "a({)}"])
def test_text_that_only_a_parser_understands_is_left_to_it(css: str) -> None:
    assert chunks.chunks(css) is None


def test_plain_rules_are_not_parsed() -> None:
    found = chunks.chunks("@import 'x';a, b{c:d}@media x{e{f:g}}h{i:'\\201C'}")
    assert found is not None
    assert [(each.prelude, each.block, each.is_plain) for each in found] == [
        ("@import 'x'", None, True),
        ("a, b", "c:d", True),
        ("@media x", "e{f:g}", True),
        ("h", "i:'\\201C'", False),
    ]
    assert chunks.selectors("a, b[c='d,e'] > :not(f, g)") == ("a", "b[c='d,e'] > :not(f, g)")
    assert chunks.selectors(":is(a, :not(b, c))") is None
