"""Rewrites parsed selectors for a page that is only looked at: states, and what ``:has()`` contains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Node = Any  # cssselect2 is not typed

STRUCTURAL = frozenset({"first-child", "last-child", "only-child", "first-of-type", "last-of-type", "only-of-type"})
NTH = frozenset({"nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"})
STATIC = STRUCTURAL | {"root", "scope", "empty", "link", "any-link"}
# Depends on the state of the page, but the HTML gives the initial one.
_INITIAL = frozenset({"checked", "enabled", "disabled"})


def chain_of(tree: Node) -> Iterator[tuple[Node, str]]:
    """Yield the compounds from left to right, each with the combinator before it."""
    if hasattr(tree, "combinator"):
        yield from chain_of(tree.left)
        yield tree.right, tree.combinator
    else:
        yield tree, ""


class _NeverMatches(Exception):
    pass


def without_states(tree: Node, assumed: bool) -> Node:
    """Return a selector without pseudo-classes of state: assumed to hold, or as when loaded (``None``: never)."""
    try:
        return _rewrite(tree, assumed)
    except _NeverMatches:
        return None


def _rewrite(tree: Node, assumed: bool) -> Node:
    from cssselect2 import parser

    if isinstance(tree, parser.CombinedSelector):
        return parser.CombinedSelector(_rewrite(tree.left, assumed), tree.combinator, _rewrite(tree.right, assumed))
    kept = []
    for simple in tree.simple_selectors:
        if isinstance(simple, parser.PseudoClassSelector):
            if simple.name in STATIC or (simple.name in _INITIAL and not assumed):
                kept.append(simple)
            elif not assumed:
                raise _NeverMatches
        elif isinstance(simple, parser.FunctionalPseudoClassSelector):
            if simple.name in NTH or simple.name == "lang":
                kept.append(simple)
            elif not assumed:
                raise _NeverMatches
        elif hasattr(simple, "selector_list"):
            inner = _rewrite_list(simple, assumed)
            if inner is not None:
                kept.append(inner)
        else:
            kept.append(simple)
    return parser.CompoundSelector(kept)


def _rewrite_list(simple: Node, assumed: bool) -> Node:
    from cssselect2 import parser

    is_negation, is_relation = (isinstance(simple, c) for c in (parser.NegationSelector, parser.RelationalSelector))
    kept = []
    for each in simple.selector_list:
        tree = _nested(each.selector.parsed_tree) if is_relation else each.parsed_tree
        if is_negation and assumed and _has_state(tree):
            continue  # :not(:hover) may hold
        try:
            selector = parser.Selector(_rewrite(tree, assumed))
        except _NeverMatches:
            continue
        kept.append(parser.RelativeSelector(each.combinator, selector) if is_relation else selector)
    if not kept:
        if is_negation:
            return None
        raise _NeverMatches
    return type(simple)(kept)


def _nested(tree: Node) -> Node:
    """Return the selector in ``:has()`` as one compound: ``a > img`` as ``a:has(> img)``.

    Of several compounds, cssselect2 would look for the last one where the first belongs.
    """
    from cssselect2 import parser

    (first, _), *rest = chain_of(tree)
    if not rest:
        return first
    inner, combinator = None, ""
    for node, before in reversed(rest):
        simple = list(node.simple_selectors)
        if inner is not None:
            simple.append(parser.RelationalSelector([parser.RelativeSelector(combinator, parser.Selector(inner))]))
        inner, combinator = parser.CompoundSelector(simple), before
    last = parser.RelationalSelector([parser.RelativeSelector(combinator, parser.Selector(inner))])
    return parser.CompoundSelector([*first.simple_selectors, last])


def _has_state(tree: Node) -> bool:
    for node, _ in chain_of(tree):
        for simple in node.simple_selectors:
            name = getattr(simple, "name", None)
            if hasattr(simple, "selector_list"):
                inner = (getattr(each, "selector", each).parsed_tree for each in simple.selector_list)
                if any(map(_has_state, inner)):
                    return True
            elif hasattr(simple, "operator"):
                continue
            elif isinstance(name, str) and name not in STATIC | NTH | {"lang"}:
                return True
    return False
