"""XML files of a built site, whoever wrote them: streamed, bounded, without entities and without the network."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from imageseo.model.facts import Problem, ProblemLocation

HEAD = 65536
_PIECE = 1 << 20
_GZIP = b"\x1f\x8b"
_UTF16 = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


class TooLarge(Exception):
    """A file goes on beyond its limit."""


class Bounded:
    """A file that ends in ``TooLarge`` rather than above the limit, read by 1 MiB at most."""

    def __init__(self, file: IO[bytes], limit: int) -> None:
        self._file, self._left = file, limit

    def read(self, size: int = -1) -> bytes:
        """What comes next."""
        return self._counted(self._file.read(min(size, _PIECE) if size > 0 else _PIECE))

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """What is left, line by line, with their numbers; of a long line its beginning."""
        number, fresh = 1, True
        while piece := self._counted(self._file.readline(_PIECE)):
            if fresh:
                yield number, piece
            fresh = piece.endswith(b"\n")
            number += fresh

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge
        return data


@contextmanager
def opened(file: Path) -> Iterator[tuple[bytes, IO[bytes]]]:
    """The content's first 64 KiB, and the content from its start; of a gzip file what it holds, whatever its name.

    Raises OSError, and for a damaged gzip file EOFError or zlib.error.
    """
    with file.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        if not packed:
            head = raw.read(HEAD)
            raw.seek(0)
            yield head, raw
            return
        with gzip.open(raw) as content:
            head = content.read(HEAD)
            content.seek(0)
            yield head, cast("IO[bytes]", content)


def events(content: Bounded, tags: Iterable[str]) -> Any:
    """lxml's start and end events of some elements, as the file is read. No entity is expanded, nothing is fetched.

    Raises lxml.etree.XMLSyntaxError while it is read.
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


def rooted(head: bytes, tags: Collection[str]) -> bool:
    """Whether the root of a document is one of some elements. ``head``: its first 64 KiB.

    True too where it is not well-formed before its root, so that whoever reads on says what is wrong.
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


def forget(element: Any) -> None:
    """Let go of an element that has been read, and of what stands before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def is_utf16(head: bytes) -> bool:
    """Whether a file begins as UTF-16 does."""
    return head.startswith(_UTF16)


def has_entities(head: bytes) -> bool:
    """Whether a document declares entities of its own: a sitemap or a feed never needs any, an attack does."""
    if not is_utf16(head):
        return b"<!ENTITY" in head
    return "<!ENTITY" in head.decode("utf-16-be" if head[:1] in (b"\xfe", b"\0") else "utf-16-le", "replace")


def guarded(path: str, read: Callable[[], None], *, limit: int, hint: str) -> Problem | None:
    """Read a file; what keeps it from being read, as a problem. ``limit``: bytes that it may have, for the message."""
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


def columns(file: Path, tags: Iterable[tuple[int, str]], *, limit: int = 50 * 2**20) -> Mapping[tuple[int, str], int]:
    """Column of the first tag of a name in a line, for each line and name that has one; 1-based.

    A name stands without its prefix: with a colon in front (``:loc``) of one that has a prefix for sure. Nothing is
    looked for behind ``limit`` bytes, nor behind the first MiB of a line.
    """
    wanted: dict[int, set[str]] = {}
    for line, tag in tags:
        wanted.setdefault(line, set()).add(tag)
    found: dict[tuple[int, str], int] = {}
    try:
        with opened(file) as (_, content):
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
