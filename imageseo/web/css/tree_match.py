"""Selectors with combinators and pseudo-classes, matched on a tree of the page's elements (lxml and cssselect2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from imageseo.config import selector_syntax

Node = Any  # an element of lxml
Test = Callable[[Any], bool]


def matching_images(
    html: bytes, charset: str, sources: Sequence[str], include: tuple[str, ...], exclude: tuple[str, ...]
) -> tuple[frozenset[int], frozenset[int]]:
    """Return the numbers of the images that match, or are in an element that matches: included and excluded ones.

    ``sources``: the ``src`` of each image of the scan, in page order. The tree is that of the page without imageseo's
    own markup. Images are told apart by order and ``src``; of one that cannot be told apart, the others of the same
    ``src`` decide, and one excluded is enough.
    """
    from imageseo.web.css.page_tree import parse_page, scanned_images

    root = parse_page(html, charset)
    _remove_own_markup(root)
    nodes = scanned_images(root)
    both = [_matched(root, selectors) for selectors in (include, exclude)]
    found = [[_is_inside(node, matched) for node in nodes] for matched in both]
    names = [(node.get("src") or "").strip() for node in nodes]
    pairs = dict(_pairs(sources, names))
    result = []
    for matches in found:
        by_source = {name for name, is_match in zip(names, matches, strict=True) if is_match}
        result.append(
            frozenset(
                number
                for number, source in enumerate(sources)
                if (matches[pairs[number]] if number in pairs else source in by_source)
            )
        )
    return result[0], result[1]


def _remove_own_markup(root: Node) -> None:
    """Undo a build's edits in the tree: pictures around images, and the attributes that the marker lists."""
    for picture in list(root.iter("picture")):
        parent = picture.getparent()
        if picture.get("data-imageseo") is not None and parent is not None:
            for source in picture.findall("source"):
                picture.remove(source)
            picture.drop_tag()
    for image in root.iter("img"):
        marker = image.get("data-imageseo")
        if marker is not None and marker.strip().lower() != "ignore":
            for name in ("data-imageseo", *marker.split()):
                image.attrib.pop(name, None)


def _matched(root: Node, selectors: tuple[str, ...]) -> set[Node]:
    """Return the elements that a selector matches."""
    if not selectors:
        return set()
    from imageseo.web.css.page_tree import PageElement

    tests = _tests(selectors)
    wrapper = PageElement.from_html_root(root)
    return {each.etree_element for each in wrapper.iter_subtree() if any(test(each) for test in tests)}


@lru_cache(maxsize=32)
def _tests(selectors: tuple[str, ...]) -> tuple[Test, ...]:
    from cssselect2 import compile_selector_list

    return tuple(each.test for text in selectors for each in compile_selector_list(selector_syntax.normalized(text)))


def _is_inside(node: Node, matched: set[Node]) -> bool:
    return bool(matched) and (node in matched or any(each in matched for each in node.iterancestors()))


def _pairs(first: Sequence[str], second: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the pairs of equal texts at corresponding positions."""
    if len(first) == len(second) and first == second:
        yield from enumerate(range(len(second)))
        return
    from difflib import SequenceMatcher

    for block in SequenceMatcher(None, first, second, autojunk=False).get_matching_blocks():
        yield from ((block.a + offset, block.b + offset) for offset in range(block.size))
