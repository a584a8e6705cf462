"""Small cases of image markup after the HTML standard, as the Nu checker reads it; and of what it does not open."""

from __future__ import annotations

from tests.support.checker_cases import CheckerCase

_N = 'src="boat-640x320.jpg" alt="A boat" width="640" height="320"'
_W = 'srcset="boat-320x160.jpg 320w, boat-640x320.jpg 640w"'
_X = 'srcset="boat-320x160.jpg, boat-640x320.jpg 2x"'


def _srcset(value: str, rules: str = "", more: str = "") -> CheckerCase:
    return CheckerCase("srcset", f'<img {_N} srcset="{value}"{more}>', rules)


def _sizes(value: str, rules: str = "", more: str = "") -> CheckerCase:
    return CheckerCase("sizes", f'<img {_N} {_W} sizes="{value}"{more}>', rules)


def _picture(inner: str, rules: str = "", image: str = f"<img {_N}>") -> CheckerCase:
    return CheckerCase("picture", f"<picture>{inner}{image}</picture>", rules)


def _img(attributes: str, rules: str = "") -> CheckerCase:
    return CheckerCase("img", f"<img {attributes}>", rules)


def _link(attributes: str, rules: str = "") -> CheckerCase:
    return CheckerCase("link", f"<link {attributes}>", rules)


def _map(areas: str, rules: str = "", name: str = 'name="m"') -> CheckerCase:
    return CheckerCase("map", f"<map {name}>{areas}</map>", rules)


_S = ' sizes="50vw"'
_A = '<area href="/" alt="Quay" {}>'

MARKUP = (
    _srcset("boat-320x160.jpg 320w, boat-640x320.jpg 640w", more=_S),
    _srcset("boat-320x160.jpg 320w,boat-640x320.jpg 640w", more=_S),
    _srcset("boat-320x160.jpg, boat-640x320.jpg 2x"),
    _srcset("boat-320x160.jpg .5x, boat-640x320.jpg 1e0x"),
    _srcset(" \n boat-320x160.jpg 1.5x\n,\tboat-640x320.jpg 3x "),
    _srcset("data:image/gif;base64,R0lGODlhAQABAAAAACw= 2x"),
    _srcset("", "srcset-width"),
    _srcset(" , ", "srcset-width"),
    _srcset("boat-320x160.jpg 320w, boat-640x320.jpg 640w,", "srcset-width", _S),
    _srcset(", boat-320x160.jpg 2x", "srcset-width"),
    _srcset("boat-320x160.jpg 1x,, boat-640x320.jpg 2x", "srcset-width"),
    _srcset("boat-320x160.jpg, , boat-640x320.jpg 2x", "srcset-width"),
    _srcset("boat-320x160.jpg 320w, boat-640x320.jpg 2x", "srcset-width", _S),
    _srcset("boat-320x160.jpg 320w, boat-640x320.jpg", "srcset-width", _S),
    _srcset("boat-320x160.jpg 320w, boat-640x320.jpg 320w", "srcset-width", _S),
    _srcset("boat-320x160.jpg 2x, boat-640x320.jpg 2.0x", "srcset-width"),
    _srcset("boat-320x160.jpg, boat-640x320.jpg 1x", "srcset-width"),
    _srcset("boat-320x160.jpg 0w", "srcset-width", _S),
    _srcset("boat-320x160.jpg 0x", "srcset-width"),
    _srcset("boat-320x160.jpg -1x", "srcset-width"),
    _srcset("boat-320x160.jpg +2x", "srcset-width"),
    _srcset("boat-320x160.jpg 320.5w", "srcset-width", _S),
    _srcset("boat-320x160.jpg 320W", "srcset-width"),
    _srcset("boat-320x160.jpg 320px", "srcset-width"),
    _srcset("boat-320x160.jpg 160h", "srcset-width"),
    _srcset("boat-320x160.jpg 320w 160h", "srcset-width", _S),
    _srcset("boat-320x160.jpg 320w 2x", "srcset-width", _S),
    _srcset("boat-320x160.jpg Infinityx", "srcset-width"),
    _srcset("boat-320x160.jpg /* small */ 2x", "srcset-width"),
    _srcset("boat-320x160.jpg 400w", "srcset-width", _S),
    _srcset("boat-320x160.jpg 320w", "sizes-missing"),
    _sizes("100vw"),
    _sizes("(min-width: 900px) 860px, (min-width: 400px) and (max-width: 899px) 50vw, 100vw"),
    _sizes("(not (width: 500px)) and (orientation: landscape) 30em, not (hover) 20rem, calc(100vw - 2rem)"),
    _sizes("min(100vw, 40rem)"),
    _sizes("clamp(10rem, 50vw, calc(1px * 600))"),
    _sizes("(min-width: 600px) 50vw"),
    _sizes("0"),
    _sizes("+.5e2px /* wide */"),
    _sizes("auto, 100vw", more=' loading="lazy"'),
    _sizes("AUTO", more=' loading="LAZY"'),
    _sizes("auto", "sizes-auto"),
    _sizes("(min-width: 600px)", "sizes-invalid"),
    _sizes("100vw, (min-width: 600px) 50vw", "sizes-invalid"),
    _sizes("50vw, 100vw", "sizes-invalid"),
    _sizes("100vw, auto", "sizes-invalid", ' loading="lazy"'),
    _sizes("50%", "sizes-invalid"),
    _sizes("calc(50% - 1rem)", "sizes-invalid"),
    _sizes("640", "sizes-invalid"),
    _sizes("-640px", "sizes-invalid"),
    _sizes("640 px", "sizes-invalid"),
    _sizes("90deg", "sizes-invalid"),
    _sizes("inherit", "sizes-invalid"),
    _sizes("wide(640px)", "sizes-invalid"),
    _sizes("calc(100vw-2rem)", "sizes-invalid"),
    _sizes("min-width: 600px 50vw, 100vw", "sizes-invalid"),
    _sizes("screen and (min-width: 600px) 50vw, 100vw", "sizes-invalid"),
    _sizes("(min-width: 600px) 50vw 100vw", "sizes-invalid"),
    _sizes("(min-width: 600px 50vw, 100vw", "sizes-invalid"),
    _sizes("100vw,", "sizes-invalid"),
    _sizes(",100vw", "sizes-invalid"),
    _sizes("(min-width: 600px) 50vw,, 100vw", "sizes-invalid"),
    _sizes("", "sizes-missing"),
    _img(f'{_N} sizes="100vw"', "sizes-invalid"),
    _img(f'{_N} {_X} sizes="100vw"', "sizes-invalid"),
    _img(f'{_N} data-srcset="boat-320x160.jpg 320w" sizes="100vw"'),
    _picture('<source srcset="boat-320x160.jpg" media="print">'),
    _picture('<source srcset="boat-320x160.jpg">'),
    _picture(
        '<!-- --> <script></script><source srcset="boat-320x160.png" type="image/png" width="9"> <template></template>'
    ),
    _picture('<source media="print">', "picture-invalid"),
    _picture('<source src="boat-320x160.jpg" media="print">', "picture-invalid"),
    _picture('<source srcset="boat-320x160.jpg" src="boat-320x160.jpg" media="print">', "picture-invalid"),
    _picture('<source srcset="boat-320x160.jpg" media="print" alt="A boat">', "picture-invalid"),
    _picture('<source srcset="boat-320x160.jpg" media="print" loading="lazy">', "picture-invalid"),
    _picture('<source srcset="boat-320x160.jpg"><source srcset="boat-64x32.jpg">', "picture-invalid"),
    _picture('<source srcset="boat-320x160.jpg" media=" ALL "><source srcset="boat-64x32.jpg">', "picture-invalid"),
    _picture('<source srcset="boat-320x160.jpg" media=""><source srcset="boat-64x32.jpg">', "picture-invalid"),
    _picture('<source srcset="boat-320x160.jpg">', "picture-invalid", f'<img {_N} srcset="boat-64x32.jpg 2x">'),
    _picture(
        '<source srcset="a-9x9.png" type="image/png"><source srcset="a-9x9.webp" type="image/webp">', "picture-invalid"
    ),
    _picture(
        '<source srcset="boat-320x160.jpg" media="(min-width:400px)"><source srcset="boat-64x32.jpg" media="(min-width:'
        '800px)">',
        "picture-invalid",
    ),
    _picture(
        '<source srcset="boat-320x160.jpg" media="(min-width:800px)"><source srcset="boat-64x32.jpg" media="(min-width:'
        '400px)">'
    ),
    _picture('<source srcset="boat-64x32.avif" type="image/avif"><source srcset="boat-64x32.webp" type="image/webp">'),
    _picture("", "picture-invalid", f'<img {_N}><source srcset="boat-320x160.jpg" media="print">'),
    _picture('<source srcset="boat-320x160.jpg">', "picture-invalid", ""),
    _picture("", "picture-invalid", f"<span><img {_N}></span>"),
    _picture("", "picture-invalid", f"<img {_N}><img {_N}>"),
    _picture("A boat: ", "picture-invalid"),
    _picture("<br>", "picture-invalid"),
    _picture(
        '<source srcset="boat-320x160.jpg" media="print">', "picture-invalid", '<img alt="A boat" width="9" height="9">'
    ),
    CheckerCase("picture", f'<picture width="640" class="x"><img {_N}></picture>', "picture-invalid"),
    CheckerCase("picture", f"<div><picture><img {_N}></div>", "picture-invalid"),
    CheckerCase("picture", '<video><source srcset="a-9x9.png" type="video/mp4"></video>', "picture-invalid"),
    CheckerCase(
        "picture", '<video controls><source src="a.mp4" type="video/mp4"></video><audio><source src="a.mp3"></audio>'
    ),
    _img(f'{_N} loading="lazy" decoding="async" fetchpriority="low" crossorigin referrerpolicy="no-referrer"'),
    _img(f'{_N} LOADING="EAGER" decoding="Sync" crossorigin="use-credentials" fetchpriority="auto"'),
    _img(f'{_N} decoding="fast"', "img-attributes"),
    _img(f'{_N} decoding=""', "img-attributes"),
    _img(f'{_N} loading="true"', "img-attributes"),
    _img(f'{_N} fetchpriority="highest"', "img-attributes"),
    _img(f'{_N} crossorigin="yes"', "img-attributes"),
    _img(f'{_N} referrerpolicy="never"', "img-attributes"),
    _img(f'{_N} alt="Boats"', "img-attributes"),
    _img(f'{_N} type="image/jpeg"', "img-attributes"),
    _img(f'{_N} align="left" border="0"'),  # a note
    _img('src="boat-640x320.jpg" alt="A boat" width="100%" height="320"', "img-attributes"),
    _img('src="boat-640x320.jpg" alt="A boat" width="640.5" height="320"', "img-attributes"),
    _img('src="boat-640x320.jpg" alt="A boat" width="640px" height="320"', "img-attributes"),
    _img('src="boat-640x320.jpg" alt="A boat" width="-640" height="320"', "img-attributes"),
    _img('src="boat-640x320.jpg" alt="A boat" width="" height="320"', "img-attributes"),
    _img('src="boat-640x320.jpg" alt="A boat" width="0640" height="320"'),
    _img('src="a boat-640x320.jpg" alt="A boat" width="640" height="320"', "img-attributes"),
    _img('src="a%20boat-640x320.jpg?w=1&amp;b=2#é" alt="A boat" width="640" height="320"'),
    _img('src="..\\guide\\boat-640x320.jpg" alt="A boat" width="640" height="320"', "img-attributes"),
    _img('src="boat-640x320.jpg?{}" alt="A boat" width="640" height="320"', "img-attributes"),
    _img('src="{" alt="A boat" width="640" height="320"', "img-attributes img-missing"),
    _img('src="boat-640x320.jpg?part=100%" alt="A boat" width="640" height="320"', "img-attributes"),
    _img('src="boat-640x320.jpg?a=&quot;" alt="A boat" width="640" height="320"', "img-attributes"),
    _img('src="" alt="A boat" width="640" height="320"', "img-missing"),
    _img('src=" " alt="A boat" width="640" height="320"', "img-missing"),
    _img('alt="A boat" width="640" height="320"', "img-missing"),
    _img('srcset="boat-640x320.jpg" alt="A boat" width="640" height="320"'),
    CheckerCase("input", '<input type="image" src="a-64x48.png" alt="Sail" width="64px">', "img-attributes"),
    CheckerCase("input", '<input type="image" src="a-64x48.png" alt="Sail" srcset="a-64x48.png 2x">', "img-attributes"),
    CheckerCase(
        "input", '<input type="image" src="a-64x48.png" alt="Sail" width="64" height="48"><input width="100%">'
    ),
    _link('rel="preload" as="image" href="boat-640x320.jpg" fetchpriority="high"'),
    _link('rel="preload" as="image" imagesrcset="boat-320x160.jpg 320w" imagesizes="50vw"'),
    _link('rel="preload" as="image" imagesrcset="boat-320x160.jpg 1x, boat-640x320.jpg 2x"'),
    _link('rel="preload" as="image" imagesrcset="boat-320x160.jpg 320w"', "preload-invalid"),
    _link('rel="preload" as="image" imagesrcset="boat-320x160.jpg 320w," imagesizes="50vw"', "preload-invalid"),
    _link('rel="preload" as="image" imagesrcset="boat-320x160.jpg 320w" imagesizes="50%"', "preload-invalid"),
    _link('rel="preload" as="image" imagesrcset="boat-320x160.jpg 2x" imagesizes="50vw"', "preload-invalid"),
    _link('rel="preload" as="image" href="boat-640x320.jpg" imagesizes="50vw"', "preload-invalid"),
    _link('rel="preload" as="image"', "preload-invalid"),
    _link('rel="preload" as="picture" href="boat-640x320.jpg"', "preload-invalid"),
    _link('rel="preload" href="boat-640x320.jpg"', "preload-invalid"),
    _link('rel="prefetch" as="image" imagesrcset="boat-320x160.jpg 320w" imagesizes="50vw"', "preload-invalid"),
    _link('rel="preload" as="image" href="boat-640x320.jpg" crossorigin="yes"', "preload-invalid"),
    _link('rel="icon" href="a-64x48.png" sizes="64x48"'),
    _link('rel="preload" as="font" href="a.woff2" crossorigin="yes"'),
    _map(_A.format('coords="0,0,9,9"') + _A.format('shape="DEFAULT"') + _A.format('shape="circle" coords="9, 9, 4.5"')),
    _map(_A.format('shape="poly" coords="0,0,9,0,9,9"')),
    _map(_A.format('shape="rect"'), "map-invalid"),
    _map(_A.format('shape="circle" coords="9,9"'), "map-invalid"),
    _map(_A.format('shape="circle" coords="9,9,-4"'), "map-invalid"),
    _map(_A.format('shape="poly" coords="0,0,9,0,9"'), "map-invalid"),
    _map(_A.format('coords="9,0,0,9"'), "map-invalid"),
    _map(_A.format('coords="0 0 9 9"'), "map-invalid"),
    _map(_A.format('coords="a,b,c,d"'), "map-invalid"),
    _map(_A.format('shape="default" coords="0,0,9,9"'), "map-invalid"),
    _map(_A.format('shape="polygon" coords="0,0,9,0,9,9"'), "map-invalid"),
    _map(_A.format('shape="star" coords="0,0,9,9"'), "map-invalid"),
    _map("", "map-invalid", ""),
    _map("", "map-invalid", 'name="a b"'),
    _map("", "map-invalid", 'name="m" id="n"'),
    CheckerCase("map", '<map name="m"></map><map name="m"></map>', "map-invalid"),
    CheckerCase("map", _A.format('coords="0,0,9,9"'), "map-invalid"),
    CheckerCase("map", f'<img {_N} usemap="#m"><map name="m"></map>'),
    CheckerCase("map", f'<img {_N} usemap="m"><map name="m"></map>', "map-invalid"),
    CheckerCase("map", f'<img {_N} usemap="#M"><map name="m"></map>', "map-invalid"),
    CheckerCase("map", f'<img {_N} usemap="#"><map name="m"></map>', "map-invalid"),
    CheckerCase("map", f'<img {_N} usemap=""><map name="m"></map>', "map-invalid"),
    CheckerCase("map", f'<a href="/"><img {_N} usemap="#m"></a><map name="m"></map>', "map-invalid"),
    CheckerCase("map", f"<img {_N} ismap>", "map-invalid"),
    CheckerCase("map", f'<a href="/"><img {_N} ismap></a>'),  # a note
)
FILES = (
    _picture('<source srcset="boat-320x160.jpg" type="jpeg">', "source-type"),
    _picture('<source srcset="boat-320x160.jpg" type=".jpg">', "source-type"),
    _picture('<source srcset="boat-320x160.jpg" type="image/">', "source-type"),
    _picture('<source srcset="boat-320x160.jpg" type="text/html">', "source-type"),
    _picture('<source srcset="boat-320x160.jpg" type="image/webp">', "source-type"),
    _picture('<source srcset="boat-320x160.webp 2x" type="image/png">', "source-type"),
    _picture('<source srcset="https://img.example/a" type="image/x-photoshop">', "source-type"),
    _picture('<source srcset="boat-320x160.webp" type="image/webp; codecs=vp8">'),
    _picture('<source srcset="boat-320x160.jpg" type="image/jpg">'),
    _picture('<source srcset="https://img.example/a.heic" type="image/heic">'),
    _picture('<source srcset="boat-320x160.jpg" type="">'),
    _link('rel="preload" as="image" href="boat-640x320.jpg" type="image/avif"', "source-type"),
    CheckerCase("object", '<object data="a-64x48.png" type="image/jpeg" title="A boat"></object>', "source-type"),
    _srcset("boat-320x160.jpg, copy-320x160.jpg 2x", "candidate-duplicate"),
    _picture('<source srcset="boat-320x160.jpg, copy-320x160.jpg 2x">', "candidate-duplicate"),
    _picture('<source srcset="copy-640x320.jpg" type="image/jpeg">', "candidate-duplicate"),
    _picture('<source srcset="copy-640x320.jpg" media="print">'),
    _srcset("truncated.jpg 2x", "img-unreadable"),
    _srcset("empty.png 2x", "img-unreadable"),
    _picture('<source srcset="truncated.png" media="print">', "img-unreadable"),
    _picture('<source srcset="boat-320x160.jpg" media="print">'),
)
