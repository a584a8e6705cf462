"""Values of attributes by the HTML standard: keywords, whole numbers, URLs, media types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from imageseo.model.facts import shorten
from imageseo.model.suggest import closest
from imageseo.web.html.attributes import Tag, read, repeated

SPACE = " \t\n\f\r"
_KEYWORDS: Mapping[str, tuple[str, ...]] = {
    "loading": ("lazy", "eager"),
    "decoding": ("sync", "async", "auto"),
    "fetchpriority": ("high", "low", "auto"),
    "crossorigin": ("", "anonymous", "use-credentials"),
    "referrerpolicy": (
        "",
        "no-referrer",
        "no-referrer-when-downgrade",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    ),
}
_INVALID: Mapping[str, str] = {"crossorigin": "anonymous", "loading": "eager", "decoding": "auto"}
"""What browsers read instead of a value that does not exist."""
_FORMER = ("align", "border", "hspace", "vspace", "longdesc", "lowsrc", "name")
_FOREIGN = {
    "img": ("type", "media", "imagesrcset", "imagesizes"),
    "input": ("srcset", "sizes", "loading", "decoding", "fetchpriority", "imagesrcset", "imagesizes"),
}
_OF_IMAGES_WORDS = """
    alt src srcset sizes crossorigin usemap ismap width height referrerpolicy decoding loading fetchpriority
    accesskey autocapitalize autocorrect autofocus class contenteditable dir draggable enterkeyhint exportparts hidden
    id inert inputmode is itemid itemprop itemref itemscope itemtype lang nonce part popover role slot spellcheck style
    tabindex title translate writingsuggestions xmlns attributionsrc elementtiming sharedstoragewritable
"""
_OF_IMAGES = frozenset(_OF_IMAGES_WORDS.split()).union(_FORMER, _FOREIGN["img"])
_PLAIN_NAME = re.compile(r"(?!on|data|aria)[a-z][a-z0-9]*", re.ASCII)
_WHOLE = re.compile(r"[0-9]+", re.ASCII)
_PIXELS = re.compile(r"\s*\+?([0-9]+)(?:\.0+)?\s*(?:px)?\s*;?\s*", re.IGNORECASE | re.ASCII)
_TYPE = re.compile(
    r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:\s*;\s*[^;=\s]+=(?:\"[^\"]*\"|[^;\s]+))*"
)
_MAX_WORD = 200  # characters of a size or a type; nobody writes more
_NOT_IN_URL = re.compile(r"[\x00-\x20\x7f\"<>\\^`{|}]")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class ValueFault(NamedTuple):
    """What is wrong with a value: the end of a sentence, the remedy, and the right value where that is certain."""

    what: str
    hint: str
    value: str | None = None


@lru_cache(maxsize=1024)
def keyword_fault(name: str, value: str) -> ValueFault | None:
    """Return what is wrong with an attribute that has keywords; None for a right one, or another attribute."""
    keywords = _KEYWORDS.get(name)
    if keywords is None or value.lower() in keywords:
        return None
    stripped = value.strip(SPACE).lower()
    named = [each for each in keywords if each]
    listed = f"{', '.join(named[:-1])} or {named[-1]}" if len(named) < 5 else "one of the standard's policies"
    read = _INVALID.get(name)
    effect = f"which browsers read as {read}" if read else "which browsers ignore"
    known = stripped if stripped and stripped in keywords else None
    return ValueFault(f'{name}="{shorten(value, 60)}", {effect}', f"write {listed}, or remove the attribute", known)


@lru_cache(maxsize=1024)
def dimension_fault(name: str, value: str) -> ValueFault | None:
    """Return what is wrong with a `width` or `height`, which is a whole number of CSS px."""
    if _WHOLE.fullmatch(value):
        return None
    shown = f'{name}="{shorten(value, 60)}"'
    pixels = _PIXELS.fullmatch(value) if len(value) <= _MAX_WORD else None
    if pixels is not None:
        return ValueFault(f"{shown}, which is no whole number", f'write `{name}="{pixels[1]}"`', pixels[1])
    if value.strip(SPACE).endswith("%"):
        hint = f'write the file\'s px, and `style="{name}: {value.strip(SPACE)}"`'
        return ValueFault(f"{shown}, and a percentage belongs into its style", hint)
    return ValueFault(f"{shown}, which is no whole number", "write the number of CSS px, without a unit")


@lru_cache(maxsize=4096)
def url_fault(name: str, value: str) -> ValueFault | None:
    """Return what is wrong with how a URL is written; data URLs, which are long, are not looked at."""
    url = value.strip(SPACE)
    if not url or url[:5].lower() == "data:":
        return None
    found = _NOT_IN_URL.search(url)
    shown = f"in its URL: {shorten(url, 80)}"
    if found is not None:
        sign = {" ": "a space", "\\": "a backslash", "\t": "a tab", "\n": "a line break", "\r": "a line break"}
        named = sign.get(found[0], f"the sign {found[0]!r}")
        what = f"{name} has {named} {shown}"
        if found[0] == "\\":
            return ValueFault(what, "write `/`")
        if found[0] in "\t\n\r":
            return ValueFault(what, "browsers drop it: write the URL in one piece")
        spaces_only = found[0] == " " and not _NOT_IN_URL.search(url.replace(" ", ""))
        return ValueFault(what, "write `%20` for a space", url.replace(" ", "%20") if spaces_only else None)
    if _BAD_PERCENT.search(url):
        return ValueFault(f"{name} has a % without two hexadecimal digits {shown}", "write `%25` for the sign itself")
    return None


def type_fault(value: str) -> ValueFault | None:
    """Return what is wrong with how a media type is written: ``jpeg``."""
    if len(value) <= _MAX_WORD and _TYPE.fullmatch(value):
        return None
    word = value.strip(SPACE).lower().lstrip(".")
    names = {"jpg": "jpeg", "svg": "svg+xml"}
    known = {"avif", "webp", "jpeg", "jpg", "png", "gif", "svg", "svg+xml"}
    right = f"image/{names.get(word, word)}" if word in known else None
    if right is None and len(value) <= _MAX_WORD and _TYPE.fullmatch(value.strip(SPACE)):
        right = value.strip(SPACE)
    hint = f'write `type="{right}"`' if right else "write a media type, `image/webp`, or remove the attribute"
    return ValueFault(f'type="{shorten(value, 60)}", which is no media type', hint, right)


def _former_attributes(values: Mapping[str, str]) -> str:
    """Return the attributes of an image that HTML no longer has, as a list for people; "" for none."""
    return ", ".join(name for name in _FORMER if name in values)


def foreign_attributes(tag: str, values: Mapping[str, str]) -> str:
    """Return attributes of other elements that do nothing on an image, as a list for people; "" for none."""
    return ", ".join(name for name in _FOREIGN[tag] if name in values)


def _unknown_attributes(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the attributes of an image that HTML does not have, without those of frameworks (``v-src``, ``:src``)."""
    unknown = values.keys() - _OF_IMAGES
    return tuple(sorted(name for name in unknown if _PLAIN_NAME.fullmatch(name))) if unknown else ()


@lru_cache(maxsize=256)
def _misspelt_attribute(name: str) -> str | None:
    """Return the attribute of an image of which a name is a misspelling; None if it is none."""
    letters = sorted(name)
    swapped = (known for known in sorted(_OF_IMAGES) if sorted(known) == letters)
    return next(swapped, None) or closest(name, _OF_IMAGES, cutoff=0.85)


def faults_of(values: Mapping[str, str], urls: Sequence[str] = ("src",)) -> Iterator[tuple[str, ValueFault]]:
    """Yield attribute and fault for every value that has one. ``urls``: attributes that hold a URL."""
    for name, value in values.items():
        fault = None
        if name in _KEYWORDS:
            fault = keyword_fault(name, value)
        elif name in ("width", "height"):
            fault = dimension_fault(name, value)
        elif name in urls:
            fault = url_fault(name, value)
        if fault is not None:
            yield name, fault


class TagFault(NamedTuple):
    """A fault of one tag: the attribute, what is wrong with it, and whether it is only a note.

    ``is_repeated``: the attribute is written more than once.
    """

    name: str
    fault: ValueFault
    is_note: bool
    is_repeated: bool = False


@lru_cache(maxsize=4096)
def image_faults(source: str) -> tuple[TagFault, ...]:
    """Return what is wrong with the attributes of an ``<img>``. ``source``: its tag; pages of a site share many."""
    values = read(source, 4)
    found = [TagFault(name, fault, False) for name, fault in faults_of(values)]
    foreign, former = foreign_attributes("img", values), _former_attributes(values)
    if foreign:
        found.append(TagFault("", ValueFault(f"{foreign}, without effect", "remove it"), False))
    for name in dict.fromkeys(each.name for each in repeated(source, Tag("img", 0, len(source), len(source)))):
        first = shorten(repr(values.get(name, "")), 60)
        fault = ValueFault(f"{name} twice: browsers use the first, {first}", "remove one")
        found.append(TagFault(name, fault, False, is_repeated=True))
    found += _unknown_faults(values)
    if former:
        found.append(TagFault("", ValueFault(f"{former}, which HTML no longer has", "write it as CSS"), True))
    return tuple(found)


def _unknown_faults(values: Mapping[str, str]) -> Iterator[TagFault]:
    unknown = _unknown_attributes(values)
    misspelt = {each: known for each in unknown if (known := _misspelt_attribute(each)) is not None}
    for each, known in misspelt.items():
        fault = ValueFault(f"an attribute `{shorten(each, 40)}`", f"did you mean `{known}`?")
        yield TagFault("", fault, False)
    own = [shorten(each, 40) for each in unknown if each not in misspelt]
    if own:
        hint = f"remove it, or name it `data-{own[0]}` if a script reads it"
        yield TagFault("", ValueFault(f"{', '.join(own[:5])}, which HTML does not have", hint), True)
