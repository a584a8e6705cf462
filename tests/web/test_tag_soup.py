"""Pages that are no valid HTML: images are where a browser has them, and edits add nothing but what they should."""

from __future__ import annotations

import pytest

from imageseo.model.image import PageScan
from imageseo.pipeline.safe_markup.same_page import depends_on_scripts, is_same_page
from imageseo.web.html.edits import strip
from imageseo.web.html.page_scan import scan_page
from tests.web.test_page_properties import build

PADDING = "<!--" + " " * 8000 + "-->"  # a short page with a NUL counts as binary


def scan(page: str) -> PageScan:
    return scan_page(page.encode())


def head_end(page: str) -> str | None:
    """Return what follows the place at the end of the head."""
    at = scan(page).head_end
    return None if at is None else page.encode()[at:].decode()


@pytest.mark.parametrize(
    "page",
    [
        *(f"<{name}><img src=no>" for name in ("xmp", "noembed", "noframes", "iframe", "script", "style", "title")),
        *(f"<body><{name}><img src=no>" for name in ("plaintext", "textarea", "noscript", "xmp", "template")),
        "<frameset><img src=no></frameset>",
        "<html><frameset></frameset><noframes></noframes><img src=no>",
        "<svg><foreignObject><img src=no></foreignObject></svg>",
        "<math><mtext><img src=no></mtext></math>",
        "<svg><![CDATA[<img src=no>]]></svg>",
        "<p><img src=no",
        '<p><img src="no',
        "<p><!-- <img src=no>",
        '<iframe srcdoc="<img src=no>"></iframe>',
    ],
)
def test_what_is_text_or_no_part_of_the_page_is_no_image(page: str) -> None:
    assert scan(page).refs == ()
    assert build(page.encode()) == page.encode() or is_same_page(page.encode(), build(page.encode()))


@pytest.mark.parametrize(
    "page",
    [
        "<svg><img src=a></svg><p>x",
        "<p><math><mrow><img src=a></math>",
        "<svg><g><image href=b /><img src=a></g></svg>",
        "<b><p></b><svg><img src=a>",
        "<table><tr><svg><img src=a></table>",
        "<svg><title></svg><img src=a>",
    ],
)
def test_image_that_breaks_out_of_a_drawing_gets_no_element_around_it(page: str) -> None:
    (ref,) = [each for each in scan(page).refs if each.src == "a"]
    assert (ref.unwrappable is None) == page.startswith("<svg><title>")


def test_element_named_image_is_an_image() -> None:
    page = '<p><image src="a.jpg" alt=x><svg><image href=b.jpg /></svg>'
    (ref,) = scan(page).refs
    assert (ref.src, ref.get("alt"), [each.name for each in ref.attributes]) == ("a.jpg", "x", ["src", "alt"])
    built = build(page.encode())
    assert b"<picture" in built
    assert strip(built) == page.encode()


@pytest.mark.parametrize(
    ("page", "rest"),
    [
        ("<head><title>T</title>x</head><body>", "x</head><body>"),
        ("\ufeff<title>x</title><p>", "<p>"),
        ("\ufeff<head><title>x</title></head><p>", "</head><p>"),
        ("<title>x</title>\r\n<meta name=a>\r\n<img>", "\r\n<img>"),
        ("<title>a<b></title><!-- c --><img>", "<!-- c --><img>"),
        ("<head><p></head>", "<p></head>"),
        ("<head></head><title>x</title><body>", "</head><title>x</title><body>"),
        ("<title>x", None),
        ("<body><title>x</title>", "<body><title>x</title>"),
        ("<p>x</p><title>x</title>", None),
        ("<!-- </head> --><title>x</title>y", "y"),
        ("<head><template></head><body>", None),
        ('<head><meta content="a "b" > c" /></head>', ' c" /></head>'),
    ],
)
def test_end_of_head_is_where_the_parser_ends_it(page: str, rest: str | None) -> None:
    assert head_end(page) == rest


@pytest.mark.parametrize(
    ("page", "in_picture"),
    [
        ("<picture><ul></picture><img src=a>", True),
        ("<picture><p></picture><img src=a>", True),
        ("<picture></picture><img src=a>", False),
        ("<picture></div></span><img src=a>", True),
    ],
)
def test_stray_end_tags_end_nothing(page: str, in_picture: bool) -> None:
    (ref,) = scan(page).refs
    assert (ref.opt_out is not None) == in_picture


def test_values_are_as_in_browsers() -> None:
    (ref,) = scan('<img src=e.jpg/><p alt="').refs
    assert ref.src == "e.jpg/"
    (ref,) = scan('<img src="a" alt="a\r\nb\rc\0d">' + PADDING).refs
    assert ref.get("alt") == "a\nb\nc\ufffdd"


SOUP = [
    "<title>x</title>{}",
    "<head><title>T</title>x</head><body>{}",
    "\ufeff<title>x</title><p>{}",
    "<html><body><table>{}<tr><td>{}</table>",
    "<select>{}<option>{}</select>{}",
    "<picture><ul></picture>{}",
    "<nav><table></nav>{}",
    "<div><footer></div>{}",
    "<frameset>{}",
    "<template>{}</template>{}",
    "<noscript>{}</noscript>{}",
    "<a><p>{}</a>{}<a><a>{}",
    "<b><i><p>{}</b>{}</i>{}",
    "<svg>{}</svg>{}",
    "<math><mi>{}</mi>{}</math>{}",
    "<svg><desc>{}</desc>{}",
    "<button><p>{}<button>{}",
    "<p>{}<h1>t<h2>{}</h1>{}",
    "<h1>t</h2>{}<article>{}",
    "\0<p\0>{}\0<i\0mg src=a>",
    "<dl><dt>{}<dd>{}<li>{}",
    "<nobr>{}<nobr>{}",
    "<div>" * 600 + "{}",
    "<form><form>{}</form>{}",
    "<table><caption>{}<colgroup>{}<tbody>{}",
    "<p>\r\n{}\r<pre>\n\n{}",
    "</p></br></body></html>{}",
    "<style data-imageseo>{}",
    "<picture data-imageseo><source>{}",
    '<figure data-imageseo="hero-figure">{}',
    "<picture data-imageseo></picture>{}<source>",
    "<pic<picture data-imageseo>ture data-imageseo>{}",
]
IMAGES = [
    "<img src=a.jpg>",
    '<IMG\r\nSRC="b.jpg"/>',
    "<image src='a.jpg' alt=>",
    "<img src=a.jpg/>",
    "<img alt=x\0 src=a>",
]


@pytest.mark.parametrize("soup", SOUP)
def test_edits_add_nothing_but_what_they_should(soup: str) -> None:
    for image in IMAGES:
        page = strip((soup.replace("{}", image) + PADDING).encode())
        built = build(page)
        assert strip(built) == page
        assert build(built) == built
        assert is_same_page(page, built) or depends_on_scripts(page.decode())


def test_other_pages_are_told_apart() -> None:
    before = b"<p><svg><img src=a alt=b></svg>"
    assert is_same_page(before, before.replace(b"alt=b", b'alt=b width="3" data-imageseo="width"'))
    for after in (
        b"<p><svg><picture data-imageseo><source><img src=a alt=b></picture></svg>",
        b"<p><svg><img src=a></svg>",
        b'<p><svg><img src=a alt=b width="3" data-imageseo="height"></svg>',
        b"<p><svg><img src=a alt=b>x</svg>",
    ):
        assert not is_same_page(before, after)


@pytest.mark.parametrize(
    ("page", "depends"),
    [
        ('<head><noscript><img height="1" src="https://x.test/p?a=b"/></noscript></head>', False),
        ('<noscript><iframe src="x" style="display:none"></iframe></noscript>', False),
        ("<noscript><style>a{b:c}</style><link rel=x><p>a <b title='<'></noscript>", True),
        ("<noscript><style>a{b:c}</style><link rel=x><p>a <a href=x>b</a></p></noscript>", False),
        ("<noscript><div></noscript>", True),
        ("<noscript><textarea></noscript>", True),
        ("<noscript><!-- </noscript>", True),
        ("<p>no script", False),
    ],
)
def test_pages_that_scripts_change_are_noticed(page: str, depends: bool) -> None:
    assert depends_on_scripts(page) == depends


def test_built_page_that_was_cut_gains_nothing_at_the_next_build() -> None:
    page = "<!doctype html><head><title>T</title></head><body><main><h1>T</h1><p><img src=a.jpg><svg></svg></main>"
    built = build(page.encode())
    for start in range(0, len(built), 7):
        for size in (1, 5, 60, 400):
            author = strip(built[:start] + built[start + size :])
            once = build(author)
            assert strip(once) == author
            assert build(once) == once
            assert is_same_page(author, once)
