"""Every image file that a page references can be read.

A truncated, empty or mislabelled file, or one that is not an image, shows as a broken image, and nothing can be derived
from it: no variants, no dimensions, no preview. The files in ``srcset`` and of a ``<source>`` count as well: a browser
that chooses one of them shows no image, and tries no other. A ``<source>`` whose ``type`` only some browsers know, such
as HEIC, is for those alone and may have such a file.

Bad:
    <img src="truncated.jpg" alt="A harbour" width="800" height="450">

Bad:
    <img src="empty.png" alt="A harbour" width="800" height="450">

Bad (a candidate):
    <img src="photo-800x450.jpg" srcset="truncated.jpg 2x" alt="A harbour" width="800" height="450">

Bad (of a source):
    <picture><source srcset="truncated.png" media="print"><img src="photo-800x450.jpg" alt="A harbour"></picture>

Good:
    <img src="photo-1600x900.jpg" alt="A harbour" width="800" height="450">

Good (not there at all is another rule's business):
    <img src="gone.jpg" alt="A harbour" width="800" height="450">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.model.facts import ImageFact, Problem, ResolvedUrl
from imageseo.model.finding import Severity
from imageseo.model.image import BadAsset
from imageseo.web.filenames import looks_like_variant
from imageseo.web.srcset.candidates import MIMES, parse_srcset

if TYPE_CHECKING:
    from imageseo.lint.facts.site_files import SiteFiles

SEVERITY = Severity.ERROR


def check(images: Sequence[ImageFact], files: SiteFiles) -> Iterator[Problem]:
    for image in images:
        if isinstance(image.file, BadAsset) and image.file.rule == "img-unreadable":
            yield Problem(message=image.file.problem, hint=image.file.hint, at=image.ref)
            continue
        if image.ref.is_processed or len(image.targets) < 2:
            continue
        for target in image.targets:
            found = _unreadable(image, target, files)
            if found is not None:
                where = "a <source>" if target.attribute == "source" else "its srcset"
                yield Problem(
                    message=f"{image.name}: {where} names a file: {found.problem}", hint=found.hint, at=image.ref
                )
                break


def _unreadable(image: ImageFact, target: ResolvedUrl, files: SiteFiles) -> BadAsset | None:
    if target.attribute == "src" or target.path is None or not target.exists or looks_like_variant(target.path):
        return None
    found = files.asset(target.path)
    if not isinstance(found, BadAsset) or found.rule != "img-unreadable":
        return None
    if target.attribute == "source" and found.is_image:
        kinds = [
            (source.type or "").partition(";")[0].strip().lower()
            for source in image.ref.sources
            if any(each.url == target.url for each in parse_srcset(source.srcset))
        ]
        if kinds and all(kind and kind not in MIMES for kind in kinds):  # for the browsers that know it
            return None
    return found
