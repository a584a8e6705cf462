"""Splits the text of a style sheet into its top-level rules, many times faster than a parse of all tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r""""(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|/\*.*?\*/|\\.|url\(\s*[^"')\s][^)]*\)|[{};()\[\]"']|/\*|<!--|-->""",
    re.DOTALL | re.IGNORECASE,
)
_PARTS = re.compile(
    r"""(?:\[[^\]"'\\]*(?:"[^"\\]*"|'[^'\\]*')?[^\]"'\\]*\]|\((?:[^()\[\]"']|\[[^\]"'\\]*\])*\)|[^,()\[\]"'])+"""
)
_AT_RULE = re.compile(r"(?:\s|/\*.*?\*/)*@", re.DOTALL)
_NOT_PLAIN = re.compile(r"\\|/\*")


class Chunk(NamedTuple):
    """One rule: the text before its block, that in its block (``None``: it has none), and all of it."""

    prelude: str
    block: str | None
    text: str

    @property
    def is_plain(self) -> bool:
        """Whether it has neither escapes nor comments: then its text can be read without a parser."""
        return _NOT_PLAIN.search(self.text) is None


def chunks(css: str) -> list[Chunk] | None:
    """Return the top-level rules of a sheet or of a block of rules; ``None`` if only a parser knows where they end."""
    try:
        return list(_chunks(css))
    except ValueError:
        return None


def _chunks(css: str) -> Iterator[Chunk]:
    start, opened, braces, others = 0, 0, 0, 0
    for match in _TOKEN.finditer(css):
        token = match[0]
        if token == "{":
            if others:
                raise ValueError
            if not braces:
                opened = match.start()
            braces += 1
        elif token == "}":
            braces -= 1
            if others or braces < 0:
                raise ValueError
            if not braces:
                yield Chunk(css[start:opened].strip(), css[opened + 1 : match.start()], css[start : match.end()])
                start = match.end()
        elif token == ";":
            if not braces and not others:
                if _AT_RULE.match(css, start) is None:
                    raise ValueError  # not the end of a rule, but part of what is wrong with the next
                yield Chunk(css[start : match.start()].strip(), None, css[start : match.end()])
                start = match.end()
        elif token in ("(", "["):
            others += 1
        elif token in (")", "]"):
            others -= 1
            if others < 0:
                raise ValueError
        elif token in ("'", '"', "/*", "<!--", "-->"):
            raise ValueError  # a string or comment without an end, or a relic of old pages
    if braces or others:
        raise ValueError
    if css[start:].strip():
        yield Chunk(css[start:].strip(), None, css[start:])


def selectors(prelude: str) -> tuple[str, ...] | None:
    """Return the selectors before a plain block; ``None`` if they must be parsed."""
    parts = _PARTS.findall(prelude)
    if ",".join(parts) != prelude:
        return None
    found = (" ".join(part.split()) for part in parts)
    return tuple(each for each in found if each)
