"""Reads an RSS or Atom file into its entries, with the place of each element in the bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from imageseo.web.feeds.entry import BadFeed

ATOM = "http://www.w3.org/2005/Atom"
MEDIA = "http://search.yahoo.com/mrss/"
_XML = "http://www.w3.org/XML/1998/namespace"
_TAG = re.compile(r"""<(?:[^>"']|"[^"]*"|'[^']*')*+>""")
_MAX_DEPTH = 500


@dataclass(slots=True, kw_only=True)
class FeedElement:
    """An element of an entry. ``start``: of its start tag; ``inner``: of its content; ``close``: of its end tag;
    ``end``: after it. ``base``: the ``xml:base`` that applies to it.
    """

    space: str
    name: str
    prefix: str
    attributes: Mapping[str, str]
    start: int
    inner: int
    close: int = 0
    end: int = 0
    base: str | None = None
    children: list[FeedElement] = field(default_factory=list)
    text: str = ""

    @property
    def is_empty_tag(self) -> bool:
        return self.inner == self.end


@dataclass(slots=True, kw_only=True)
class XmlFeed:
    """A feed. ``source``: latin-1 text of its UTF-8 bytes. ``kind``: ``rss`` or ``atom``.

    ``prefixes``: those that are declared, with their namespaces; ``on_root``: the same of the root element.
    """

    source: str
    kind: str = ""
    root: FeedElement | None = None
    entries: list[FeedElement] = field(default_factory=list)
    prefixes: set[tuple[str, str]] = field(default_factory=set)
    on_root: dict[str, str] = field(default_factory=dict)


def read(data: bytes) -> XmlFeed | None:
    """Read a feed in UTF-8, whatever its declaration says; None for XML that is no feed. Raises BadFeed."""
    reader = _FeedReader(data.decode("latin-1"))
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        if reader.feed.root is not None and not reader.feed.kind:
            return None
        message = expat.errors.messages.get(error.code, "error")
        raise BadFeed(f"it is not well-formed XML: {message}, line {error.lineno}") from error
    except _NoFeed:
        return None
    return reader.feed


class _NoFeed(Exception):
    """The root element is of no feed that we edit."""


class _FeedReader:
    def __init__(self, source: str) -> None:
        self.feed = XmlFeed(source=source)
        self.parser = parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartNamespaceDeclHandler = self._prefix
        parser.EntityDeclHandler = self._entity
        parser.SkippedEntityHandler = self._skipped
        self._stack: list[FeedElement] = []
        self._depth = 0
        self._entry = 0  # depth of the entry that is read

    def _prefix(self, prefix: str | None, uri: str | None) -> None:
        self.feed.prefixes.add((prefix or "", uri or ""))
        if self.feed.root is None:
            self.feed.on_root[prefix or ""] = uri or ""

    def _start(self, full_name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise BadFeed(f"its elements are nested more than {_MAX_DEPTH} deep")
        space, name, prefix = _split(full_name)
        is_entry = not self._entry and bool(self.feed.kind) and self._is_entry(space, name)
        if self.feed.root is not None and not self._entry and not is_entry:
            # outside of entries only xml:base matters
            base = attributes.get(f"{_XML} base xml", self._stack[-1].base)
            self._stack.append(
                FeedElement(space=space, name=name, prefix=prefix, attributes={}, start=0, inner=0, base=base)
            )
            return
        start = self.parser.CurrentByteIndex
        tag = _TAG.match(self.feed.source, start)
        if tag is None:
            raise BadFeed("a tag cannot be located")
        element = FeedElement(
            space=space,
            name=name,
            prefix=prefix,
            attributes=dict(attributes),
            start=start,
            inner=tag.end(),
            base=attributes.get(f"{_XML} base xml", self._stack[-1].base if self._stack else None),
        )
        if self.feed.root is None:
            self.feed.root = element
            self.feed.kind = {("", "rss"): "rss", (ATOM, "feed"): "atom"}.get((space, name), "")
            if not self.feed.kind:
                raise _NoFeed
        elif is_entry:
            self._entry = self._depth
            self.feed.entries.append(element)
        else:
            self._stack[-1].children.append(element)
        self._stack.append(element)

    def _is_entry(self, space: str, name: str) -> bool:
        if self.feed.kind == "atom":
            return self._depth == 2 and (space, name) == (ATOM, "entry")
        return self._depth == 3 and (space, name) == ("", "item") and self._stack[-1].name == "channel"

    def _end(self, full_name: str) -> None:
        element = self._stack.pop()
        if self._entry and element.inner:
            if self.feed.source[element.inner - 2 : element.inner] == "/>":
                element.close = element.end = element.inner
            else:
                element.close = self.parser.CurrentByteIndex
                element.end = self.feed.source.index(">", element.close) + 1
        if self._depth == self._entry:
            self._entry = 0
        self._depth -= 1

    def _characters(self, text: str) -> None:
        if self._depth == self._entry + 1 and self._entry and len(self._stack[-1].text) < 4096:
            self._stack[-1].text += text

    def _entity(self, *_: object) -> None:
        raise BadFeed("it declares entities")

    def _skipped(self, *_: object) -> None:
        raise BadFeed("it uses entities of an external document")


def _split(full_name: str) -> tuple[str, str, str]:
    """Return namespace, name and prefix of an element."""
    parts = full_name.split(" ")
    return (parts[0], parts[1], parts[2] if len(parts) > 2 else "") if len(parts) > 1 else ("", parts[0], "")
