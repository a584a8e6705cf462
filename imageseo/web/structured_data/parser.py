"""Parses the JSON-LD of a published page: its nodes with their positions, and the unreadable blocks."""

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
"""Maximum size of a block; larger ones are not parsed. The largest on real sites have about 100 KB."""
MOST = 100
"""Maximum number of problems that a rule reports per page."""
_WRAPPERS = (("<!--", "-->"), ("//<![CDATA[", "//]]>"), ("/*<![CDATA[*/", "/*]]>*/"), ("<![CDATA[", "]]>"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The text of one ``<script type="application/ld+json">``. ``start``: byte offset of the text on the page."""

    text: str = field(repr=False)
    start: int
    charset: str

    def offset(self, index: int) -> int:
        """Return the byte offset on the page of a character of the text."""
        before = self.text[:index]
        return self.start + (len(before) if before.isascii() else len(before.encode(self.charset, "replace")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One object of a block. ``path``: from the block's root. ``types``: names without prefix and vocabulary.

    ``top``: it is the root, or in the root's list or ``@graph``. ``said``: its properties, without the prefix
    ``schema:``. ``terms``: names that the page's own context defines.
    """

    block: Block
    path: tuple[str | int, ...]
    types: frozenset[str]
    top: bool
    said: Mapping[str, Any]
    terms: frozenset[str] = frozenset()

    @property
    def id(self) -> str | None:
        """The node's ``@id``; None without one."""
        declared_id = self.said.get("@id")
        return declared_id if isinstance(declared_id, str) else None

    def offset(self, *keys: str | int) -> int:
        """Return the byte offset on the page of the node, or of its property at ``keys``."""
        text = self.block.text
        return self.block.offset(position(text, (*self.path, *keys), content_range(text)[0]))

    def listed(self, key: str) -> Iterator[tuple[tuple[str | int, ...], Any]]:
        """Yield each value of a property, which may be a single value or a list, with its path from the node."""
        value = self.said.get(key)
        name = key if key in self.said else f"schema:{key}"
        if isinstance(value, list):
            yield from (((name, index), item) for index, item in enumerate(value))
        elif value is not None:
            yield (name,), value


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLdError:
    """An unreadable block: the problem, and the byte offset on the page where parsing stopped.

    ``own``: imageseo wrote the block; all others are of the theme or the author.
    """

    offset: int
    problem: str
    hint: str
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonLd:
    """The content of a page's blocks. ``nodes``: those in schema.org's vocabulary, in page order.

    ``faults``: the unreadable blocks.
    """

    nodes: tuple[Node, ...] = ()
    faults: tuple[JsonLdError, ...] = ()
    by_id: Mapping[str, Sequence[Node]] = field(default_factory=dict, repr=False)

    def named(self, name: str) -> Sequence[Node]:
        """Return every node with this ``@id``."""
        return self.by_id.get(name, ())


def read(html: bytes, spans: Sequence[Span], charset: str) -> JsonLd:
    """Parse the JSON-LD of a page. ``spans``: the contents of its blocks. Raises nothing: see ``JsonLd.faults``."""
    nodes: list[Node] = []
    faults: list[JsonLdError] = []
    for start, end in spans:
        if end - start > MAX_BYTES:
            size, limit = (end - start) / 2**20, MAX_BYTES >> 20
            problem = f"a JSON-LD block is not read: it has {size:.1f} MiB, the limit is {limit} MiB"
            faults.append(
                JsonLdError(
                    offset=start,
                    problem=problem,
                    hint="reduce the block to what the page shows; search engines need no more",
                )
            )
            continue
        block = Block(text=html[start:end].decode(charset, "replace"), start=start, charset=charset)
        begin, stop = content_range(block.text)
        try:
            root = json.loads(block.text[begin:stop], parse_constant=_reject_constant)
            nodes += _nodes(block, root)
        except json.JSONDecodeError as error:
            faults.append(_describe_error(block, begin, error))
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            faults.append(
                JsonLdError(
                    offset=block.offset(begin), problem=f"a JSON-LD block cannot be read: {reason}", hint=_FIX_TEMPLATE
                )
            )
    by_id: dict[str, list[Node]] = {}
    for node in nodes:
        if node.id is not None:
            by_id.setdefault(node.id, []).append(node)
    own = [span for span in spans if b"data-imageseo" in html[html.rfind(b"<", 0, span.start) : span.start]]
    faults = [replace(each, own=any(start <= each.offset <= end for start, end in own)) for each in faults]
    return JsonLd(nodes=tuple(nodes), faults=tuple(faults), by_id=by_id)


_FIX_TEMPLATE = "fix the template that writes it; search engines drop the whole block"


def _describe_error(block: Block, begin: int, error: json.JSONDecodeError) -> JsonLdError:
    """Describe where and why parsing stopped."""
    text, at = block.text, min(begin + error.pos, max(len(block.text) - 1, 0))
    if not text[begin:].strip():
        return JsonLdError(
            offset=block.start, problem="a JSON-LD block is empty", hint="omit the script element if there is no data"
        )
    what = error.msg[:1].lower() + error.msg[1:]
    found = " ".join(text[at : at + 24].split())
    hint = _FIX_TEMPLATE
    if text[at:].startswith(("&quot;", "&#34;", "&#x22;")):
        hint = "the template escapes quotes as in HTML; write them unescaped in a script (Jinja: `| tojson`)"
    return JsonLdError(
        offset=block.offset(at), problem=f"a JSON-LD block cannot be read: {what}, at `{found}`", hint=hint
    )


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


def content_range(text: str) -> tuple[int, int]:
    """Return start and end of the JSON, without the comment or CDATA markers that old templates put around it."""
    begin, stop = len(text) - len(text.lstrip("\ufeff \t\r\n")), len(text.rstrip())
    for prefix, suffix in _WRAPPERS:
        if text.startswith(prefix, begin):
            stop -= len(suffix) if text.endswith(suffix, begin, stop) else 0
            return begin + len(prefix), max(begin + len(prefix), stop)
    return begin, max(begin, stop)


def _nodes(block: Block, root: Any) -> Iterator[Node]:
    """Yield every object with a schema.org context, in document order."""
    stack: list[tuple[Any, tuple[str | int, ...], bool, frozenset[str] | None]] = [(root, (), True, None)]
    while stack:
        item, path, top, terms = stack.pop()
        children: Iterable[tuple[str | int, Any, bool]]
        if isinstance(item, dict):
            terms = context_terms(item["@context"], terms) if "@context" in item else terms
            if terms is not None:
                yield Node(block=block, path=path, types=_types(item), top=top, said=without_prefix(item), terms=terms)
            children = ((key, value, top and key == "@graph") for key, value in item.items() if key != "@context")
        elif isinstance(item, list):
            children = ((at, value, top) for at, value in enumerate(item))
        else:
            continue
        inner = [(value, (*path, key), is_top) for key, value, is_top in children if isinstance(value, dict | list)]
        stack += ((value, inner_path, is_top, terms) for value, inner_path, is_top in reversed(inner))


def context_terms(context: Any, outer: frozenset[str] | None) -> frozenset[str] | None:
    """Return the names that a context defines in addition to schema.org; None if it is another vocabulary."""
    parts = context if isinstance(context, list) else [context]
    own = frozenset(key for part in parts if isinstance(part, dict) for key in part if not key.startswith("@"))
    names = [part for part in parts if isinstance(part, str)]
    names += [str(part.get("@vocab", "")) for part in parts if isinstance(part, dict)]
    is_schema_org = outer is not None or any("schema.org" in name for name in names)
    return own | (outer or frozenset()) if is_schema_org else None


def _types(properties: Mapping[str, Any]) -> frozenset[str]:
    declared = properties.get("@type")
    names = declared if isinstance(declared, list) else [declared]
    return frozenset(name.rsplit("/", 1)[-1].rsplit(":", 1)[-1] for name in names if isinstance(name, str))


def without_prefix(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    if not any(key.startswith("schema:") for key in properties):
        return properties
    return {key.removeprefix("schema:"): value for key, value in properties.items()}


def first_problems(problems: Iterator[Problem]) -> Iterator[Problem]:
    """Yield the first ``MOST`` problems of a page: a large block may have thousands, and locating each takes time."""
    for number, problem in enumerate(islice(problems, MOST), 1):
        more = " (further problems of this kind on this page are not listed)" if number == MOST else ""
        yield replace(problem, message=problem.message + more)


def images_of(node: Node, name: str) -> Iterator[object]:
    """Return the values of a node's image property: URLs, objects, references."""
    return (value for _, value in node.listed(name) if value)


def image_url(json_ld: JsonLd, value: object) -> str | None:
    """Return the URL of an image from a URL, an ImageObject or a reference to one; None if it has none."""
    if isinstance(value, str):
        return image_url(json_ld, {"@id": value}) or value
    if not isinstance(value, Mapping):
        return None
    for key in ("contentUrl", "url"):
        url = value.get(key)
        url = url[0] if isinstance(url, list) and url else url
        if isinstance(url, str) and url.strip():
            return url.strip()
    name = value.get("@id")
    for node in json_ld.named(name) if isinstance(name, str) else ():
        properties = {key: item for key, item in node.said.items() if key != "@id"}
        if properties and (found := image_url(json_ld, properties)):
            return found
    return None
