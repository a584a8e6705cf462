"""Edits of a feed file, whatever its encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from imageseo.web.feeds import json_feed, xml_feed
from imageseo.web.feeds.entry import MAX_BYTES, BadFeed, FeedEdit, FeedSite
from imageseo.web.feeds.feed_file import Reverse, restored

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = re.compile(
    r"(?:utf|iso|us-?ascii|ascii|latin|windows|cp|koi8|mac|shift|sjis|euc|gb|big5|tis)[\w.-]*", re.IGNORECASE
)


def edited(data: bytes, path: str, site: FeedSite) -> tuple[bytes, list[Reverse]]:
    """Return a feed with the images of its entries, and the edits that undo it. Raises BadFeed."""
    if len(data) > MAX_BYTES:
        raise BadFeed(f"it is larger than {MAX_BYTES >> 20} MiB")
    bom, encoding = _encoding(data, path)
    try:
        text = data[len(bom) :].decode(encoding)
        whole = text.encode(encoding)
    except (LookupError, ValueError) as error:
        raise BadFeed(f"its bytes are not valid in its encoding {encoding}") from error
    if whole != data[len(bom) :]:
        raise BadFeed(f"its encoding {encoding} cannot be written back unchanged")
    try:
        utf8 = text.encode()
    except ValueError as error:  # half of a surrogate pair
        raise BadFeed(f"its bytes are not valid in its encoding {encoding}") from error
    find = json_feed.edits if path.lower().endswith(".json") else xml_feed.edits
    return _assemble(data, utf8, bom, encoding, find(utf8, site))


def _encoding(data: bytes, path: str) -> tuple[bytes, str]:
    """Return the byte order mark and the encoding of a file."""
    for bom, name in _BOMS:
        if data.startswith(bom):
            return bom, name
    if data.startswith(b"<\0"):
        return b"", "utf-16-le"
    if data.startswith(b"\0<"):
        return b"", "utf-16-be"
    declared = None if path.lower().endswith(".json") else _DECLARED.match(data[:300].lstrip())
    name = "utf-8" if declared is None else declared[1].decode()
    if not _ENCODINGS.fullmatch(name):
        raise BadFeed(f"its encoding {name} is not known")
    try:
        return b"", codecs.lookup(name).name
    except LookupError as error:
        raise BadFeed(f"its encoding {name} is not known") from error


def _assemble(
    data: bytes, utf8: bytes, bom: bytes, encoding: str, edits: Sequence[FeedEdit]
) -> tuple[bytes, list[Reverse]]:
    """Apply edits of the text in UTF-8 to a file in another encoding."""
    parts: list[bytes] = [bom]
    reverse: list[Reverse] = []
    position, size = 0, len(bom)
    for edit in edits:
        if edit.start < position:
            raise BadFeed("its content cannot be edited safely")
        kept, old, new = _encode(utf8[position : edit.start], encoding), utf8[edit.start : edit.end], edit.new
        parts += [kept, _encode(new.encode("ascii"), encoding)]
        reverse.append((size + len(kept), size + len(kept) + len(parts[-1]), _encode(old, encoding)))
        size = reverse[-1][1]
        position = edit.end
    parts.append(_encode(utf8[position:], encoding))
    whole = b"".join(parts)
    if restored(whole, reverse) != data:  # an encoding with shifts
        raise BadFeed(f"its encoding {encoding} cannot be written back unchanged")
    return whole, reverse


def _encode(part: bytes, encoding: str) -> bytes:
    return part if encoding in ("utf-8", "ascii") else part.decode().encode(encoding)
