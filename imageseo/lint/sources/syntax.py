"""What all syntaxes share: an image in a source file, the positions of a text, attributes of a tag."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from imageseo.model.finding import AttributeChange

PLACEHOLDER = "describe what it shows"
"""Alternative text in lines to paste, which the author replaces: imageseo invents none."""
EXTENSIONS = r"(?:avif|bmp|gif|jfif|jpe?g|jxl|png|svg|tiff?|webp)"
_OPENING = re.compile(r"<(?:!--|([a-z]+)(?=[\s>/]))")
_ATTRIBUTE = re.compile(r"""([^\s"'<>/={}]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?""")


class TextPosition(NamedTuple):
    """1-based line and column of a text, in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceImage:
    """An image as a source file writes it.

    ``syntax``: the module that knows it. ``url``: as written. ``start``, ``end``: of all of its syntax, in characters;
    ``shown_at``: where the text shows it, which differs from ``start`` for a substitution. ``title``: of an image in
    Markdown. ``attributes``: by their names in that syntax. ``is_doubtful``: it may be part of an example, as indented
    text may be code.
    """

    syntax: str
    url: str
    start: int
    end: int
    shown_at: int
    alt: str | None = None
    title: str | None = None
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What may be written in a source file.

    ``attributes``: how Markdown gives an image attributes: ``attr_list``, ``kramdown``, ``figure`` (Hugo's shortcode),
    ``myst``, ``html`` (none, but HTML between the lines), "" (none at all). ``keeps_urls``: whether URLs of HTML in the
    source are treated as those of Markdown; else they are those of the built page.
    """

    attributes: str = "html"
    keeps_urls: bool = False


def place_of(text: str, offset: int) -> TextPosition:
    """Return the line and column of an offset."""
    return TextPosition(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text of the same length and lines in which some spans are blank."""
    parts, last = [], 0
    for start, end in sorted(spans):
        if end <= last:
            continue
        start = max(start, last)
        parts += [text[last:start], re.sub(r"[^\n]", " ", text[start:end])]
        last = end
    return "".join([*parts, text[last:]])


def unshown(text: str, elements: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Yield the spans of comments and of elements whose text is no markup, in HTML; of closed ones only."""
    ends = {"": "-->", **{name: f"</{name}" for name in elements}}
    lowered, position = text.lower(), 0
    while (match := _OPENING.search(lowered, position)) is not None:
        position = match.end()
        name = match[1] or ""
        if name not in ends:
            continue
        end = lowered.find(ends[name], match.end())
        if end < 0:
            del ends[name]  # nor is one closed that begins later
            continue
        position = end + len(ends[name])
        yield match.start(), position


def parse_attributes(text: str) -> dict[str, str | None]:
    """Return the attributes of a tag, of a shortcode or of an attribute list; the first of a name counts."""
    found: dict[str, str | None] = {}
    for match in _ATTRIBUTE.finditer(text):
        value = next((group for group in match.groups()[1:] if group is not None), None)
        found.setdefault(match[1].lower(), None if value is None else html.unescape(value))
    return found


def changed_attributes(
    attributes: Mapping[str, str | None], changes: Sequence[AttributeChange]
) -> dict[str, str | None]:
    """Return attributes with changes, in their order, new ones last."""
    result = dict(attributes)
    for name, value in changes:
        if value is None:
            result.pop(name, None)
        else:
            result[name] = value
    return result


def in_html(attributes: Mapping[str, str | None]) -> str:
    """Return attributes as HTML writes them, each after a space."""
    return "".join(
        f" {name}" if value is None else f' {name}="{html.escape(value, quote=False).replace(chr(34), "&quot;")}"'
        for name, value in attributes.items()
    )
