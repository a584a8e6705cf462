"""Insertions into a JSON-LD block of the theme, and their removal.

A marker on the script tag lists them by the number of the object in the block: ``data-imageseo="2:image"`` for a
property that was added at the end of the third object, ``"2:image+2"`` for two items that were added to its list, and
``"2:image[2"`` for a single value that became a list with two more items. A tool that formats the block again leaves
the numbers right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from imageseo.model.edit import Edit
from imageseo.model.image import Span
from imageseo.web.structured_data.json_position import entries, position
from imageseo.web.structured_data.parser import content_range

MARKER = re.compile(r"\d+:[A-Za-z]+(?:[+\[]\d+)?(?:,[A-Za-z]+(?:[+\[]\d+)?)*")
_OBJECTS = re.compile(r'"(?:[^"\\]|\\.)*"|(\{)', re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)

Insertion = tuple[int, str]
"""An index of the block's text, and what is inserted there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChange:
    """What one node of a block gets. ``path``: of the node in the block. ``new``: properties that it lacks.

    ``more``: property -> further values of it.
    """

    block: int
    path: tuple[str | int, ...]
    new: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def edits_of_block(html: bytes, span: Span, charset: str, changes: Iterable[NodeChange]) -> list[Edit] | None:
    """Return the edits of a page that make the changes of one block; None if they could not be taken back.

    ``span``: the content of the block.
    """
    raw = html[span.start : span.end]
    tag = html[html.rfind(b"<", 0, span.start) : span.start]
    if b"data-imageseo" in tag.lower() or not tag.endswith(b">") or tag.endswith(b"/>"):
        return None
    text = raw.decode(charset, "replace")
    try:
        marker, insertions = _insertions(text, changes)
        at = [(len(text[:index].encode(charset)), new.encode("ascii")) for index, new in insertions]
        if text.encode(charset) != raw:
            return None
    except (ValueError, KeyError, IndexError):  # an encoding or a form that is not understood
        return None
    edited, position_of = b"", 0
    for index, new in at:
        edited += raw[position_of:index] + new
        position_of = index
    edited += raw[position_of:]
    cuts = [(start, end) for start, end in added(edited.decode("latin-1"), marker)]
    if _without(edited, cuts) != raw:
        return None
    inserted = [Edit(span=Span(span.start + index, span.start + index), replacement=new) for index, new in at]
    end_of_tag = Span(span.start - 1, span.start - 1)
    return [Edit(span=end_of_tag, replacement=f' data-imageseo="{marker}"'.encode()), *inserted]


def added(text: str, marker: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges that were inserted into a block's text, in order; what does not fit the marker is kept."""
    starts = [match.start(1) for match in _OBJECTS.finditer(text, content_range(text)[0]) if match[1]]
    for group in marker.split():
        if not MARKER.fullmatch(group):
            continue
        number, _, names = group.partition(":")
        try:
            yield from sorted(_of_object(text, starts[int(number)], names.split(",")))
        except (ValueError, KeyError, IndexError):
            continue


def _of_object(text: str, at: int, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    keys = sorted(entries(text, at).items(), key=lambda item: item[1])
    new = [name for name in names if name.isalpha()]
    if new:
        if [key for key, _ in keys[-len(new) :]] != new:
            raise ValueError
        yield _end(text, keys[-len(new) - 1][1][1]), _end(text, keys[-1][1][1])
    for name in names:
        if name.isalpha():
            continue
        key, mark, count = re.split(r"([+\[])", name)
        value = entries(text, at)[key][1]
        items = sorted(entries(text, value).values())
        if text[value] != "[" or len(items) <= int(count):
            raise ValueError
        last = _end(text, items[-int(count) - 1][1])
        end = _end(text, value)
        if mark == "[":
            yield value, items[0][0]
            yield last, end
        else:
            yield last, _end(text, items[-1][1])


def _insertions(text: str, changes: Iterable[NodeChange]) -> tuple[str, list[Insertion]]:
    """Return the marker of a block, and its insertions in order."""
    start = content_range(text)[0]
    starts = [match.start(1) for match in _OBJECTS.finditer(text, start) if match[1]]
    groups: list[tuple[int, str]] = []
    found: list[Insertion] = []
    for change in changes:
        at = _value_at(text, start, change.path)
        keys = entries(text, at)
        names = []
        for name, values in change.more.items():
            value = keys[name][1]
            items = "".join(f",{script_safe(each)}" for each in values)
            if text[value] == "[":
                names.append(f"{name}+{len(values)}")
                found.append((_end(text, max(entries(text, value).values())[1]), items))
            else:
                names.append(f"{name}[{len(values)}")
                found += [(value, "["), (_end(text, value), f"{items}]")]
        if change.new:
            key_at, value_at = max(keys.values())
            before = key_at
            while text[before - 1] in " \t\r\n":
                before -= 1
            colon = text[_end(text, key_at) : value_at]
            new = (f",{text[before:key_at]}{json.dumps(key)}{colon}{script_safe(it)}" for key, it in change.new.items())
            found.append((_end(text, value_at), "".join(new)))
        groups.append((starts.index(at), ",".join([*names, *change.new])))
    marker = " ".join(f"{number}:{names}" for number, names in sorted(groups))
    return marker, sorted(found, key=lambda item: item[0])


def _value_at(text: str, start: int, path: Sequence[str | int]) -> int:
    """Return the index of the value at a path."""
    if not path:
        return position(text, (), start)
    return entries(text, _value_at(text, start, path[:-1]))[path[-1]][1]


def _end(text: str, at: int) -> int:
    """Return the index after the value at ``at``."""
    return _DECODER.raw_decode(text, at)[1]


def _without(data: bytes, cuts: Iterable[tuple[int, int]]) -> bytes:
    kept, at = b"", 0
    for start, end in cuts:
        kept += data[at:start]
        at = end
    return kept + data[at:]


def script_safe(value: Any) -> str:
    """Return ASCII JSON that is safe in any charset and contains no ``</script>`` or ``<!--``."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
