"""Safe reading of untrusted XML files: streamed, bounded, without entities and without network access."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from imageseo.model import regular_file
from imageseo.model.facts import Problem, ProblemLocation
from imageseo.storage.site_folder import SiteFolder

HEAD = 65536
_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class TooLarge(Exception):
    """A file exceeds its size limit."""


class Bounded:
    """A file that raises ``TooLarge`` beyond the limit, read in pieces of at most 1 MiB."""

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self._file, self._left = file, limit

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        return self._counted(self._file.read(min(size, _PIECE) if size > 0 else _PIECE))

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the remaining lines with their numbers; of a long line only its first MiB."""
        number, at_line_start = 1, True
        while piece := self._counted(self._file.readline(_PIECE)):
            if at_line_start:
                yield number, piece
            at_line_start = piece.endswith(b"\n")
            number += at_line_start

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge
        return data


@contextmanager
def open_content(root: Path, path: str) -> Iterator[tuple[bytes, IO[bytes]]]:
    """Open a file of a site as its first 64 KiB and its content from the start; gzip, by content, is decompressed.

    Raises OSError, and for a damaged gzip file EOFError or zlib.error.
    """
    with SiteFolder(root).open(path) as raw, _content(raw) as opened:
        yield opened


@contextmanager
def _content(raw: IO[bytes]) -> Iterator[tuple[bytes, IO[bytes]]]:
    is_gzip = raw.read(2) == _GZIP
    raw.seek(0)
    if not is_gzip:
        head = raw.read(HEAD)
        raw.seek(0)
        yield head, raw
        return
    with gzip.open(raw) as content:
        head = content.read(HEAD)
        content.seek(0)
        yield head, cast("IO[bytes]", content)


def events(content: Bounded, tags: Iterable[str]) -> Any:
    """Return lxml's start and end events of some elements, as the file is read. No entity is expanded or fetched.

    Iterating raises lxml.etree.XMLSyntaxError.
    """
    from lxml import etree

    return etree.iterparse(
        cast("IO[bytes]", content),
        events=("start", "end"),
        tag=tuple(tags),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
    )


def has_root(head: bytes, tags: Collection[str]) -> bool:
    """Whether the root of a document is one of some elements. ``head``: its first 64 KiB.

    True also if it is not well-formed before its root, so that a full read reports the error.
    """
    from lxml import etree

    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
    broken = False
    try:
        parser.feed(head)
    except etree.XMLSyntaxError:
        broken = True
    root = next(iter(parser.read_events()), None)
    return broken if root is None else root[1].tag in tags


def release(element: Any) -> None:
    """Free the memory of an element that has been read, and of the elements before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def is_utf16(head: bytes) -> bool:
    """Whether a file begins like UTF-16."""
    return head.startswith(_UTF16)


def has_entities(head: bytes) -> bool:
    """Whether a document declares entities, which sitemaps and feeds never need, but attacks do."""
    if not is_utf16(head):
        return b"<!ENTITY" in head
    return "<!ENTITY" in head.decode("utf-16-be" if head[:1] in (b"\xfe", b"\0") else "utf-16-le", "replace")


def read_guarded(path: str, read: Callable[[], None], *, limit: int, hint: str) -> Problem | None:
    """Call ``read``; return its failure as a problem of ``path``. ``limit``: size limit in bytes, for the message."""
    from lxml import etree

    line = column = None
    try:
        read()
    except TooLarge:
        message = f"{path} is larger than {limit:,} bytes ({limit >> 20} MiB), and is not read"
    except etree.XMLSyntaxError as error:
        line, column = error.position
        message = f"{path} is not well-formed XML: {error.msg}"
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        message = f"{path} is a damaged gzip file: {error}"
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
    else:
        return None
    return Problem(
        message=message, hint=hint, place=ProblemLocation(file=path, line=line or None, column=column or None)
    )


def tag_columns(
    file: Path, tags: Iterable[tuple[int, str]], *, limit: int = 50 * 2**20
) -> Mapping[tuple[int, str], int]:
    """Return the 1-based column of the first tag with a name in a line, for each line and name that is found.

    Names are without prefix, but with a leading colon (``:loc``) if the tag certainly has one. The search ends after
    ``limit`` bytes, and after the first MiB of a line.
    """
    wanted: dict[int, set[str]] = {}
    for line, tag in tags:
        wanted.setdefault(line, set()).add(tag)
    found: dict[tuple[int, str], int] = {}
    try:
        with regular_file.open_binary(file) as raw, _content(raw) as (_, content):
            for number, text in Bounded(content, limit).lines():
                for tag in wanted.pop(number, ()):
                    if column := _column(text.decode("utf-8", "replace"), tag):
                        found[number, tag] = column
                if not wanted:
                    break
    except (OSError, EOFError, zlib.error, TooLarge):
        pass
    return found


def _column(text: str, tag: str) -> int:
    wanted = (tag,) if tag.startswith(":") else (f"<{tag}", f":{tag}")
    at = next((at for each in wanted if (at := text.find(each)) >= 0), -1)
    return text.rfind("<", 0, at + 1) + 1 if at >= 0 else 0
