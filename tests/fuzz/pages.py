"""Pages to survive: tag soup from a grammar, and mutations of it, of real pages and of built ones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial

from tests.fuzz.mutations import mutated

PICTURES = ("a.jpg", "b.png", "sub/e.webp", "f g.jpg", "g.gif")
_SOURCES = (
    *(name.replace(" ", "%20") for name in PICTURES),
    *("../x/a.jpg", "missing.jpg", "https://other.test/z.jpg", "data:image/gif;base64,R0lGODlhAQABAAAAACw="),
)
_ATTRIBUTES = (
    *('alt="x"', "alt=''", "alt", 'alt="a > b"', 'alt="<p>"', "width=300", 'height="200"', 'width="50%"', "alt="),
    *("loading=lazy", "class=hero", 'style="width:50%"', 'srcset="b.png 2x"', "sizes=100vw", "ismap", 'usemap="#m"'),
    *(
        "hidden",
        "id=i1",
        "onerror=\"this.src='b.png'\"",
        "data-src=b.png",
        "aria-hidden=true",
        'src="c.jpg"',
        "ALT=Big",
    ),
    *("x/", "/", '"', "=", "a=b=c", 'alt="&quot;&amp;"', "data-imageseo=ignore", 'data-imageseo="width"', "slot=a"),
    *('alt="a\r\nb"', "alt=\0", "fetchpriority=high", "decoding=sync", "crossorigin", "data-imageseo"),
)
_NAMES = """
p div figure a section span b table tr td ul li dl dt button select option svg math template noscript textarea title
style script iframe object video picture details summary dialog form fieldset legend label h1 h2 pre code xmp ruby rt
center font nobr marquee foreignObject desc mi mtext annotation-xml frameset noframes noembed map main article header nav
footer aside caption colgroup thead tbody body head html slot my-card del blockquote address plaintext canvas audio
optgroup applet listing
"""
_ELEMENTS = tuple(_NAMES.split())
_FRAGMENTS = (
    *("text & more", "&lt;img src=a.jpg&gt;", '<!-- <img src="a.jpg"> -->', '<!--> <img src="a.jpg"> -->', "<br>"),
    *("<![CDATA[ <img src=a.jpg> ]]>", "</p>", "</div>", "</a>", "</table>", "</picture>", '<source srcset="b.png">'),
    *("<input type=image src=a.jpg>", '<a href="a.jpg">zoom</a>', '<script>var s="<img src=a.jpg>";</script>'),
    *("<script><!-- <script> <img src=a.jpg> </script> --></script>", "<style>p>img{color:red}</style>", "</br>"),
    *('<svg><image href="a.jpg"/></svg>', "<math><mi><img src=a.jpg></mi></math>", '<base href="sub/">', "\0", "\r\n"),
    *("<textarea><img src=a.jpg>", '<noscript><img src="a.jpg"></noscript>', "<svg><img src=a.jpg></svg>", "<", "</"),
    *('<picture><source srcset="c.jpg" type=image/jpeg><img src="b.png"></picture>', "<>", "<a<b>", "<img", "</head>"),
    *(
        "<link rel=preload as=image href=a.jpg>",
        '<iframe srcdoc="<img src=a.jpg>"></iframe>',
        "é漢😀",
        "<svg/>",
        "<p/>",
    ),
    *(
        "<picture data-imageseo>",
        "</picture>",
        "<style data-imageseo>",
        '<figure data-imageseo="hero-figure">',
        "</h1>",
    ),
    *('<meta name=description content="a "b" > c">', '<meta http-equiv=refresh content="0;url=x">', "<body>", "<head>"),
    *(
        '<script type="application/ld+json">{"@type":"Article","image":"a.jpg"</script>',
        "<main>",
        "<article>",
        "</html>",
    ),
    *('<table><img src="a.jpg"><tr><td>', '<select><img src="a.jpg"></select>', '<img src="a.jpg', "<h1>T</h1>"),
)
_HEADS = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>T</title></head><body>",
    "<!doctype html><html><head><title>T</title><link rel=canonical href='https://example.org/'></head><body><main><h1>T",
    *("<title>T</title>", "", "<html><body>", "<!doctype html><meta charset=iso-8859-1><title>T</title><p>"),
    *("\ufeff<title>T</title><p>", "<head><title>T</title>x</head><body>", "<!doctype html><title>T</title>\r\n<p>"),
)
_PIECES = tuple(piece.encode() for piece in _FRAGMENTS) + tuple(f"<{name}>".encode() for name in _ELEMENTS)


def _image(rnd: random.Random) -> str:
    quote = rnd.choice(['"', "'", ""])
    parts = [rnd.choice(_ATTRIBUTES) for _ in range(rnd.randrange(4))]
    parts.insert(rnd.randrange(len(parts) + 1), f"src={quote}{rnd.choice(_SOURCES)}{quote}")
    name, space = rnd.choice(["img", "img", "img", "IMG", "image"]), rnd.choice([" ", "\n", "\t", "/", " \f"])
    return f"<{name}{space}{' '.join(parts)}{rnd.choice(['>', '/>', ' />', ' >'])}"


def _fragment(rnd: random.Random, depth: int = 0) -> str:
    chance = rnd.random()
    if depth > 4 or chance < 0.3:
        return _image(rnd)
    if chance < 0.4:
        return rnd.choice(_FRAGMENTS)
    name = rnd.choice(_ELEMENTS)
    content = "".join(_fragment(rnd, depth + 1) for _ in range(rnd.randrange(1, 4)))
    end = rnd.choice([f"</{name}>", f"</{name}>", f"</{name} >", f"</{name.upper()}>", ""])
    return f"<{name}{rnd.choice(['', '', ' class=x', ' hidden'])}>{content}{end}"


def soup(rnd: random.Random) -> bytes:
    """Return a page of the grammar."""
    body = "\n".join(_fragment(rnd) for _ in range(rnd.randrange(1, 8)))
    return (rnd.choice(_HEADS) + body + rnd.choice(["</body></html>", "</html>", ""])).encode()


def pages(rnd: random.Random, count: int, real: Sequence[bytes], built: Sequence[bytes]) -> list[bytes]:
    """Return pages: half of the grammar, the others mutations of real pages and of those that were built before."""
    change = partial(mutated, rnd, pieces=_PIECES)
    found = []
    for _ in range(count):
        chance = rnd.random()
        data = soup(rnd)
        if built and chance < 0.25:
            data = change(rnd.choice(built))
        elif real and chance < 0.45:
            data = change(rnd.choice(real))
        for _ in range(rnd.choice([0, 0, 0, 1, 3])):
            data = change(data)
        found.append(data)
    return found
