"""The ``type`` of a source is that of its files, and browsers know it.

Browsers decide by ``type`` whether they take a ``<source>``, before they load anything. A word that is no media type
(``type="jpeg"``) makes all of them skip it, and so does a type that none of them shows. A type that the file
contradicts is a warning: browsers look at the bytes and show the file anyway, but those that do not know the declared
type skip it without need, and a JPEG that is called WebP is not the smaller file that it promises to be. Validators do
not open the files.

``--fix`` writes the right type where it is certain. Preloads and ``<object>`` are checked as well; files of other hosts
and variants that `imageseo build` wrote are not opened.

Bad (no media type):
    <picture><source srcset="photo-800x450.webp" type="webp"><img src="photo-800x450.jpg" alt="Boats"></picture>

Bad (no image):
    <picture><source srcset="photo-800x450.webp" type="text/html"><img src="photo-800x450.jpg" alt="Boats"></picture>

Bad (a warning: another format):
    <picture><source srcset="photo-800x450.jpg" type="image/webp"><img src="photo-1600x900.jpg" alt="Boats"></picture>

Bad (a warning: no browser shows it):
    <picture><source srcset="photo.psd" type="image/vnd.adobe.photoshop"><img src="photo-1600x900.jpg" alt="Boats">
    </picture>

Bad (a warning: of a preload):
    <link rel="preload" as="image" href="photo-800x450.png" type="image/avif">

Good:
    <picture><source srcset="photo-800x450.avif" type="image/avif">
    <source srcset="photo-800x450.webp" type="image/webp"><img src="photo-800x450.jpg" alt="Boats"></picture>

Good (another host's, a former name, and a format of some browsers):
    <picture><source srcset="https://img.example/a" type="image/jxl"><source srcset="a-80x45.jpg" type="image/jpg">
    <img src="a-80x45.jpg" alt="A harbour"></picture>
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.lint.markup_problems import problem_of, refs_by_offset
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import Asset
from imageseo.web.filenames import looks_like_variant
from imageseo.web.srcset.candidates import MIMES, parse_srcset

if TYPE_CHECKING:
    from imageseo.web.markup.elements import MarkupElement, PageElements
    from imageseo.web.markup.faults import MarkupFault

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("HTML source", "HTML link")

_SOME_BROWSERS = frozenset(
    f"image/{name}"
    for name in ("heic", "heif", "heic-sequence", "heif-sequence", "tiff", "jp2", "jpx", "jpm", "x-ms-bmp", "x-png")
)
_FORMATS = {
    "jpeg": ("image/jpeg", "image/jpg", "image/pjpeg"),
    "png": ("image/png", "image/apng", "image/x-png"),
    "svg": ("image/svg+xml",),
    "ico": ("image/x-icon", "image/vnd.microsoft.icon"),
    "bmp": ("image/bmp", "image/x-ms-bmp"),
    "avif": ("image/avif", "image/avif-sequence"),
}


def check(
    html: bytes, images: Sequence[ImageFact], elements: PageElements, asset_of: Callable[[str], Asset | None]
) -> Iterator[Problem]:
    faults = [fault for each, urls in _typed(elements) if (fault := _fault(each, urls, asset_of)) is not None]
    if faults:
        refs = refs_by_offset(images)
        yield from (problem_of(fault, html, refs) for fault in faults)


def _typed(elements: PageElements) -> Iterator[tuple[MarkupElement, list[str]]]:
    """Yield the elements with a type, and the URLs of their images."""
    # What a build wrote is right.
    own = "picture:not([data-imageseo]) > source[type],picture[data-imageseo=ignore] > source[type]"
    for each in elements.matching(own):
        yield each, [candidate.url for candidate in parse_srcset(each.values.get("srcset", ""))]
    for each in elements.matching("link[rel~=preload i][as=image i][type]"):
        named = [candidate.url for candidate in parse_srcset(each.values.get("imagesrcset", ""))]
        yield each, named or [each.values.get("href", "").strip()]
    for each in elements.matching("object[data][type]"):
        if each.values["type"].strip().lower().startswith("image/"):
            yield each, [each.values["data"].strip()]


def _fault(element: MarkupElement, urls: Sequence[str], asset_of: Callable[[str], Asset | None]) -> MarkupFault | None:
    from imageseo.web.markup.attribute_values import type_fault  # not needed by a build
    from imageseo.web.markup.faults import MarkupFault

    written = element.values["type"]
    what = f"a <{element.node.tag}>"
    assets = [asset_of(url) for url in urls if url and not looks_like_variant(url.partition("?")[0])]
    known = [asset for asset in assets if asset is not None]
    formats = {asset.format for asset in known}
    certain = _names(known[0].format)[0] if len(known) == len(urls) and len(formats) == 1 else None
    malformed = type_fault(written) if written.strip() else None
    if malformed is not None:
        right = certain or malformed.value
        return MarkupFault(
            element=element,
            what=f"{what} has {malformed.what}: browsers skip it",
            hint=f'write `type="{right}"`' if right else malformed.hint,
            attribute="type" if right else "",
            value=right,
        )
    kind = written.partition(";")[0].strip().lower()
    if not kind:
        return None
    if not kind.startswith("image/"):
        return MarkupFault(
            element=element,
            what=f'{what} of an image has type="{written}": browsers skip it',
            hint='write `type="image/…"`',
        )
    wrong = next((asset for asset in known if kind not in _names(asset.format)), None)
    if wrong is not None and (kind in MIMES or kind in _SOME_BROWSERS):
        right = _names(wrong.format)[0]
        return MarkupFault(
            element=element,
            what=f'{what} has type="{written}", but {wrong.path} is {wrong.format.upper()}',
            hint=f'write `type="{right}"`, or name the {kind.partition("/")[2].upper()} file',
            serious=False,
            attribute="type" if certain else "",
            value=right,
        )
    if kind not in MIMES and kind not in _SOME_BROWSERS:
        return MarkupFault(
            element=element,
            what=f'{what} has type="{written}", which no browser shows',
            hint="offer AVIF, WebP, JPEG or PNG",
            serious=False,
        )
    return None


def _names(format: str) -> tuple[str, ...]:
    return _FORMATS.get(format, (f"image/{format}",))
