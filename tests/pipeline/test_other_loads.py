"""Images whose file the page loads in another way too."""

from __future__ import annotations

import pytest

from imageseo.pipeline.safe_markup.other_loads import loaded_elsewhere
from imageseo.web import urls
from imageseo.web.html.page_scan import scan_page

PAGE = "<!doctype html><html><head>{}</head><body><main><img src='/img/a%20b.jpg'><img src=c.jpg>{}</main>"


def path_of(url: str) -> str | None:
    path = urls.resolve(url, page="one/index.html", base_url=None)
    return path if isinstance(path, str) else None


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        ("<style>.c{background:url(/img/a%20b.jpg)}</style>", "", [0]),
        ("<style>.c{background:URL( '../img/a b.jpg' )}</style>", "", []),  # a space in the name: not read, as written
        ("", '<div style="background-image: url(&quot;c.jpg?v=1&quot;)"></div>', [1]),
        ("", "<div style='background-image: url(\"../one/c.jpg\")'></div>", [1]),
        ("", '<video poster="c.jpg"></video>', [1]),
        ("", "<div data-bg=c.jpg></div><section data-background-image='/img/a%20b.jpg'></section>", [0, 1]),
        ("", "<svg><image width=9 xlink:href='c.jpg'/></svg>", [1]),
        ("", '<div style="background: url(/c.jpg)"></div>', []),
        ("", '<div style="background: url(https://other.org/one/c.jpg)"></div>', []),
        ("", '<div style="background: url(data:image/png;base64,c.jpg)"></div>', []),
        ("", "<a href=c.jpg>c.jpg</a><p>poster c.jpg, url(</p>", []),
    ],
)
def test_files_of_backgrounds_posters_and_svgs_are_found(head: str, body: str, expected: list[int]) -> None:
    html = PAGE.format(head, body).encode()
    scan = scan_page(html)
    found = loaded_elsewhere(html, scan, path_of)
    assert [number for number, ref in enumerate(scan.refs) if ref.span in found] == expected


def test_page_in_another_charset_is_read() -> None:
    html = "<meta charset=latin-1><main><img src=café.jpg><p style='background:url(café.jpg)'>".encode("latin-1")
    scan = scan_page(html)
    assert loaded_elsewhere(html, scan, path_of) == {scan.refs[0].span}
