"""Text of an XML element or a JSON string: decoded, with the place of each character in the file.

Files are passed as latin-1 text of UTF-8 bytes, so that every offset is a byte offset.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from imageseo.web.feeds.entry import FeedEdit

_XML = re.compile(r"<!\[CDATA\[(.*?)\]\]>|&(#[0-9]+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);|[^<&]+", re.DOTALL)
_JSON = re.compile(r'\\(u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*|["\\/bfnrt])|[^\\]+')
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@dataclass(frozen=True, slots=True)
class _Segment:
    """A part of the text. ``at``: in the decoded text; ``start``, ``end``: in the file. ``section``: its CDATA, or 0.

    ``whole``: an escape, which is replaced as a whole.
    """

    at: int
    start: int
    end: int
    section: int = 0
    whole: bool = False


@dataclass(frozen=True, slots=True)
class EncodedText:
    """``text``: decoded, as latin-1 text of UTF-8 bytes. ``encode``: writes a text outside of CDATA sections."""

    text: str
    segments: Sequence[_Segment]
    encode: Callable[[str], str]

    def edit(self, start: int, end: int, new: str) -> FeedEdit | None:
        """Return the edit of the file that replaces a range of the text; None where it crosses a CDATA section."""
        low, high = self._index(start), self._index(end - 1)
        first, last = self.segments[low], self.segments[high]
        if any(each.section != first.section for each in self.segments[low : high + 1]):
            return None
        if (first.whole and first.at != start) or (last.whole and self._end_of(high) != end):
            return None  # within one escape
        begin = first.start if first.whole else first.start + start - first.at
        finish = last.end if last.whole else last.start + end - last.at
        if first.section and "]]>" in new:
            return None
        return FeedEdit(start=begin, end=finish, new=new if first.section else self.encode(new))

    def _index(self, at: int) -> int:
        return bisect_right(self.segments, at, key=lambda each: each.at) - 1

    def _end_of(self, index: int) -> int:
        return self.segments[index + 1].at if index + 1 < len(self.segments) else len(self.text)


def literal(source: str, start: int, end: int) -> EncodedText:
    """Return markup that is part of the file itself (XHTML in Atom)."""
    return EncodedText(source[start:end], [_Segment(0, start, end)], lambda new: new)


def xml_text(source: str, start: int, end: int) -> EncodedText | None:
    """Return the text of an element whose content is ``source[start:end]``; None if it contains elements."""
    parts: list[str] = []
    segments: list[_Segment] = []
    at, position = 0, start
    while position < end:
        match = _XML.match(source, position, end)
        if match is None:
            return None
        if match[2] is not None:
            part, segment = _character(match[2]), _Segment(at, match.start(), match.end(), whole=True)
        elif match[1] is not None:
            part, segment = match[1], _Segment(at, match.start(1), match.end(1), section=match.start() or 1)
        else:
            part, segment = match[0], _Segment(at, match.start(), match.end())
        if part:
            parts.append(part)
            segments.append(segment)
        at += len(part)
        position = match.end()
    return EncodedText("".join(parts), segments, lambda new: escape(new, quote=False)) if parts else None


def json_string(source: str, start: int, end: int) -> EncodedText | None:
    """Return the text of a JSON string; ``source[start:end]`` is valid and has its quotes."""
    parts: list[str] = []
    segments: list[_Segment] = []
    at = 0
    for match in _JSON.finditer(source, start + 1, end - 1):
        part = match[0] if match[1] is None else _bytes(json.loads(f'"{match[0]}"'))
        parts.append(part)
        segments.append(_Segment(at, match.start(), match.end(), whole=match[1] is not None))
        at += len(part)
    return EncodedText("".join(parts), segments, lambda new: json.dumps(new)[1:-1]) if parts else None


def _character(name: str) -> str:
    if not name.startswith("#"):
        return _NAMED[name]
    code = int(name[2:], 16) if name.startswith("#x") else int(name[1:])
    return _bytes(chr(code))  # expat has accepted it


def _bytes(text: str) -> str:
    """Return the UTF-8 bytes of a text as latin-1 text."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")
