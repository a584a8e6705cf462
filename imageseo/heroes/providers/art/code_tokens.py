"""The lines of a code block as coloured pieces; Pygments tells the pieces apart."""

from __future__ import annotations

from collections.abc import Iterator

KINDS = ("plain", "keyword", "literal", "comment", "name")
MAX_LINES = 24
MAX_COLUMNS = 240
"""More than any window shows: a string or comment that is cut would colour all that follows."""

Piece = tuple[str, str]
"""Kind and text."""


def shorten(text: str) -> str:
    """Return the part of a code block that a window has room for, without the indent that all lines share."""
    lines = [line.expandtabs(4).rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while lines and not lines[0]:
        del lines[0]
    lines = lines[:MAX_LINES]
    while lines and not lines[-1]:
        lines.pop()
    shared = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return "\n".join(line[shared:][:MAX_COLUMNS] for line in lines)


def read_lines(language: str, text: str) -> list[list[Piece]]:
    """Return the pieces of each line; all are plain where Pygments is missing or has no lexer for the language."""
    lines: list[list[Piece]] = [[]]
    for kind, part in _pieces(language, text):
        for number, piece in enumerate(part.split("\n")):
            if number:
                lines.append([])
            if piece:
                lines[-1].append((kind, piece))
    while len(lines) > 1 and not lines[-1]:
        lines.pop()
    return lines


def _pieces(language: str, text: str) -> Iterator[Piece]:
    try:
        from pygments.lexers import get_lexer_by_name
        from pygments.util import ClassNotFound
    except ImportError:
        yield "plain", text
        return
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False, ensurenl=False)
    except ClassNotFound:
        yield "plain", text
        return
    for token, part in lexer.get_tokens(text):
        yield _kind(str(token)), part


def _kind(token: str) -> str:
    """Return the kind of a token of Pygments: ``Token.Literal.String.Double``."""
    name = token.removeprefix("Token.")
    if name.startswith("Comment"):
        return "comment"
    if name.startswith(("Keyword", "Operator.Word", "Name.Tag")):
        return "keyword"
    if name.startswith(("Literal", "String", "Number")):
        return "literal"
    if name.startswith(("Name.Function", "Name.Class", "Name.Attribute", "Name.Decorator", "Name.Builtin")):
        return "name"
    return "plain"
