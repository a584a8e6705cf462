"""The LCP image is shown as soon as it is there, without a fade.

A browser does not count what is transparent: an image that fades in is painted, for LCP, when it starts to be seen.
A CSS fade of 0.2 s moved LCP from 96 to 296 ms, one that a script starts to 536 ms (measured). Found are an
``opacity: 0``, an ``animation`` and a ``visibility: hidden`` in the ``style`` of the hero or of an element around it,
and classes and attributes of well-known animation libraries (AOS, animate.css, WOW, Sal, Bootstrap's ``fade``,
Tailwind's ``opacity-0``). What the site's own style sheets do is seen by ``imageseo measure``. A ``transition`` alone
fades nothing in.

Bad (a warning):
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high" style="opacity:0; transition: opacity .3s">
    </article>

Bad (a warning, for a library's attribute on what holds it):
    <article><h1>Harbour</h1><div data-aos="fade-up"><p>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></p></div></article>

Bad (a warning, for a class):
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high" class="wide animate__fadeIn"></article>

Bad (a warning, for what a browser saw):
    <!-- measured: {"photo-1600x900.jpg": {"width": 688, "top": 300}, "lcp": "photo-1600x900.jpg", "fade_ms": 200} -->
    <article><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></article>

Good:
    <article><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></article>

Good (a browser saw no fade, whatever the class is called):
    <!-- measured: {"photo-1600x900.jpg": {"width": 688, "top": 300}, "lcp": "photo-1600x900.jpg"} -->
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high" class="fade-in"></article>

Good (seen all the time):
    <article><h1>Harbour</h1>
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high" style="opacity: 0.9; transition: opacity 1s">
    </article>

Good (what fades is another image):
    <article><h1>Harbour</h1><img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high">
    <div data-aos="fade-up"><img src="boats-1600x900.jpg" alt="Boats" class="fade-in"></div></article>
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from imageseo.layout.image_widths import declarations
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import GATING, Severity
from imageseo.model.image import PageScan
from imageseo.model.layout import PageLayout
from imageseo.web.html.ancestors import ancestors_of

SEVERITY = Severity.WARN
LINT_ONLY = True

_HINT = "show it at once; LCP counts it only when it can be seen. Fade in what stands further down"
# A page that holds none of these in front of its hero fades nothing: looked for before anything is read.
_HINTS = tuple(
    b"opacity animat visibility fade data-aos data-sal scrollspy wow blur-up scrollreveal scroll-reveal".split()
)
_CLASS = re.compile(
    r"(?:animate__\w+|animated|wow|fade|fade-?in(?:-\w+)*|fadein\w*|animate-(?:\[?fade).*|blur-up|opacity-0|"
    r"(?:js-)?scroll-?reveal|aos-(?:init|animate))",
    re.IGNORECASE,
)
_ATTRIBUTES = ("data-aos", "data-sal", "data-animate", "data-animation", "data-scroll-reveal", "uk-scrollspy")
_ZERO = re.compile(r"[+-]?0*\.?0*%?(?:\s*!important)?")


def check(
    html: bytes, scan: PageScan, images: Sequence[ImageFact], hero: ImageFact | None, measured: PageLayout | None
) -> Iterator[Problem]:
    if hero is None:
        return
    fades = _seen(measured)
    longest = max(fades.values(), default=None)
    if longest:
        where = " and ".join(f"{ms:g} ms on {screen}" for screen, ms in fades.items() if ms)
        yield Problem(
            message=f"{hero.name} is the page's LCP image and was seen to fade in: {where}",
            hint=_HINT,
            at=hero.ref,
        )
    before = html[: hero.ref.span.end].lower()
    # What a browser did not see fade does not.
    if longest is not None or not any(hint in before for hint in _HINTS):
        return
    own = {attribute.name: attribute.value or "" for attribute in hero.ref.attributes}
    number = next(at for at, image in enumerate(images) if image is hero)
    holders = ancestors_of(html, scan.charset).holders(number)
    found = _fades(own)
    where = "it"
    if found is None:
        found = next(filter(None, map(_fades, holders)), None)
        where = "what holds it"
    if found is not None:
        yield Problem(
            message=f"{hero.name} is the page's LCP image and is faded in: {where} has {found}",
            hint=_HINT,
            at=hero.ref,
        )


def _seen(measured: PageLayout | None) -> Mapping[str, float]:
    """How long the LCP image faded in, in ms, by viewport; empty where nobody looked, or saw none."""
    if measured is None or measured.inherited:
        return {}
    found = {viewport.name: measured.lcp.get(viewport.name) for viewport in GATING}
    return {name: lcp.fade_ms for name, lcp in found.items() if lcp is not None and lcp.kind == "image"}


def _fades(values: Mapping[str, str]) -> str | None:
    """What in an element's attributes hides it at first; None when nothing does."""
    for name in _ATTRIBUTES:
        if name in values:
            return f'{name}="{values[name]}"' if values[name] else name
    word = next((word for word in values.get("class", "").split() if _CLASS.fullmatch(word)), None)
    if word is not None:
        return f"the class {word}"
    style = declarations(values.get("style", ""))
    if (opacity := style.get("opacity")) and _ZERO.fullmatch(opacity):
        return f"opacity: {opacity}"
    if style.get("visibility", "").startswith("hidden"):
        return "visibility: hidden"
    for name in ("animation", "animation-name"):
        if style.get(name, "none").split("!")[0].strip() not in ("none", "unset", "initial", ""):
            return f"{name}: {style[name]}"
    return None
