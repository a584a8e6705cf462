"""Reads style sheets into flat rules: nested rules, media queries, layers and imports resolved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from imageseo.web.css import chunks
from imageseo.web.css.lengths import is_parseable

Node = Any  # tinycss2 is not typed

_MAX_SELECTORS = 256  # of one nested rule: real ones have a handful
_WORD = re.compile(r"[-\w]+")
_AT_BLOCK = re.compile(r"@(media|supports|layer|container)(?![-\w])", re.IGNORECASE)
_URL = re.compile(r"""url\(\s*(?:"([^"]*)"|'([^']*)'|([^"'()\s]+))\s*\)""", re.IGNORECASE)
_IMAGE_SET = re.compile(r"image-set\(([^;{}]*)", re.IGNORECASE)
_STRING = re.compile(r""""([^"]+)"|'([^']+)'""")
_BLOCKS = frozenset({"media", "supports", "layer", "container", "scope"})


class Declaration(NamedTuple):
    """One declaration; ``name`` and ``value`` in lower case."""

    name: str
    value: str
    important: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The at-rules around a rule.

    ``media``: media query lists that must all match. ``layer``: name of its cascade layer; ``None`` outside layers.
    ``maybe``: whether something else decides if it applies: a container query, ``@supports not``, ``@scope``.
    """

    media: tuple[str, ...] = ()
    layer: str | None = None
    maybe: bool = False


class StyleRule:
    """One style rule. ``selectors``: each as written, with ``&`` of nested rules replaced."""

    __slots__ = ("_declarations", "_nodes", "_urls", "_words", "context", "selectors")

    def __init__(self, selectors: tuple[str, ...], nodes: Sequence[Node] | str, context: Context) -> None:
        """``nodes``: the content of its block, as text if that is plain."""
        self.selectors = selectors
        self.context = context
        self._nodes = nodes
        self._declarations: tuple[Declaration, ...] | None = None
        self._words: frozenset[str] | None = None
        self._urls: tuple[str, ...] | None = None

    @property
    def declarations(self) -> tuple[Declaration, ...]:
        """The declarations of its own, parsed when they are asked for: those of most rules never are."""
        if self._declarations is None:
            self.may_set()
            self._urls = self.urls
            self._declarations = tuple(_declarations(_contents(self._nodes)))
            self._nodes = ()
        return self._declarations

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs in its declarations, as written."""
        if self._urls is None:
            self._urls = tuple(_urls(self._nodes))
        return self._urls

    def may_set(self, *names: str) -> bool:
        """Whether it could set one of these properties; without parsing."""
        if self._words is None:
            if isinstance(self._nodes, str):
                self._words = frozenset(_WORD.findall(self._nodes.lower()))
            else:
                nodes: Iterable[Node] = self._nodes
                self._words = frozenset(node.lower_value for node in nodes if node.type == "ident")
        return not self._words.isdisjoint(names)

    def mentions(self, *parts: str) -> bool:
        """Whether a word of its block contains one of these; without parsing."""
        self.may_set()
        return any(part in word for word in self._words or () for part in parts)


class Import(NamedTuple):
    """An ``@import``: its URL, and the context in which the rules of that sheet apply."""

    url: str
    context: Context


@dataclass(slots=True)
class StyleSheet:
    """The rules of one sheet in order, its imports, and its layers in the order of their first appearance.

    ``is_skipped``: it is not read, as it could exhaust the parser; what its rules are is then unknown.
    """

    rules: list[StyleRule] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    is_skipped: bool = False


@lru_cache(maxsize=256)  # one build after another reads the same sheets
def parse(css: str) -> StyleSheet:
    """Parse a style sheet. What cannot be parsed is left out, as browsers do."""
    sheet = StyleSheet()
    if is_parseable(css):
        _read_text(css, Context(), sheet)
    else:
        sheet.is_skipped = True
    return sheet


def _read_text(css: str, context: Context, sheet: StyleSheet) -> None:
    """Read a sheet, or a block of rules; what is not plain by a parser."""
    import tinycss2  # type: ignore[import-untyped]

    found = chunks.chunks(css)
    for chunk in [chunks.Chunk("", None, css)] if found is None else found:
        block = chunk.block
        if block is not None and chunk.is_plain:
            at_block = _AT_BLOCK.match(chunk.prelude)
            if at_block:
                name = at_block[1].lower()
                _read_text(block, _inner_context(name, chunk.prelude[at_block.end() :].strip(), context, sheet), sheet)
                continue
            names = None if chunk.prelude.startswith("@") or "{" in block else chunks.selectors(chunk.prelude)
            if names:
                sheet.rules.append(StyleRule(names[:_MAX_SELECTORS], block, context))
                continue
        _read(tinycss2.parse_stylesheet(chunk.text, skip_comments=True, skip_whitespace=True), context, (), sheet)


@lru_cache(maxsize=4096)  # the same inline styles recur on all pages
def declarations(css: str) -> tuple[Declaration, ...]:
    """Parse the content of a ``style`` attribute."""
    import tinycss2

    if not is_parseable(css):
        return ()
    return tuple(_declarations(tinycss2.parse_blocks_contents(css, skip_comments=True, skip_whitespace=True)))


def _urls(nodes: Sequence[Node] | str) -> Iterator[str]:
    text = nodes if isinstance(nodes, str) else _text_with_urls(nodes)
    if "(" in text:
        yield from (match[match.lastindex or 0] for match in _URL.finditer(text))
        for images in _IMAGE_SET.findall(text):
            yield from (one or other for one, other in _STRING.findall(images))


def _text_with_urls(nodes: Sequence[Node]) -> str:
    import tinycss2

    if not any(node.type in ("url", "function") for node in nodes):
        return ""
    return str(tinycss2.serialize([node for node in nodes if node.type != "{} block"]))


def _contents(nodes: Sequence[Node] | str) -> list[Node]:
    import tinycss2

    return list(tinycss2.parse_blocks_contents(nodes, skip_comments=True, skip_whitespace=True))


def _read(nodes: Iterable[Node], context: Context, parents: tuple[str, ...], sheet: StyleSheet) -> None:
    for node in nodes:
        if node.type == "qualified-rule":
            selectors = _selectors(node.prelude, parents)
            if selectors:
                _read_block(node.content, context, selectors, sheet)
        elif node.type == "at-rule":
            _at_rule(node, context, parents, sheet)


def _read_block(content: Sequence[Node], context: Context, parents: tuple[str, ...], sheet: StyleSheet) -> None:
    """Read a block of rules, or of declarations of ``parents`` with rules among them."""
    if parents:
        sheet.rules.append(StyleRule(parents, content, context))
        if not any(node.type == "{} block" for node in content):
            return
    _read(_contents(content), context, parents, sheet)


def _at_rule(node: Node, context: Context, parents: tuple[str, ...], sheet: StyleSheet) -> None:
    import tinycss2

    name = node.lower_at_keyword
    if name == "import" and not parents:
        found = _import(node.prelude)
        if found:
            sheet.imports.append(found)
            if found.context.layer is not None:
                _add_layer(found.context.layer, sheet)
    elif name == "layer" and node.content is None:
        for layer in tinycss2.serialize(node.prelude).split(","):
            _add_layer(_inside(context.layer, layer.strip()), sheet)
    elif name in _BLOCKS and node.content is not None:
        prelude = tinycss2.serialize(node.prelude).strip()
        inner = _inner_context(name, prelude, context, sheet)
        if name == "scope":
            roots = next((part.content for part in node.prelude if part.type == "() block"), ())
            parents = _selectors(roots, parents) or parents
        _read_block(node.content, inner, parents, sheet)


def _inner_context(name: str, prelude: str, outer: Context, sheet: StyleSheet) -> Context:
    if name == "media":
        return Context(media=(*outer.media, prelude), layer=outer.layer, maybe=outer.maybe)
    if name == "layer":
        layer = _inside(outer.layer, prelude or f"{len(sheet.layers)}")  # an anonymous layer is one of its own
        _add_layer(layer, sheet)
        return Context(media=outer.media, layer=layer, maybe=outer.maybe)
    maybe = outer.maybe or name != "supports" or prelude.lower().startswith("not")
    return Context(media=outer.media, layer=outer.layer, maybe=maybe)


def _import(prelude: Sequence[Node]) -> Import | None:
    import tinycss2

    nodes = [node for node in prelude if node.type not in ("whitespace", "comment")]
    if not nodes:
        return None
    first, rest = nodes[0], list(prelude[prelude.index(nodes[0]) + 1 :])
    if first.type in ("string", "url"):
        url = first.value
    elif first.type == "function" and first.lower_name == "url":
        url = next((node.value for node in first.arguments if node.type == "string"), "")
    else:
        return None
    layer, maybe = None, False
    for node in nodes[1:3]:
        if node.type == "ident" and node.lower_value == "layer":
            layer = f"import {url}"
        elif node.type == "function" and node.lower_name == "layer":
            layer = tinycss2.serialize(node.arguments).strip()
        elif node.type == "function" and node.lower_name == "supports":
            maybe = tinycss2.serialize(node.arguments).strip().lower().startswith("not")
        else:
            break
        rest.remove(node)
    media = tinycss2.serialize(rest).strip()
    return Import(url, Context(media=(media,) if media else (), layer=layer, maybe=maybe))


def _inside(outer: str | None, layer: str) -> str:
    return layer if outer is None else f"{outer}.{layer}"


def _add_layer(layer: str, sheet: StyleSheet) -> None:
    if layer not in sheet.layers:
        sheet.layers.append(layer)


def _declarations(nodes: Iterable[Node]) -> Iterator[Declaration]:
    import tinycss2

    for node in nodes:
        if node.type == "declaration":
            yield Declaration(node.lower_name, tinycss2.serialize(node.value).strip().lower(), node.important)


def _selectors(prelude: Sequence[Node], parents: tuple[str, ...]) -> tuple[str, ...]:
    """Return the selectors of a rule; in a nested one ``&``, or the place before it, stands for the outer selectors."""
    import tinycss2

    parts: list[list[Node]] = [[]]
    for node in prelude:
        if node.type == "literal" and node.value == ",":
            parts.append([])
        elif node.type != "comment":
            parts[-1].append(node)
    found: list[str] = []
    for part in parts:
        text = " ".join(tinycss2.serialize(part).split())
        if not text:
            continue
        if not parents:
            found.append(text)
        elif "&" not in text:
            found += [f"{parent} {text}" for parent in parents]
        elif text.startswith("&") and text.count("&") == 1:
            found += [parent + text[1:] for parent in parents]
        else:
            found.append(text.replace("&", f":is({', '.join(parents)})"))
    return tuple(found[:_MAX_SELECTORS])
