"""Tells from the text of a selector, without parsing it, which elements it can be about: most are never parsed."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_BRACKETS = re.compile(r"\[(?:[^\]\"']|\"[^\"]*\"|'[^']*')*\]")
_PARENTHESES = re.compile(r"\([^()]*\)")
_COUNT = re.compile(r"\(\s*(?:[-+\dn\s]+|odd|even)\)")
_PSEUDO = re.compile(r"::?[-\w]+")
_PART = re.compile(r"\s*([>+~])\s*|([^\s>+~]+)")
_NAME = r"(?:[\w-]|[^\x00-\x7f])+"
_ID = re.compile(rf"#{_NAME}")
_CLASS = re.compile(rf"\.{_NAME}")
_TAG = re.compile(r"[a-zA-Z][\w-]*")
_PLAIN_NAME = "[a-zA-Z][-\\w]*"
_PLAIN_TEST = rf"""\[{_PLAIN_NAME}(?:[~|^$*]?=(?:{_PLAIN_NAME}|"[^"\\]*"|'[^'\\]*'))?\]"""
_COMPOUND = rf"(?:{_PLAIN_NAME}|(?:{_PLAIN_NAME})?(?:[.#]{_PLAIN_NAME}|{_PLAIN_TEST})+)(?::not\({_PLAIN_TEST}\))*"
_PLAIN = re.compile(rf"{_COMPOUND}(?: {_COMPOUND})*", re.ASCII)
_TEST = re.compile(_PLAIN_TEST, re.ASCII)
_NTH = re.compile(r"(:nth-(?:last-)?(?:child|of-type))\((?:\d+|odd|even|-?\d*n(?:[-+]\d+)?)\)")
_SIMPLE = rf"(?=[*a-zA-Z.#:])(?:\*|{_PLAIN_NAME})?(?:[.#:]{_PLAIN_NAME})*"
_CHAIN = re.compile(rf"{_SIMPLE}(?:(?: ?[>+~] ?| ){_SIMPLE})*", re.ASCII)
_SOME_TEST = ".attribute--test"  # stands for tests of attributes
_HIDDEN = 0xF0000  # escaped characters are moved to a plane of private use, where nothing is an operator


class SelectorKeys(NamedTuple):
    """Keys as ``#id``, ``.class``, ``tag`` or ``*``: an element that matches has that id, class or name.

    ``subject``: of the last compound. ``siblings``: of compounds before ``+`` or ``~``. ``nested``: it has selectors in
    selectors whose structure counts (``:has()``, ``:not(p > img)``).
    """

    subject: str
    siblings: tuple[str, ...]
    nested: bool


def selector_keys(text: str) -> SelectorKeys:
    """Return the keys of a selector without commas at its top level."""
    if "\\" in text:
        text = _ESCAPE.sub(
            lambda match: chr(_HIDDEN + min(ord(match[2] or chr(int(match[1], 16) % 0x110000)), 0xFFFF)), text
        )
    if "[" in text:
        text = _BRACKETS.sub("", text) or "*"
    nested = False
    while "(" in text:
        nested |= ":has(" in text or any(re.search(r"[^\s(,]\s*[>+~]|\w\s+[\w.#*\[:]", each) for each in _inner(text))
        shorter = _PARENTHESES.sub("", text)
        if shorter == text:
            return SelectorKeys("*", (), True)
        text = shorter
    before: str | None = None
    siblings: list[str] = []
    for match in _PART.finditer(text):
        if match[1]:
            if match[1] != ">" and before is not None:
                siblings.append(before)
        else:
            before = _key(match[2])
    return SelectorKeys(before or "*", tuple(siblings), nested)


def _inner(text: str) -> list[str]:
    return [
        part for part in _PARENTHESES.findall(text) if not re.fullmatch(r"\(\s*[-+\dn\s]+\)|\((?:odd|even)\)", part)
    ]


def _key(compound: str) -> str:
    compound = _PSEUDO.sub("", compound)
    for pattern in (_ID, _CLASS):
        match = pattern.search(compound)
        if match:
            return "".join(chr(ord(c) - _HIDDEN) if ord(c) >= _HIDDEN else c for c in match[0])
    match = _TAG.match(compound)
    return match[0].lower() if match else "*"


@lru_cache(maxsize=16384)
def is_plain(text: str) -> bool:
    """Whether a selector asks only for names, classes, ids and attributes of elements inside one another.

    What such a one matches does not depend on a ``<picture>`` around an image.
    """
    return not _names_wrapper(text) and _PLAIN.fullmatch(text) is not None


@lru_cache(maxsize=16384)
def only_parent(text: str) -> str | None:
    """Return the key of the element right around an image without which a wrapper changes nothing for a selector.

    ``None``: there is no such element, or it takes a parser to tell.
    """
    if ">" not in text or _names_wrapper(text):
        return None
    text = _NTH.sub(r"\1", _TEST.sub(_SOME_TEST, text))
    if _CHAIN.fullmatch(text) is None:
        return None
    compounds: list[str] = []
    combinators: list[str] = []  # after each of them
    for match in _PART.finditer(text):
        if match[1]:
            combinators[-1] = match[1]
        else:
            compounds.append(match[2])
            combinators.append(" ")
    if len(compounds) < 2 or combinators[-2] != ">":
        return None
    for compound, after in zip(compounds[:-1], combinators, strict=False):
        tag = _TAG.match(compound)
        may_be_image = tag is None or tag[0].lower() == "img"
        if _key(compound) == "*" or (after in "+~" and may_be_image):
            return None
    found = _key(compounds[-2])
    return None if found == _SOME_TEST else found


def _names_wrapper(text: str) -> bool:
    text = text.lower()
    return "picture" in text or "data-imageseo" in text
