"""Small pages whose styles and scripts notice what is done to an image: siblings of public bug reports."""

from __future__ import annotations

from typing import NamedTuple

WIDE, TALL, SMALL = "wide-900x600.jpg", "tall-600x800.png", "small-240x160.jpg"
ICON, DRAWING = "icon.svg", "drawing.svg"


class FragilePage(NamedTuple):
    """``head``, ``body``: of the page; ``forms``: the form that each image of the article gets, in order."""

    head: str
    body: str
    forms: tuple[str, ...]


def _styled(css: str, body: str, *forms: str) -> FragilePage:
    return FragilePage(f"<style>{css}</style>", body, forms)


def _classed(tag: str, names: str) -> str:
    return tag.replace("<img", f'<img class="{names}"')


_IMG = f'<img src="{WIDE}" alt="A wide view">'
_OTHER = f'<img src="{TALL}" alt="A tall view">'
_FLUID = "img{max-width:100%;height:auto}"

PAGES = {
    # a wrapper changes what selectors match
    "caption-by-sibling": _styled(f"{_FLUID}img+em{{display:block;margin-left:40px}}", f"<p>{_IMG}<em>Caption</em></p>", "img"),
    "later-sibling": _styled("img~p{margin-left:50px}", f"{_IMG}<h2>Two</h2><p>Text</p>", "img"),
    "figure-child": _styled("figure>img{width:200px}", f"<figure>{_IMG}</figure>", "img"),
    "any-child": _styled(".stack>*{margin-left:30px}", f"<div class=stack>{_IMG}<p>Text</p></div>", "img"),
    "first-child": _styled("img:first-child{width:250px}", f"<p>{_IMG}{_OTHER}</p>", "img", "picture"),
    "only-child": _styled("p>img:only-child{display:block;margin:0 auto;width:50%}", f"<p>{_IMG}</p>", "img"),
    "nth-child": _styled("div.row>:nth-child(2){width:100px}", f"<div class=row>{_IMG}{_OTHER}</div>", "picture", "img"),
    "first-of-type": _styled("img:first-of-type{width:120px}", f"<div>{_IMG}<p>x</p>{_OTHER}</div>", "img", "img"),
    "has-child": _styled("p:has(>img){padding-left:60px}", f"<p>{_IMG}</p>", "img"),
    "not-child": _styled("article>:not(img){margin-left:70px}", f"<article>{_IMG}<p>Text</p></article>", "picture"),
    "flex-items": _styled(".row{display:flex}.row>*{flex:1;min-width:0}", f"<div class=row>{_IMG}{_OTHER}</div>", "img", "img"),
    "grid-span": _styled(".g{display:grid;grid-template-columns:1fr 1fr}.g img{width:100%}.g>:last-child{grid-column:span 2}",
                         f"<div class=g>{_IMG}{_OTHER}</div>", "picture", "img"),
    # a style sheet makes <picture> a box
    "reset": _styled("img,picture{display:block;max-width:100%}", f"<div style=display:flex>{_IMG}{_OTHER}</div>", "picture", "picture"),
    "reset-important": _styled("picture{display:block!important}.r{display:flex}.r img{width:50%}", f"<div class=r>{_IMG}{_OTHER}</div>", "img", "img"),
    "floating-picture": _styled("picture{float:right;width:300px}img{max-width:100%}", f"<p>{_IMG}Text</p>", "picture"),
    # heights without widths
    "height": _styled(".bar img{height:150px}", f"<div class=bar>{_IMG}</div>", "picture"),
    "max-height": _styled("img{max-height:200px}", f"<p>{_IMG}</p>", "picture"),
    "height-class": _styled(".h-20{height:5rem}", f'<p><img class="h-20" src="{WIDE}" alt="A wide view"></p>', "picture"),
    "fluid-max-height": _styled(f"{_FLUID}img{{max-height:50vh}}", f"<p>{_IMG}</p>", "picture"),
    "logical-height": _styled("img{block-size:120px}", f"<p>{_IMG}</p>", "picture"),
    "border-box": _styled("*{box-sizing:border-box}img{border:5px solid;padding:4px}", f"<p>{_IMG}</p>", "picture"),
    "height-attribute": _styled(_FLUID, f'<p><img src="{WIDE}" height=100 alt="A wide view"></p>', "picture"),
    "other-ratio": _styled(_FLUID, f'<div style=height:3000px></div><p><img src="{WIDE}" width=700 height=350 alt="A wide view"></p>', "picture"),
    "automatic-width": _styled("img{width:auto;height:auto}", f'<p><img src="{WIDE}" width=300 height=200 alt="A wide view"></p>', "picture"),
    "percent-width": _styled(_FLUID, f'<p><img src="{WIDE}" width="50%" alt="A wide view"></p>', "picture"),
    "both-given": _styled("img{width:100%;height:300px;object-fit:cover}", f"<p>{_IMG}</p>", "picture"),
    "nothing": FragilePage("", f"<p>{_IMG}</p>", ("picture",)),
    "layers": _styled("@layer base{img{max-width:100%;height:auto}}@layer utilities{.w-8{width:2rem}.h-8{height:2rem}.h-20{height:5rem}"
                      ".w-full{width:100%}}", f"<header>{_classed(_IMG, 'w-8')}</header>"
                      f"<p>{_classed(_IMG, 'w-8 h-8')}{_classed(_OTHER, 'h-20')}</p>{_classed(_IMG, 'w-full')}",
                      "picture", "picture", "picture", "picture"),
    "inherited": _styled(".card{border-radius:90px;height:200px}.card img{border-radius:inherit;height:inherit}",
                         f"<div class=card>{_IMG}</div>", "img"),
    "item-through-contents": _styled(".row{display:block flex;height:160px}.row a{display:contents}", f"<div class=row><a href=#>{_IMG}</a></div>", "picture"),
    "quoted-bracket": _styled(".row>img{height:120px}", f'<div data-x="a > b" class=row>{_IMG}</div>', "img"),
    "commented-tags": _styled(".row>img{height:120px}", f"<div class=row><!-- <p>old</p><div> -->{_IMG}</div>", "img"),
    "name-in-german": _styled(".größe>img{height:100px}", f'<div class="gr&ouml;&szlig;e">{_IMG}</div>', "img"),
    "brackets-in-comments": _styled("/* :( */" * 33 + "figure>img{height:100px}", f"<figure>{_IMG}</figure>", "img"),
    "child-of-a-kind": _styled(".g>:nth-child(1 of .x,img){height:100px}", f"<div class=g>{_IMG}</div>", "img"),
    # attribute selectors
    "without-width": _styled("img:not([width]){width:150px}", f"<p>{_IMG}</p>", "picture"),
    "with-style": _styled("img[style]{outline:9px solid}", f'<p>x</p><div style="height:3000px"></div>{_IMG}', "picture"),
    "lazy-selector": _styled("img[loading=lazy]{opacity:.2;width:99px}", f'<div style="height:3000px"></div>{_IMG}', "picture"),
    # SVG: its size only
    "icons": _styled(".row img{height:1em}nav img{width:auto;height:20px}h2 img{vertical-align:middle}",
        f'<nav><img src="{ICON}" alt="Home"></nav><h2><img src="{ICON}" alt="Note"> A</h2><p class=row><img src="{ICON}" alt="Note"> B</p>'),
    "drawing": _styled("img{max-width:100%}", f'<div style="width:120px"><img src="{DRAWING}" alt="A plan"></div><img src="{DRAWING}" alt="A plan">'),
    # scripts
    "hover": FragilePage("", f"""<img src="{WIDE}" alt="A view" onmouseover="this.src='{TALL}'">""", ("attributes",)),
    "placeholder": FragilePage("", f'<img class=lazyload src="{SMALL}" data-src="{WIDE}" alt="A view">'
        "<script>document.querySelectorAll('[data-src]').forEach(i=>i.src=i.dataset.src)</script>", ("none",)),
    "named-by-script": FragilePage("", f'<img id=stage src="{WIDE}" alt="A view">'
        f"<script>document.getElementById('stage').src='{TALL}'</script>", ("attributes",)),
    "selected-by-script": FragilePage("", f'<div class=stage>{_IMG}</div>{_IMG}<script>document.querySelector(".stage img").src="{TALL}"</script>', ("attributes", "picture")),
    "numbered-by-script": FragilePage("", f'{_IMG}{_IMG}<script>document.images[1].src="{TALL}"</script>', ("picture", "attributes")),
    "selected-in-a-file": FragilePage("<script src=stage.js defer></script>", f'<div class=stage>{_IMG}</div>{_IMG}', ("attributes", "picture")),
    "loop-in-a-file": FragilePage("<script src=swap.js defer></script>", f"<figure>{_IMG}<p>A</p></figure>{_IMG}", ("attributes", "picture")),
    "named-in-a-script": FragilePage("", f'{_IMG}<h2>B</h2>{_OTHER}<script>const big=document.querySelector("h2+img");big.src="{WIDE}"</script>', ("picture", "attributes")),
    "image-map": FragilePage("", f'<img src="{WIDE}" alt="A view" usemap="#m"><map name=m><area shape=rect coords=0,0,9,9 href=# alt=x></map>'
        "<p id=out></p><script>onload=()=>{const i=document.images[0];out.textContent='x'.repeat(Math.round(9*i.width/i.naturalWidth))}</script>", ("attributes",)),
    "slot": FragilePage("<script>customElements.define('two-up',class extends HTMLElement{constructor(){super();"
        "this.attachShadow({mode:'open'}).innerHTML='<slot name=a></slot><hr><slot name=b></slot>'}})</script>",
        f'<two-up><img slot=a src="{WIDE}" alt="A view"><img slot=b src="{TALL}" alt="B view"></two-up>', ("img", "img")),
    "element-children": FragilePage("<script>customElements.define('first-image',class extends HTMLElement{connectedCallback(){"
        "setTimeout(()=>{for(const c of this.children)c.style.border='9px solid'})}})</script>",
        f'<first-image><img src="{WIDE}" alt="A view"></first-image>', ("img",)),
    # Content-Security-Policy
    "csp": FragilePage("<meta http-equiv=Content-Security-Policy content=\"default-src 'self'\">", f"<p>{_IMG}</p>", ("img",)),
    "csp-fluid": FragilePage("<meta http-equiv=content-security-policy content=\"style-src 'self'\"><link rel=stylesheet href=fluid.css>",
        f"<p>{_IMG}</p>", ("img",)),
}  # fmt: skip
_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{1}" viewBox="0 0 {0} {1}"><path d="M0 0h{0}v{1}z"/></svg>'
FILES = {
    ICON: _SVG.format(16, 16).encode(),
    DRAWING: _SVG.format(400, 300).encode(),
    "fluid.css": b"img{max-width:100%}",
    "stage.js": f"document.querySelector('.stage img').src = '{TALL}'".encode(),
    "swap.js": f"for (const image of document.querySelectorAll('figure img')) image.src = '{TALL}'".encode(),
}


HEADLESS = f'<h1>No head</h1><p><img src="{WIDE}" style="max-width:300px" alt="A view"></p>'


def render(name: str) -> str:
    """Return the whole page."""
    page = PAGES[name]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>{page.head}</head>'
        f"<body><main><h1>{name}</h1>{page.body}<p>The end of the page</p></main></body></html>"
    )
