"""Small cases after the ACT rules of W3C, axe's rules on images and what the Nu checker says of image markup.

Each is markup with the rules of ours that report it, as a warning or an error; none for what is right. The files are
made by their names (``imageseo/testing/rule_examples.py``).
"""

from __future__ import annotations

from typing import NamedTuple


class CheckerCase(NamedTuple):
    """One case. ``by``: whose rule it is after. ``rules``: what must be found, separated by spaces."""

    by: str
    html: str
    rules: str = ""


_I = 'src="a-64x48.png"'
_N = 'src="boat-640x320.jpg" alt="A boat" width="640" height="320"'
_W = 'srcset="boat-320x160.jpg 320w, boat-640x320.jpg 640w"'
_X = 'srcset="boat-320x160.jpg, boat-640x320.jpg 2x"'
_P = "<picture>{}<img " + _N + "></picture>"
_BOX = 'style="width:9px;height:9px;background:url(a-64x48.png)"'

NAMES = (
    # ACT 23a2a8, axe image-alt and role-img-alt
    CheckerCase("23a2a8", f'<img {_I} alt="A boat">'),
    CheckerCase("23a2a8", f"<img {_I}>", "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} alt="">'),
    CheckerCase("23a2a8", f'<img {_I} alt=" ">', "alt-blank"),
    CheckerCase("23a2a8", f'<img {_I} alt="&nbsp;&#8203;">', "alt-blank"),
    CheckerCase("23a2a8", f'<img {_I} alt="\u00a0">', "alt-blank"),
    CheckerCase("23a2a8", f'<img {_I} title="A boat">'),  # a note
    CheckerCase("23a2a8", f'<img {_I} title=" ">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} aria-label="A boat">'),
    CheckerCase("23a2a8", f'<img {_I} aria-label="&nbsp;">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="a"><p id="a">A boat</p>'),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="b"><p id="b"></p>', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="none"><p id="c">A boat</p>', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="none" alt="A boat">'),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="none d"><p hidden id="d">A boat</p>'),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="e"><p style="display:none" id="e"><b>A</b> boat</p>'),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="f"><img id="f" {_I} alt="A boat">'),
    CheckerCase("23a2a8", f'<img {_I} aria-labelledby="g"><span id="g"><img {_I} alt=""></span>', "alt-missing"),
    CheckerCase("23a2a8", f'<img id="h" {_I} aria-labelledby="h">', "alt-missing"),
    CheckerCase("23a2a8", f'<img id="i" {_I} aria-labelledby="h" aria-label="A boat">'),
    CheckerCase("23a2a8", f'<img {_I} role="none">'),
    CheckerCase("23a2a8", f'<img {_I} role="none" tabindex="0">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} role="presentation" tabindex="-1">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} role="presentation" aria-describedby="a">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} role="none" aria-hidden="false">'),
    CheckerCase("23a2a8", f'<img {_I} role="button">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} role="button" aria-label="Sail">'),
    CheckerCase("23a2a8", f'<img {_I} role="separator">'),
    CheckerCase("23a2a8", f'<img {_I} role="separator" tabindex="0">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} role="none img" alt="">'),
    CheckerCase("23a2a8", f'<img {_I} role="nonsense">', "alt-missing"),
    CheckerCase("23a2a8", f'<img {_I} aria-hidden="true">'),
    CheckerCase("23a2a8", f'<img {_I} aria-hidden="false">', "alt-missing"),
    CheckerCase("23a2a8", f"<img {_I} hidden><div inert><img {_I}></div>"),
    CheckerCase("23a2a8", f'<img {_I} style="DISPLAY : none"><div aria-hidden=true><p><img {_I}></p></div>'),
    CheckerCase(
        "23a2a8", f'<div style="visibility:hidden"><b style="visibility:visible"><img {_I}></b></div>', "alt-missing"
    ),
    CheckerCase(
        "23a2a8", f'<div style="visibility:collapse"><img {_I}></div><div style="display:none"><img {_I}></div>'
    ),
    CheckerCase("23a2a8", f'<div style="margin-left:-9999px"><img {_I}></div>', "alt-missing"),
    CheckerCase("23a2a8", f'<style>.gone{{display:none}}</style><div class="gone"><img {_I}></div>'),
    CheckerCase("23a2a8", f'<style>.here{{display:block}}</style><div class="here"><img {_I}></div>', "alt-missing"),
    CheckerCase("23a2a8", f"<details><summary>More</summary><img {_I}></details>", "alt-missing"),
    CheckerCase("23a2a8", f'<div role="img" {_BOX}></div>', "alt-role-img"),
    CheckerCase("23a2a8", f'<div role="img" alt="A boat" {_BOX}></div>', "alt-role-img"),
    CheckerCase("23a2a8", f'<div role="img" title="A boat" {_BOX}></div><i role="img" aria-label="A boat"></i>'),
    CheckerCase("23a2a8", '<div role="img" title=""><h2>Boats</h2></div>', "alt-role-img"),
    CheckerCase("23a2a8", '<div role="img" aria-labelledby="none"></div>', "alt-role-img"),
    CheckerCase("23a2a8", '<p hidden id="k">A boat</p><span role="image" aria-labelledby="k"></span>'),
    CheckerCase("23a2a8", '<span role="img" aria-hidden="true"></span><span hidden role="img"></span>'),
    CheckerCase(
        "23a2a8", '<style>#l{display:none}</style><span id="l" role="img"></span><b class="m" role="banner"></b>'
    ),
    # ACT 59796f, axe input-image-alt
    CheckerCase("59796f", f'<input type="image" {_I} alt="Sail"><input type="IMAGE" {_I} aria-label="Sail">'),
    CheckerCase("59796f", f'<input type="image" {_I} title="Sail">'),  # a note
    CheckerCase("59796f", f'<input type="image" {_I} alt="">', "alt-input"),
    CheckerCase("59796f", f'<input type="image" {_I} name="sail" value="Sail">', "alt-input"),
    CheckerCase("59796f", f'<input type="image" {_I} aria-labelledby="none">', "alt-input"),
    CheckerCase("59796f", f'<input type="image" {_I} aria-labelledby="n"><b id="n">Sail</b>'),
    CheckerCase("59796f", f'<label>Sail <input type="image" {_I}></label>'),
    CheckerCase("59796f", f'<label for="o">Sail</label><input id="o" type="image" {_I}>'),
    CheckerCase("59796f", f'<label for="o2"></label><input id="o2" type="image" {_I}>', "alt-input"),
    CheckerCase("59796f", f'<input type="image" {_I} role="none">', "alt-input"),
    CheckerCase("59796f", f'<input type="image" {_I} hidden><p style="display:none"><input type="image" {_I}></p>'),
    CheckerCase("59796f", '<input type="submit"><input type="button" value="Sail"><button>Sail</button>'),
    # ACT c487ae, axe link-name and area-alt
    CheckerCase("c487ae", f'<a href="/"><img {_I} alt=""></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/"><img {_I} role="presentation"></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/"><img {_I} title=""></a>', "alt-missing"),
    CheckerCase("c487ae", f'<a href="/"><img {_I} title="Home"></a>'),
    CheckerCase("c487ae", f'<a href="/"><img {_I} aria-labelledby="p"></a><b id="p">Home</b>'),
    CheckerCase("c487ae", f'<a href="/" title="Home"><img {_I} alt=""></a>'),
    CheckerCase("c487ae", f'<a href="/"><img {_I} alt="" title="Home"></a>', "alt-link-empty"),
    CheckerCase(
        "c487ae", '<a href="/"><svg><g><title>Home</title></g></svg></a><a href="/"><svg><text>Home</text></svg></a>'
    ),
    CheckerCase("c487ae", f'<a href="/" aria-label=" "><img {_I} alt=""></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/" aria-labelledby="none"><img {_I} alt=""></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/"><img {_I} alt=""><span>Home</span></a>'),
    CheckerCase("c487ae", f'<a href="/"><img {_I} alt=""><i aria-hidden="true">Home</i></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/"><img {_I} alt=""><i style="display:none">Home</i></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/"><img {_I} alt=""><script>"Home"</script></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/"><img {_I} alt="" aria-label="Home"></a>', "alt-conflict"),
    CheckerCase("c487ae", f'<a href="/" role="none"><img {_I} alt=""></a>', "alt-link-empty"),
    CheckerCase("c487ae", f'<span role="link" tabindex="0"><img {_I} alt=""></span>', "alt-link-empty"),
    CheckerCase("c487ae", f'<a href="/" role="doc-biblioref"><img {_I} alt=""></a>', "alt-link-empty"),
    CheckerCase("c487ae", '<a href="/"><svg><path d="M0 0"/></svg></a>', "alt-link-empty"),
    CheckerCase("c487ae", '<a href="/"><svg><title>Home</title></svg></a><a href="/"><svg/><b>Home</b></a>'),
    CheckerCase("c487ae", '<a href="/"><svg aria-hidden="true"><title>Home</title></svg></a>', "alt-link-empty"),
    CheckerCase("c487ae", '<a href="/"><svg></svg><home-name></home-name></a>'),  # which a script fills
    CheckerCase("c487ae", f'<a href="/" style="display:none"><img {_I} alt=""></a><a><img {_I} alt=""></a>'),
    CheckerCase("c487ae", f'<a href="/" aria-hidden="true"><img {_I} alt=""></a><a name="x"><svg></svg></a>'),
    CheckerCase("c487ae", f'<style>.away{{display:none}}</style><a class="away" href="/"><img {_I} alt=""></a>'),
    CheckerCase("area-alt", '<map name="a1"><area href="/" shape="default"></map>', "alt-area"),
    CheckerCase("area-alt", '<map name="a2"><area href="/" shape="default" alt=" "></map>', "alt-area"),
    CheckerCase("area-alt", '<map name="a3"><area href="/" shape="default" aria-labelledby="none"></map>', "alt-area"),
    CheckerCase(
        "area-alt", '<map name="a4"><area href="/" shape="default" aria-label="Quay"><area shape="default"></map>'
    ),
    CheckerCase("area-alt", '<map name="a5" hidden><area href="/" shape="default"></map>'),
    # ACT 97a4e1, axe button-name
    CheckerCase("97a4e1", f'<button><img {_I} alt=""></button>', "alt-button-empty"),
    CheckerCase("97a4e1", f'<button value="Sail"><img {_I} alt=""></button>', "alt-button-empty"),
    CheckerCase("97a4e1", f'<button aria-labelledby="none"><img {_I} alt=""></button>', "alt-button-empty"),
    CheckerCase("97a4e1", f'<button role="none"><img {_I} alt=""></button>', "alt-button-empty"),
    CheckerCase("97a4e1", "<button><svg><path/></svg></button>", "alt-button-empty"),
    CheckerCase("97a4e1", f'<button><img {_I} alt="Sail"></button><button title="Sail"><svg></svg></button>'),
    CheckerCase("97a4e1", f'<label for="q">Sail</label><button id="q"><img {_I} alt=""></button>'),
    CheckerCase("97a4e1", f'<div role="tab" tabindex="0"><img {_I} alt=""></div>', "alt-button-empty"),
    CheckerCase("97a4e1", f'<details><summary><img {_I} alt=""></summary>Boats</details>', "alt-button-empty"),
    CheckerCase(
        "97a4e1", f'<button hidden><img {_I} alt=""></button><button style="display:none"><svg></svg></button>'
    ),
    CheckerCase("97a4e1", f'<img {_I} role="button" alt="">', "alt-button-empty"),
    # ACT 7d6734, axe svg-img-alt
    CheckerCase("7d6734", '<svg role="img"><title>Star</title></svg><svg role="img" aria-label="Star"></svg>'),
    CheckerCase("7d6734", '<svg role="img"><title> </title></svg>', "alt-role-img"),
    CheckerCase("7d6734", '<svg role="img"><g><title>Star</title></g></svg>', "alt-role-img"),
    CheckerCase("7d6734", '<svg role="img"><desc>Star</desc><text>Star</text></svg>', "alt-role-img"),
    CheckerCase("7d6734", '<svg role="graphics-document"></svg>', "alt-role-img"),
    CheckerCase("7d6734", '<svg><circle role="graphics-symbol" r="4"/></svg>', "alt-role-img"),
    CheckerCase("7d6734", '<svg><circle role="graphics-symbol" r="4"><title>Dot</title></circle></svg>'),
    CheckerCase("7d6734", '<svg><g role="graphics-object"/><circle/></svg><svg role="img" aria-hidden="true"></svg>'),
    CheckerCase("7d6734", '<svg role="img" aria-labelledby="r"><title id="r">Star</title></svg>'),
    CheckerCase("7d6734", '<svg role="img" aria-labelledby="none"></svg>', "alt-role-img"),
    # ACT 8fc3b6, axe object-alt
    CheckerCase("8fc3b6", '<object data="a-64x48.png"></object>', "alt-object"),
    CheckerCase("8fc3b6", '<object data="a-64x48.png" title=""></object>', "alt-object"),
    CheckerCase("8fc3b6", '<object data="a-64x48.png" type="image/png">A boat</object>', "alt-object"),
    CheckerCase("8fc3b6", f'<object data="a-64x48.png"><img {_I} alt="A boat"></object>', "alt-object"),
    CheckerCase("8fc3b6", '<object data="a-64x48.png" role="none" tabindex="0"></object>', "alt-object"),
    CheckerCase("8fc3b6", '<object data="a-64x48.png" role="img"></object>', "alt-object"),
    CheckerCase("8fc3b6", '<object data="a-64x48.png" aria-labelledby="s"></object><p id="s"></p>', "alt-object"),
    CheckerCase(
        "8fc3b6", '<object data="a-64x48.png" title="A boat"></object><object data="a-64x48.png" hidden></object>'
    ),
    CheckerCase(
        "8fc3b6", '<object data="a-64x48.png" role="none"></object><object data="page.html"></object><object></object>'
    ),
    CheckerCase("8fc3b6", f'<object data="gone.png"><img {_I} alt="A boat"></object>'),
    # ACT 9eb3f6
    CheckerCase("9eb3f6", '<img src="a-64x48.png" alt="a-64x48.png">', "alt-filename"),
    CheckerCase("9eb3f6", '<input type="image" src="a-64x48.png" alt="A-64X48.PNG">', "alt-filename"),
    CheckerCase("9eb3f6", '<img src="IMG_2041-64x48.png" alt="IMG_2041">', "alt-filename"),
    CheckerCase("9eb3f6", '<img src="image1.png" alt="image1"><img src="p100.png" alt="P100">', "alt-filename"),
    CheckerCase("9eb3f6", '<img src="boat.png" alt="Boat"><input type="image" src="login.png" alt="login">'),
    CheckerCase("9eb3f6", '<img src="a-64x48.png" alt="a-64x48.png" aria-label="A boat">'),
    CheckerCase("9eb3f6", '<a href="a-64x48.png" download>Get <img src="a-64x48.png" alt="a-64x48.png"></a>'),
    CheckerCase("9eb3f6", '<img src="a-64x48.png" alt="a-64x48.png" role="none">'),
    # ACT 46ca7f, axe presentation-role-conflict
    CheckerCase("46ca7f", f'<img {_I} alt="" tabindex="0">', "alt-conflict"),
    CheckerCase("46ca7f", f'<img {_I} alt="" aria-labelledby="t"><b hidden id="t">A boat</b>', "alt-conflict"),
    CheckerCase("46ca7f", f'<img {_I} alt="" aria-live="polite">', "alt-conflict"),
    CheckerCase("46ca7f", '<svg role="none" aria-label="Dot"></svg>', "alt-conflict"),
    CheckerCase("46ca7f", f'<img {_I} alt="" aria-hidden="true"><img {_I} alt="" hidden tabindex="0">'),
    CheckerCase("46ca7f", f'<img {_I} alt="A boat" role="none"><svg role="none"></svg><img {_I} alt="" aria-label="">'),
    # axe image-redundant-alt
    CheckerCase("redundant", f'<button><img {_I} alt="Sail">Sail</button>', "alt-dup"),
    CheckerCase("redundant", f'<a href="/"><img {_I} alt="Home"> <b>HOME</b></a>', "alt-dup"),
    CheckerCase("redundant", f'<ul><li><img {_I} alt="Quay">Quay</ul>', "alt-dup"),
    CheckerCase("redundant", f'<table><tr><th><img {_I} alt="Quay"> quay<td><p>x</table>', "alt-dup"),
    CheckerCase("redundant", f'<p><img {_I} alt="The quay"><span hidden>x</span> The quay</p>', "alt-dup"),
    CheckerCase("redundant", f'<header><p><img {_I} alt="The quay"> The quay.</p></header>', "alt-dup"),
    CheckerCase("redundant", f'<p><img {_I} alt="The quay"> The quay in snow</p><div><img {_I} alt="Bay">Bay</div>'),
    CheckerCase("redundant", f'<p><img {_I} alt="The quay" role="presentation">The quay</p>'),
    CheckerCase("redundant", f'<p><img {_I} alt="The quay" aria-hidden="true">The quay</p>'),
    CheckerCase("redundant", f'<p><img {_I} alt="The quay"><i aria-hidden="true">The quay</i></p>'),
)
