"""Every ``sizes`` is a list of lengths as browsers read them.

Browsers leave out an entry that they do not understand, without a word, and take the next one; in the end the image
counts as wide as the screen, and a phone loads far too much. An entry is a length, after a condition in brackets:
``(min-width: 900px) 860px``. Percentages, bare numbers, negative lengths and conditions without a length are no
entries; ``100vw`` before others makes those useless; ``auto`` comes first. ``sizes`` without ``srcset``, or with
densities only, has no effect and is a warning; so is a comma too many, which ``--fix`` removes. ``auto`` on an image
that is not lazy is reported by ``sizes-auto``.

Bad (a percentage):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" sizes="50%" alt="Boats">

Bad (a condition without a length):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w"
      sizes="(min-width: 900px)" alt="Boats">

Bad (an order that hides an entry):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w"
      sizes="100vw, (min-width: 900px) 860px" alt="Boats">

Bad (auto is not first):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" sizes="100vw, auto"
      loading="lazy" alt="Boats">

Bad (no spaces around a minus):
    <picture><source srcset="photo-800x450.webp 800w, photo-1600x900.webp 1600w" sizes="calc(100vw-2rem)">
    <img src="photo-800x450.jpg" alt="Boats"></picture>

Bad (a warning: without a srcset):
    <img src="photo-800x450.jpg" sizes="100vw" alt="Boats">

Bad (a warning: with densities):
    <img src="photo-800x450.jpg" srcset="photo-1600x900.jpg 2x" sizes="100vw" alt="Boats">

Good:
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w"
      sizes="(min-width: 900px) calc(100vw - 2rem), (min-width: 400px) and (orientation: landscape) 50vw, 9em" alt="">

Good (of a lazy image):
    <img src="photo-800x450.jpg" srcset="photo-800x450.jpg 800w, photo-1600x900.jpg 1600w" sizes="auto, 100vw"
      loading="lazy" alt="Boats">

Good (a script adds the srcset):
    <img src="photo-800x450.jpg" data-srcset="photo-800x450.jpg 800w" sizes="100vw" alt="Boats">
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.tag_edits import is_lazy, is_set_by_script, remove_attribute, replace_value
from imageseo.model.edit import Edit
from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import ImageRef
from imageseo.web.srcset.candidates import has_width_descriptors, parse_srcset
from imageseo.web.srcset.syntax import SyntaxFault, srcset_fault

SEVERITY = Severity.ERROR
LINT_ONLY = True
SOURCES = ("HTML sizes",)


def check(html: bytes, images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        ref = image.ref
        own = ref.get("sizes")
        if own is not None:
            fault = _fault(own, ref.get("srcset")) if not _is_exempt(ref, own) else None
            if fault is not None:
                yield _problem(image, "its sizes", fault, _fix(html, ref, fault))
                continue
        for source in ref.sources:
            fault = _fault(source.sizes, source.srcset) if source.sizes is not None and source.srcset else None
            if fault is not None:
                yield _problem(image, "the sizes of a <source>", fault, ())
                break


def _is_exempt(ref: ImageRef, sizes: str) -> bool:
    """Whether the standard allows sizes without srcset: for the sources around a lazy image, and for a script."""
    if ref.get("srcset") is not None:
        return False
    is_auto = is_lazy(ref) and bool(ref.sources) and sizes.strip().lower().startswith("auto")
    return is_auto or is_set_by_script(ref)


def _fault(sizes: str, srcset: str | None) -> SyntaxFault | None:
    if srcset is None:
        return SyntaxFault("have no effect: it has no srcset", "remove the attribute, or add the srcset", True)
    has_widths = has_width_descriptors(srcset)
    if has_widths and not sizes.strip():
        return None  # reported by sizes-missing
    from imageseo.web.srcset.sizes_syntax import sizes_fault  # not needed by a build

    fault = sizes_fault(sizes)
    if fault is not None:
        return fault
    if not has_widths and parse_srcset(srcset) and _is_read(srcset):
        return SyntaxFault(
            "have no effect: its srcset has no widths", "give every candidate a width, or remove it", True
        )
    return None


def _is_read(srcset: str) -> bool:
    """Whether browsers read every candidate; a width that they do not understand is reported by srcset-width."""
    fault = srcset_fault(srcset)
    return fault is None or fault.harmless


def _problem(image: ImageFact, where: str, fault: SyntaxFault, fix: tuple[Edit, ...]) -> Problem:
    what = fault.what
    for singular, plural in (("has ", "have "), ("is ", "are "), ("begins ", "begin "), ("ends ", "end ")):
        what = plural + what.removeprefix(singular) if what.startswith(singular) else what
    return Problem(
        message=f"{image.name}: {where} {what}",
        hint=fault.hint,
        at=image.ref,
        severity=Severity.WARN if fault.harmless else None,
        fix=fix,
    )


def _fix(html: bytes, ref: ImageRef, fault: SyntaxFault) -> tuple[Edit, ...]:
    if fault.corrected is not None:
        return replace_value(html, ref, "sizes", fault.corrected)
    if fault.harmless and ref.get("srcset") is None:
        return remove_attribute(html, ref, "sizes")
    return ()
