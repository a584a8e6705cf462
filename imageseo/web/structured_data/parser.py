"""JSON-LD of a page as it is published: its nodes, each with its place, and the blocks that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NoReturn

from imageseo.model.facts import Problem
from imageseo.model.image import Span
from imageseo.web.structured_data.json_position import position

MAX_BYTES = 4 * 2**20
"""Of one block; a larger one is not read. The largest of real sites have some 100 KB."""
MOST = 100
"""Problems of a rule that one page has at most."""
_WRAPPED = (("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The text of one ``<script type="application/ld+json">``. ``start``: its first byte on the page."""

    text: str = field(repr=False)
    start: int
    charset: str

    def offset(self, index: int) -> int:
        """Byte of the page that a character of the text stands at."""
        before = self.text[:index]
        return self.start + (len(before) if before.isascii() else len(before.encode(self.charset, "replace")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One object of a block. ``path``: to it, from the block's root. ``types``: without prefix and vocabulary.

    ``top``: it stands at the root, or in the root's list or ``@graph``. ``said``: its keys without a ``schema:``
    before them. ``terms``: what the page's own context defines.
    """

    block: Block
    path: tuple[str | int, ...]
    types: frozenset[str]
    top: bool
    said: Mapping[str, Any]
    terms: frozenset[str] = frozenset()

    @property
    def id(self) -> str | None:
        """Its ``@id``, when it has one."""
        given = self.said.get("@id")
        return given if isinstance(given, str) else None

    def offset(self, *keys: str | int) -> int:
        """Byte of the page at which it begins, or what it says under a key."""
        text = self.block.text
        return self.block.offset(position(text, (*self.path, *keys), _content(text)[0]))

    def listed(self, key: str) -> Iterator[tuple[tuple[str | int, ...], Any]]:
        """What it says under a key: each value with its path from here, whether it is one or a list of them."""
        value = self.said.get(key)
        name = key if key in self.said else f"schema:{key}"
        if isinstance(value, list):
            yield from (((name, index), item) for index, item in enumerate(value))
        elif value is not None:
            yield (name,), value


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLdError:
    """A block that cannot be read: why, and the byte of the page where reading stopped."""

    offset: int
    problem: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLd:
    """All that a page's blocks say. ``nodes``: of schema.org's vocabulary, in page order."""

    nodes: tuple[Node, ...] = ()
    faults: tuple[JsonLdError, ...] = ()
    by_id: Mapping[str, Sequence[Node]] = field(default_factory=dict, repr=False)

    def named(self, name: str) -> Sequence[Node]:
        """Every node with this ``@id``."""
        return self.by_id.get(name, ())


def read(html: bytes, spans: Sequence[Span], charset: str) -> JsonLd:
    """The JSON-LD of a page. ``spans``: the contents of its blocks. Raises nothing."""
    nodes: list[Node] = []
    faults: list[JsonLdError] = []
    for start, end in spans:
        if end - start > MAX_BYTES:
            problem = (
                f"a JSON-LD block of {(end - start) / 2**20:.1f} MiB is not read; at most {MAX_BYTES >> 20} MiB are"
            )
            faults.append(
                JsonLdError(offset=start, problem=problem, hint="say less: search engines want what the page shows")
            )
            continue
        block = Block(text=html[start:end].decode(charset, "replace"), start=start, charset=charset)
        begin, stop = _content(block.text)
        try:
            said = json.loads(block.text[begin:stop], parse_constant=_no_constant)
            nodes += _nodes(block, said)
        except json.JSONDecodeError as error:
            faults.append(_fault(block, begin, error))
        except (ValueError, RecursionError) as error:
            deep = "it nests too deeply" if isinstance(error, RecursionError) else str(error)
            faults.append(
                JsonLdError(offset=block.offset(begin), problem=f"a JSON-LD block cannot be read: {deep}", hint=_MEND)
            )
    by_id: dict[str, list[Node]] = {}
    for node in nodes:
        if node.id is not None:
            by_id.setdefault(node.id, []).append(node)
    return JsonLd(nodes=tuple(nodes), faults=tuple(faults), by_id=by_id)


_MEND = "mend the template that writes it; search engines drop the whole block"


def _fault(block: Block, begin: int, error: json.JSONDecodeError) -> JsonLdError:
    """What reading stopped at, in words."""
    text, at = block.text, min(begin + error.pos, max(len(block.text) - 1, 0))
    if not text[begin:].strip():
        return JsonLdError(
            offset=block.start, problem="a JSON-LD block is empty", hint="leave it out where it says nothing"
        )
    what = error.msg[:1].lower() + error.msg[1:]
    found = " ".join(text[at : at + 24].split())
    hint = _MEND
    if text[at:].startswith(("&quot;", "&#34;", "&#x22;")):
        hint = "the template escapes quotes as in HTML; a script wants them as they are (Jinja: `| tojson`)"
    return JsonLdError(
        offset=block.offset(at), problem=f"a JSON-LD block cannot be read: {what}, at `{found}`", hint=hint
    )


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _content(text: str) -> tuple[int, int]:
    """Where the JSON begins and ends: without the comment or CDATA marks that old templates put around a script."""
    begin, stop = len(text) - len(text.lstrip("\ufeff \t\r\n")), len(text.rstrip())
    for opened, closed in _WRAPPED:
        if text.startswith(opened, begin):
            stop -= len(closed) if text.endswith(closed, begin, stop) else 0
            return begin + len(opened), max(begin + len(opened), stop)
    return begin, max(begin, stop)


def _nodes(block: Block, root: Any) -> Iterator[Node]:
    """Every object in document order, where the context is schema.org's."""
    waiting: list[tuple[Any, tuple[str | int, ...], bool, frozenset[str] | None]] = [(root, (), True, None)]
    while waiting:
        item, path, top, terms = waiting.pop()
        within: Iterable[tuple[str | int, Any, bool]]
        if isinstance(item, dict):
            terms = _terms(item["@context"], terms) if "@context" in item else terms
            if terms is not None:
                yield Node(block=block, path=path, types=_types(item), top=top, said=_plain(item), terms=terms)
            within = ((key, value, top and key == "@graph") for key, value in item.items() if key != "@context")
        elif isinstance(item, list):
            within = ((at, value, top) for at, value in enumerate(item))
        else:
            continue
        inside = [(value, (*path, key), still) for key, value, still in within if isinstance(value, dict | list)]
        waiting += ((value, inner, still, terms) for value, inner, still in reversed(inside))


def _terms(context: Any, outer: frozenset[str] | None) -> frozenset[str] | None:
    """What a context defines beside schema.org's names; None where it is another vocabulary's."""
    parts = context if isinstance(context, list) else [context]
    own = frozenset(key for part in parts if isinstance(part, dict) for key in part if not key.startswith("@"))
    names = [part for part in parts if isinstance(part, str)]
    names += [str(part.get("@vocab", "")) for part in parts if isinstance(part, dict)]
    ours = outer is not None or any("schema.org" in name for name in names)
    return own | (outer or frozenset()) if ours else None


def _types(said: Mapping[str, Any]) -> frozenset[str]:
    declared = said.get("@type")
    names = declared if isinstance(declared, list) else [declared]
    return frozenset(name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if isinstance(name, str))


def _plain(said: Mapping[str, Any]) -> Mapping[str, Any]:
    if not any(key.startswith("schema:") for key in said):
        return said
    return {key.removeprefix("schema:"): value for key, value in said.items()}


def first_problems(problems: Iterator[Problem]) -> Iterator[Problem]:
    """The first of a page's problems: a block of megabytes may be wrong all over, and each has to be looked for."""
    for number, problem in enumerate(islice(problems, MOST), 1):
        more = " (more of its kind on this page are not listed)" if number == MOST else ""
        yield replace(problem, message=problem.message + more)


def images_of(node: Node, name: str) -> Iterator[object]:
    """What a node names as its images: URLs, objects, references."""
    return (value for _, value in node.listed(name) if value)


def image_url(linked: JsonLd, value: object) -> str | None:
    """The URL of an image's file: of text that is one, of an ImageObject, of what a reference leads to."""
    if isinstance(value, str):
        return image_url(linked, {"@id": value}) or value
    if not isinstance(value, Mapping):
        return None
    for key in ("contentUrl", "url"):
        said = value.get(key)
        said = said[0] if isinstance(said, list) and said else said
        if isinstance(said, str) and said.strip():
            return said.strip()
    name = value.get("@id")
    for node in linked.named(name) if isinstance(name, str) else ():
        inner = {key: said for key, said in node.said.items() if key != "@id"}
        if inner and (found := image_url(linked, inner)):
            return found
    return None
