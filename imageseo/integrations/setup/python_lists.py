"""Adds a name to a list in a configuration that is Python code: pelicanconf.py, conf.py. The code is never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from imageseo.integrations.setup.changes import (
    FileChange,
    TextInsertion,
    UnsafePatchError,
    appended,
    checked,
    end_of_line,
    is_same,
    line_end,
)

OURS = ("imageseo", "imageseo.integrations.sphinx")
"""What `init` adds to lists."""
_NAMES = ("PLUGINS", "extensions")
_AFTER_LAST = re.compile(r"\)*(,?)[ \t]*(?:#[^\r\n]*)?")


def strings(text: str) -> set[str]:
    """Return all text constants of the code. Raises ValueError (SyntaxError is none) if it is no Python."""
    return {
        node.value for node in ast.walk(_parse(text)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def neutral(text: str) -> object:
    """Return the syntax without imageseo: equal for two texts that differ in nothing else."""
    tree = _parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.List | ast.Tuple):
            node.elts = [each for each in node.elts if not (isinstance(each, ast.Constant) and each.value in OURS)]
    tree.body = [each for each in tree.body if not (_target(each) in _NAMES and _is_empty(each))]
    return ast.dump(tree)


def _is_empty(statement: ast.stmt) -> bool:
    value = getattr(statement, "value", None)
    return isinstance(value, ast.List) and not value.elts


def _parse(text: str) -> ast.Module:
    try:
        return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise ValueError(f"line {error.lineno or 1}: {error.msg}") from error


def _target(statement: ast.stmt) -> str:
    """Return the one name that a statement assigns to, "" for all others."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target = statement.target
    else:
        return ""
    return target.id if isinstance(target, ast.Name) else ""


def syntax_fault(text: str) -> tuple[int, str] | None:
    """Return line and message of a syntax error."""
    try:
        ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        return error.lineno or 1, error.msg
    except ValueError as error:  # a NUL
        return 1, str(error)
    return None


def assigned(text: str, name: str) -> Sequence[ast.AST]:
    """Return every place of the code that assigns to a name, or imports all names of a module."""
    return [
        node
        for node in ast.walk(_parse(text))
        if (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.ImportFrom) and any(each.name in ("*", name) for each in node.names))
    ]


def extends(text: str, name: str) -> bool:
    """Whether the code only adds to a list that it has from elsewhere: ``+=``, or an assignment that reads the name."""
    statements = [each for each in _parse(text).body if _target(each) == name]
    reads = [
        any(
            isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) for node in ast.walk(each)
        )
        for each in statements
    ]
    return all(reads)


def is_none(text: str, name: str) -> bool:
    """Whether the last statement that assigns to the name gives None."""
    values = [
        each.value
        for each in _parse(text).body
        if _target(each) == name and isinstance(each, ast.Assign | ast.AnnAssign)
    ]
    return bool(values) and isinstance(values[-1], ast.Constant) and values[-1].value is None


def patch(text: str, path: str, *, name: str, entry: str) -> FileChange:
    """Return the change that adds ``entry`` to the list ``name``. Raises UnsafePatchError."""
    lists = [
        each for each in _parse(text).body if _target(each) == name and isinstance(each, ast.Assign | ast.AnnAssign)
    ]
    places = assigned(text, name)
    line = getattr(places[-1], "lineno", 1) if places else 1

    def refuse(why: str) -> UnsafePatchError:
        return UnsafePatchError(
            f"{path}:{line}", why, lines=f'{name} = [\n    ...,  # what is there now\n    "{entry}",\n]'
        )

    if len(lists) != 1:
        raise refuse(f"`{name}` is assigned {len(lists)} times at the top of the file, expected once")
    value = lists[0].value
    line = lists[0].lineno
    if not isinstance(value, ast.List | ast.Tuple):
        raise refuse(f"`{name}` is no list, but `{ast.unparse(value) if value else ''}`")
    for insertions in _ways(text, value, entry):
        change = FileChange(path=path, before=text, insertions=insertions, summary=f"{entry} added to `{name}`")
        if is_same(change, neutral=neutral, is_active=lambda after: entry in strings(after)):
            return change
    raise refuse(f"`{name}` cannot be changed without risk")


def add_list(text: str, path: str, *, name: str, entry: str) -> FileChange:
    """Return the change that adds a list at the end of the code. Raises UnsafePatchError."""
    blank = "\n" if text and not text.endswith(("\n\n", "\r\n\r\n")) else ""
    insertion = appended(text, f'{blank}{name} = ["{entry}"]\n')
    return checked(
        FileChange(path=path, before=text, insertions=(insertion,), summary=f"`{name}` added"),
        neutral=neutral,
        is_active=lambda after: entry in strings(after),
        refuse=lambda: UnsafePatchError(f"{path}:1", "cannot be changed without risk", lines=f'{name} = ["{entry}"]'),
    )


def _ways(text: str, value: ast.List | ast.Tuple, entry: str) -> Iterator[tuple[TextInsertion, ...]]:
    """Yield ways to add the entry: on a line of its own if the last one has that, after the last one, as the first."""
    places = _Places(text)
    opening = places.index(value.lineno, value.col_offset)
    if text[opening : opening + 1] not in ("[", "("):  # a tuple without parentheses
        return
    last = value.elts[-1] if value.elts else None
    if last is None:
        comma = "," if isinstance(value, ast.Tuple) else ""
        yield (TextInsertion(at=opening + 1, text=f'"{entry}"{comma}'),)
        return
    end = places.index(last.end_lineno or 1, last.end_col_offset or 0)
    is_text = (
        isinstance(last, ast.Constant) and isinstance(last.value, str) and text[end - 3 : end - 1] != text[end - 1] * 2
    )
    quote = text[end - 1] if is_text else '"'
    quoted = f"{quote}{entry}{quote}"
    stop = end_of_line(text, end)
    rest = _AFTER_LAST.fullmatch(text[end:stop])
    begin, start = places.index(last.lineno, 0), places.index(last.lineno, last.col_offset)
    indent = re.match(r"[ \t]*", text[begin:start])
    if rest is not None and indent is not None and not text[begin:start].strip(" \t("):
        line = TextInsertion(at=stop, text=f"{line_end(text)}{indent[0]}{quoted},")
        yield (line,) if rest[1] else (TextInsertion(at=end + len(rest[0]) - len(rest[0].lstrip(")")), text=","), line)
    yield (TextInsertion(at=end, text=f", {quoted}"),)
    yield (TextInsertion(at=opening + 1, text=f"{quoted}, "),)


class _Places:
    """Indices of characters by the places of syntax nodes: line, and bytes of UTF-8 in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._mark = len(text) - len(text.removeprefix("\ufeff"))
        self._starts = [self._mark, *(found.end() for found in re.finditer(r"\r\n|\r|\n", text))]

    def index(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        return start + len(self._text[start:].encode()[:column].decode("utf-8", "ignore"))


def is_star(place: ast.AST) -> bool:
    """Whether a place imports all names of a module."""
    return isinstance(place, ast.ImportFrom) and any(each.name == "*" for each in place.names)
