"""The CSS rules that a build adds: in a ``<style>`` element of each page, or in one file of the site."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from imageseo.model import regular_file
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.html.edits import MARKER

# Zero specificity: the theme's rules take precedence. Neither <picture> nor its sources may be a box, or they would be
# items of a flex or grid container. A height attribute must not apply if `max-width` narrows the image, nor a width
# attribute if the theme sets only the height of a logo. The last rule repeats a rule of Material for an image that is
# the only child of its paragraph, which does not match inside <picture>.
_RULES = (
    ":where(picture[data-imageseo]){display:contents}"
    ":where(picture[data-imageseo]>source){display:none}"
    ":where(img[data-imageseo~=height]){height:auto}"
    ":where(img[data-imageseo~=chrome],img[data-imageseo~=natural]){width:auto}"
    ":where(figure[data-imageseo]){margin:1em 0}"
    ":where(figure[data-imageseo] img){max-width:100%}"
    ".md-typeset picture[data-imageseo]:only-child>img[align]{margin-top:0}"
)
# The label on the image: real text, on top, never hidden, in black and white so that its contrast does not depend on
# the image, and in print too, where browsers leave out backgrounds. Its look has the specificity of one element, which
# wins over a theme's resets of `span` and lets users restyle it; what makes it a label is important. It receives no
# clicks. Where browsers have anchors, the frame has no box: the image is laid out as without label, whatever margins a
# theme gives it. Elsewhere the frame is as large as the image, and `vertical-align` prevents a gap below it.
_OVERLAY = (
    "figure:where([data-imageseo=hero-figure]){position:relative;isolation:isolate}"
    "span:where([data-imageseo=hero-frame]){position:relative;max-width:100%;vertical-align:top}"
    "[data-imageseo=hero-frame]{display:inline-block!important;visibility:inherit!important}"
    "span:where([data-imageseo=ai-overlay]){top:.5rem;right:.5rem;z-index:1;margin:0;padding:.25em .5em;"
    "box-sizing:border-box;max-width:calc(100% - 1rem);font:bold .75rem/1.3 sans-serif;letter-spacing:.03em;"
    "text-transform:none;text-shadow:none;pointer-events:none}"
    "[data-imageseo=ai-overlay]{position:absolute!important;display:block!important;visibility:inherit!important;"
    "opacity:1!important;background:#000!important;color:#fff!important;-webkit-print-color-adjust:exact!important;"
    "print-color-adjust:exact!important}"
    "@supports (anchor-name:--imageseo){"
    "[data-imageseo=hero-frame]{display:contents!important}"
    ":where([data-imageseo=hero-frame]) img{anchor-name:--imageseo-hero}"
    "span:where([data-imageseo=ai-overlay]){position-anchor:--imageseo-hero;position-visibility:always;"
    "top:calc(anchor(top) + .5rem);right:calc(anchor(right) + .5rem);max-width:calc(anchor-size(width) - 1rem)}}"
)
_CONTENT = f"{_RULES}{_OVERLAY}\n".encode()


_MAX_BYTES = 65536


def _name(content: bytes) -> str:
    return f"imageseo-{sha256(content).hexdigest()[:8]}.css"


STYLE_SHEET = _name(_CONTENT)
"""Site path of the file with the rules; its name contains a hash, so that a cache never serves other rules."""


def style_text(*, overlay: bool = False) -> str:
    """Return the content of the ``<style>`` element. ``overlay``: with the rules for a label on top of an image."""
    return f"{_RULES}{_OVERLAY if overlay else ''}"


def style_sheet() -> bytes:
    """Return the content of the file ``STYLE_SHEET``, the same for all pages."""
    return _CONTENT


def old_style_sheets(root: Path) -> Iterator[str]:
    """Yield the site paths of files with rules, of this and other versions: their names contain their own hash."""
    for file in sorted(root.glob("imageseo-????????.css")):
        with suppress(OSError):
            if file.name == _name(regular_file.read(file, limit=_MAX_BYTES)):
                yield file.name


def is_linked(root: Path, name: str) -> bool:
    """Whether a page of the folder names the file: one that is excluded, or that another build wrote."""
    needle = name.encode()
    files = SiteFolder(root)
    for page in sorted(root.rglob("*.html")):
        with suppress(OSError):
            if needle in files.read(page.relative_to(root).as_posix()):
                return True
    return False


def style_markup(*, overlay: bool = False, href: str | None = None) -> str:
    """Return the markup that adds the rules to a page. ``href``: URL of the file; ``None``: in the page."""
    if href is not None:
        return f'<link rel="stylesheet" href="{href}" {MARKER}>'
    return f"<style {MARKER}>{style_text(overlay=overlay)}</style>"
