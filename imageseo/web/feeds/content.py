"""Images and links in the HTML of a feed's entry: what changes so that every feed reader and mail program shows them.

A ``<picture>`` becomes its ``<img>``; that loses ``srcset`` and the attributes of lazy-loading scripts; relative URLs
become absolute; AVIF and WebP become JPEG. An image whose URL cannot be made absolute for certain is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from imageseo.web.feeds.entry import EntryUrls
from imageseo.web.html import tokenizer
from imageseo.web.html.attributes import RawAttribute, Tag, attributes, decode_value, repeated
from imageseo.web.srcset.candidates import parse_srcset

Change = tuple[int, int, str]
"""A replacement of a range of the content, as latin-1 text; the new text is ASCII."""

_WANTED = frozenset({"picture", "source", "img", "a", "video", "audio"})
_IMAGES = frozenset({"picture", "source", "img"})
_ANYTHING = re.compile(r"<(?:picture|img|a|video|audio)[\s/]", re.IGNORECASE)
_LAZY = ("data-src", "data-lazy-src", "data-original")
_RESPONSIVE = ("srcset", "sizes", "data-srcset", "data-sizes", "data-lazy-srcset", "data-lazy-sizes", *_LAZY)
_PLACEHOLDER = re.compile(r"^$|^data:|loading|placeholder|blank|spacer|lazy|pixel|1x1", re.IGNORECASE)
_PLAIN_TYPES = ("image/jpeg", "image/jpg", "image/png", "image/gif")
_PLAIN_FILE = re.compile(r"\.(?:jpe?g|png|gif)(?:[?#]|$)", re.IGNORECASE)
_NEW_FILE = re.compile(r"\.(?:avif|webp|jxl|heic)(?:[?#]|$)", re.IGNORECASE)


def changes(html: str, urls: EntryUrls) -> Iterator[Change]:
    """Yield the changes to an entry's content, in order, without overlaps."""
    if not _ANYTHING.search(html):
        return
    picture: Tag | None = None
    sources: list[Tag] = []
    image: Tag | None = None
    for name, start, end, close in tokenizer.walk(html.lower(), _WANTED):
        tag = Tag(name, start, end, close)
        if name == "picture":
            picture, sources, image = tag, [], None
        elif name == "source" and picture is not None:
            sources.append(tag)
        elif name == "img" and picture is not None:
            image = image or tag
        elif name == "img":
            yield from _image_changes(html, tag, (), urls)
        elif name == "/picture" and picture is not None:
            if image is not None:
                yield from _picture_changes(html, picture, sources, image, tag, urls)
            picture = None
        elif picture is None and not name.startswith("/"):
            yield from _link_changes(html, tag, urls)


def _picture_changes(
    html: str, picture: Tag, sources: Sequence[Tag], image: Tag, end: Tag, urls: EntryUrls
) -> Iterator[Change]:
    inner = list(_image_changes(html, image, sources, urls))
    written = {each.name: each for each in attributes(html, image)}
    if not inner and not _is_absolute(_value(written, "src")):
        return  # its URL is not known
    yield picture.start, image.start, _rest(html, picture, sources, picture.start, image.start)
    yield from inner
    yield image.end, end.end, _rest(html, end, sources, image.end, end.end)


def _rest(html: str, tag: Tag, sources: Sequence[Tag], start: int, end: int) -> str:
    """Return what is kept of ``html[start:end]``: nothing but text that is not between the tags of the picture."""
    kept, position = "", start
    for each in sorted([tag, *(source for source in sources if start <= source.start < end)]):
        kept += html[position : each.start]
        position = each.end
    kept += html[position:end]
    return kept if kept.strip() and kept.isascii() and "<" not in kept else ""


def _image_changes(html: str, tag: Tag, sources: Sequence[Tag], urls: EntryUrls) -> Iterator[Change]:
    """Yield the changes that make an ``<img>`` plain, if its file has an absolute URL. ``sources``: of its picture."""
    written = {each.name: each for each in attributes(html, tag)}
    url = _shown(_candidates(html, written, sources), urls)
    if url is None:
        return
    repeats = repeated(html, tag)  # one of them would count once the first is gone
    found: list[Change] = [
        (_before(html, each), each.end, "") for each in (*written.values(), *repeats) if each.name in _RESPONSIVE
    ]
    source = written.get("src")
    if source is None:
        at = tag.start + 1 + len(tag.name)
        found.append((at, at, f' src="{escape(url)}"'))
    elif _value(written, "src") != url:
        found.append((source.start, source.end, f'src="{escape(url)}"' + " " * _is_joined(html, source)))
    yield from sorted(found)


def images(html: str, urls: EntryUrls) -> Iterator[str]:
    """Yield the absolute URLs of an entry's images, as they are after the changes."""
    sources: list[Tag] = []
    for name, start, end, close in tokenizer.walk(html.lower(), _IMAGES):
        tag = Tag(name, start, end, close)
        if name == "source":
            sources.append(tag)
        elif name == "img":
            written = {each.name: each for each in attributes(html, tag)}
            if (url := _shown(_candidates(html, written, sources), urls)) is not None:
                yield url
        if name != "source":
            sources = []


def _shown(candidates: Sequence[str], urls: EntryUrls) -> str | None:
    """Return the URL that a feed names of an image's candidates; of lost files the one that the page shows instead."""
    for find in (urls.image, urls.substitute):
        found = next((url for each in candidates if (url := find(each))), None)
        if found is not None:
            return found
    return next(filter(_is_absolute, candidates), None)


def _candidates(html: str, written: dict[str, RawAttribute], sources: Sequence[Tag]) -> list[str]:
    """Return the URLs of one image, the most widely readable first."""
    src = _value(written, "src")
    lazy = [_value(written, name) for name in _LAZY]
    loaded = [src] if src and not src.lower().startswith("data:") else []
    shown = [*lazy, *loaded] if _PLACEHOLDER.search(src) else [*loaded, *lazy]
    own = [*_by_size(_value(written, "srcset")), *_by_size(_value(written, "data-srcset"))]
    offered: list[str] = []
    for each in sources:
        about = {attribute.name: attribute for attribute in attributes(html, each)}
        if not _value(about, "media"):  # another crop, or another image
            named = [*_by_size(_value(about, "srcset")), *_by_size(_value(about, "data-srcset"))]
            is_plain = _value(about, "type").lower() in _PLAIN_TYPES
            offered += [url for url in named if is_plain or _PLAIN_FILE.search(url)]
    first = [url for url in shown if url and not _NEW_FILE.search(url)]
    plain = [url for url in own if _PLAIN_FILE.search(url)]
    return [*first, *offered, *plain, *(url for url in (*shown, *own) if url)]


def _link_changes(html: str, tag: Tag, urls: EntryUrls) -> Iterator[Change]:
    written = {each.name: each for each in attributes(html, tag)}
    for name in ("href",) if tag.name == "a" else ("poster", "src"):
        each = written.get(name)
        value = _value(written, name)
        if each is None or not value or value.startswith("#") or _is_absolute(value):
            continue
        if (url := urls.absolute(value)) is not None:
            yield each.start, each.end, f'{name}="{escape(url)}"' + " " * _is_joined(html, each)


def _by_size(srcset: str) -> list[str]:
    """Return the URLs of a ``srcset``, the largest first."""
    found = parse_srcset(srcset) if srcset else ()
    return [each.url for each in sorted(found, key=lambda each: -(each.width or each.density or 1))]


def _value(written: dict[str, RawAttribute], name: str) -> str:
    """Return the value of an attribute as text; ``""`` without it."""
    each = written.get(name)
    raw = "" if each is None else (each.value or "")
    return decode_value(raw.encode("latin-1").decode("utf-8", "replace")).strip()


def _is_absolute(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))


def _before(html: str, attribute: RawAttribute) -> int:
    """Return the start of the space before an attribute; of the attribute if no space follows it."""
    start = attribute.start
    if _is_joined(html, attribute):
        return start
    while html[start - 1] in " \t\r\n\f":
        start -= 1
    return start


def _is_joined(html: str, attribute: RawAttribute) -> bool:
    """Whether the next attribute follows without a space."""
    return html[attribute.end] not in " \t\r\n\f/>"
