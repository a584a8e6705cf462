"""What the HTML standard asks of `<picture>` and its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from imageseo.model.facts import shorten
from imageseo.web.markup.elements import MarkupElement, PageElements
from imageseo.web.markup.faults import MarkupFault

if TYPE_CHECKING:
    from turbohtml import Element

_ALLOWED = frozenset({"source", "img", "script", "template"})
_FORMER = ("align", "border", "hspace", "vspace", "longdesc", "lowsrc", "name")
_FOR_IMG = ("alt", "loading", "decoding", "fetchpriority", "crossorigin", "usemap", "ismap", "referrerpolicy", *_FORMER)
_FOR_PICTURE = ("src", "srcset", "sizes", "media", "type", "width", "height", *_FOR_IMG)
_EVERYWHERE = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif", "image/webp", "image/svg+xml"})
_WIDTH_ONLY = re.compile(
    r"\s*(?:(?:only\s+)?screen\s+and\s+)?\(\s*(min|max)-width\s*:\s*([\d.]{1,9})(px|em|rem)\s*\)\s*", re.I
)
_MAX_SOURCES = 100  # of one picture that are compared with each other


def picture_faults(elements: PageElements) -> Iterator[MarkupFault]:
    """Yield what is wrong with the pictures of a page, and with sources outside of any."""
    for picture in elements.named("picture"):
        yield from _model_faults(elements, picture)
    for source in elements.named("source"):
        parent = getattr(source.node.parent, "tag", "")
        if parent == "picture":
            yield from _source_faults(source)
        elif "srcset" in source.values:
            where = f"in <{parent}>" if parent in ("video", "audio") else "outside of any <picture>"
            yield MarkupFault(
                element=source, what=f"a <source srcset> is {where}, where browsers ignore it",
                hint="put it into a <picture>, before the <img>",
            )  # fmt: skip


def _model_faults(elements: PageElements, picture: MarkupElement) -> Iterator[MarkupFault]:
    children = list(islice(picture.node.children, 1000))
    tags = [getattr(each, "tag", "") for each in children]
    images = [number for number, tag in enumerate(tags) if tag == "img"]
    sources = [each for each in (elements.element(child) for child in _sources(children)) if each is not None]
    if not images:
        inner = picture.node.find("img")
        if inner is not None:
            what = "the <img> of a <picture> is not directly in it: browsers ignore the sources"
            hint = "put the <img> into the <picture>, and other elements around both"
        else:
            what, hint = "a <picture> has no <img>, and shows nothing", "add the <img>, last"
        yield MarkupFault(element=picture, what=what, hint=hint, serious=bool(sources))
        return
    if len(images) > 1:
        yield MarkupFault(
            element=picture, what=f"a <picture> has {len(images)} <img>", hint="keep one, last", serious=False
        )
    late = next((each for each in _sources(children[images[-1] :])), None)
    late_element = None if late is None else elements.element(late)
    if late_element is not None:
        yield MarkupFault(
            element=late_element,
            what="a <source> is behind the <img>, where browsers ignore it",
            hint="put it before the <img>",
        )
    other = next((tag for tag in tags if tag and tag not in _ALLOWED), "")
    text = any(type(each).__name__ == "Text" and getattr(each, "data", "").strip() for each in children)
    if other or text:
        yield MarkupFault(
            element=picture,
            what=f"a <picture> contains {f'<{other}>' if other else 'text'}",
            hint="only <source>, <img>, <script> and <template> belong into it",
            serious=False,
        )
    foreign = [name for name in _FOR_PICTURE if name in picture.values]
    if foreign:
        yield MarkupFault(
            element=picture,
            what=f"a <picture> has {_listed(foreign)}, without effect",
            hint="write it on the <img> or a <source>",
            serious=False,
        )
    location = picture.node.source_location
    if location is not None and location[1] is None:
        yield MarkupFault(
            element=picture,
            what="a <picture> is never closed",
            hint="write `</picture>` behind the <img>",
            serious=False,
        )
    image = elements.element(children[images[0]])  # type: ignore[arg-type]
    if image is not None and not _names_file(image):
        yield MarkupFault(
            element=picture,
            what="the <img> of a <picture> has no src: a browser that takes no source shows nothing",
            hint="write the most common format in its `src`",
            serious=False,
        )
    yield from _unreached(sources, image)


def _names_file(image: MarkupElement) -> bool:
    """Whether an image has an address of its own, or one that a script sets."""
    return any(name.endswith(("src", "srcset")) for name, value in image.values.items() if value.strip())


def _sources(children: Sequence[object]) -> Iterator[Element]:
    return (each for each in children if getattr(each, "tag", "") == "source")  # type: ignore[misc]


def _source_faults(source: MarkupElement) -> Iterator[MarkupFault]:
    values = source.values
    has_src = "src" in values
    if "srcset" not in values:
        yield MarkupFault(
            element=source,
            what=f"a <source> of a <picture> has {'src but ' if has_src else ''}no srcset, so that browsers skip it",
            hint=f'write `srcset="{shorten(values["src"], 60)}"`'
            if has_src
            else "write its files in `srcset`, or remove it",
        )
    elif has_src:
        yield MarkupFault(
            element=source,
            what="a <source> of a <picture> has src, which counts only in <video> and <audio>",
            hint="remove it: `srcset` names the files",
            serious=False,
            attribute="src",
        )
    foreign = [name for name in _FOR_IMG if name in values]
    if foreign:
        yield MarkupFault(
            element=source,
            what=f"a <source> of a <picture> has {_listed(foreign)}, without effect",
            hint="write it on the <img>",
            serious=False,
        )


def _unreached(sources: Sequence[MarkupElement], image: MarkupElement | None) -> Iterator[MarkupFault]:
    """Yield a fault for the first source that no browser comes to; or for one that hides the img's own srcset."""
    sources = [each for each in sources[:_MAX_SOURCES] if each.values.get("srcset", "").strip()]
    own = image is not None and image.offset > 0 and "srcset" in image.values
    for number, source in enumerate(sources):
        following = [each for each in sources[number + 1 :] if _hides(source, each)]
        if following:
            yield MarkupFault(
                element=following[0],
                what=f"a <source> is never used: {_reason(source)}",
                hint="order sources from the most special to the most general, or give the earlier one a media or type",
            )
            return
        if own and image is not None and _matches_always(source) and source.offset < image.offset:
            yield MarkupFault(
                element=source,
                what="the srcset of the <img> is never used: a <source> without media and type is always taken",
                hint="give the source a media or type, or remove one of the two",
                serious=False,
            )
            return


def _kind(source: MarkupElement) -> str:
    return source.values.get("type", "").partition(";")[0].strip().lower()


def _media(source: MarkupElement) -> str:
    media = " ".join(source.values.get("media", "").lower().split())
    return "" if media == "all" else media


def _matches_always(source: MarkupElement) -> bool:
    return not _kind(source) and not _media(source)


def _hides(first: MarkupElement, second: MarkupElement) -> bool:
    """Whether a browser that takes the second source would have taken the first one."""
    kind = _kind(first)
    if kind and kind not in _EVERYWHERE and kind != _kind(second):
        return False
    if kind and kind in _EVERYWHERE and kind != _kind(second) and _media(first):
        return False  # formats in an order of the author's, for some screens: too little to be sure of
    media, other = _media(first), _media(second)
    if not media or media == other:
        return True
    one, two = _WIDTH_ONLY.fullmatch(media), _WIDTH_ONLY.fullmatch(other)
    if one is None or two is None or (one[1], one[3]) != (two[1], two[3]):
        return False
    limits = float(one[2]), float(two[2])
    return limits[0] >= limits[1] if one[1] == "max" else limits[0] <= limits[1]


def _reason(source: MarkupElement) -> str:
    media, kind = _media(source), _kind(source)
    if media:
        return f'an earlier one matches whenever it does, media="{shorten(media, 60)}"'
    return f"an earlier one is {kind}, which every browser shows" if kind else "an earlier one has no media and no type"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if len(names) > 1 else "") + names[-1]
