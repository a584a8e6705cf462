"""The LCP image is visible as soon as it has loaded, without a fade.

A browser does not count transparent content: an image that fades in counts for LCP when it becomes visible. A CSS fade
of 0.2 s moved LCP from 96 to 296 ms, one that a script starts to 536 ms (measured). The rule reports ``opacity: 0``,
``animation`` and ``visibility: hidden`` in the ``style`` of the hero or of an element around it, and the classes and
attributes of well-known animation libraries (AOS, animate.css, WOW, Sal, Bootstrap's ``fade``, Tailwind's
``opacity-0``). Fades from the site's own style sheets are detected by ``imageseo measure``. A ``transition`` alone
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

_HINT = "show it at once: it counts for LCP only when it is visible. Fade in images further down instead"
# A page without any of these before its hero fades nothing in: a quick search before the tags are parsed.
_NEEDLES = tuple(
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
    fades = _measured_fades(measured)
    longest = max(fades.values(), default=None)
    if longest:
        where = " and ".join(f"{ms:g} ms on {screen}" for screen, ms in fades.items() if ms)
        yield Problem(
            message=f"{hero.name} is the page's LCP image but fades in, as measured: {where}",
            hint=_HINT,
            at=hero.ref,
        )
    before = html[: hero.ref.span.end].lower()
    # A measurement without a fade is final.
    if longest is not None or not any(hint in before for hint in _NEEDLES):
        return
    own = {attribute.name: attribute.value or "" for attribute in hero.ref.attributes}
    number = next(at for at, image in enumerate(images) if image is hero)
    holders = ancestors_of(html, scan.charset).holders(number)
    found = _describe_fade(own)
    where = "it"
    if found is None:
        found = next(filter(None, map(_describe_fade, holders)), None)
        where = "an element around it"
    if found is not None:
        yield Problem(
            message=f"{hero.name} is the page's LCP image but fades in: {where} has {found}",
            hint=_HINT,
            at=hero.ref,
        )


def _measured_fades(measured: PageLayout | None) -> Mapping[str, float]:
    """The measured fade of the LCP image in ms, by viewport; empty for an unmeasured page, or another kind of LCP."""
    if measured is None or measured.inherited:
        return {}
    found = {viewport.name: measured.lcp.get(viewport.name) for viewport in GATING}
    return {name: lcp.fade_ms for name, lcp in found.items() if lcp is not None and lcp.kind == "image"}


def _describe_fade(values: Mapping[str, str]) -> str | None:
    """Describe the attribute that hides an element at first; None if none does."""
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
