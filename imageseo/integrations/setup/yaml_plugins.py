"""Adds imageseo to the `plugins` of mkdocs.yml and properdocs.yml. No object of the file is constructed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

from imageseo.integrations.setup.changes import (
    FileChange,
    TextInsertion,
    UnsafePatchError,
    appended,
    checked,
    end_of_line,
    line_end,
    line_of,
)

NAME = "imageseo"
_PLUGINS = "plugins"
_DEFAULT = ("search",)  # what MkDocs loads without the key
_STANDARD = "tag:yaml.org,2002:"
_PASTE = "plugins:\n  - search\n  - imageseo"


class ParsedYamlError(ValueError):
    """A text is no YAML, or no mapping. ``line``: 1-based."""

    def __init__(self, message: str, *, line: int = 1) -> None:
        super().__init__(message)
        self.line = line


class _Value(NamedTuple):
    """The events of the value of `plugins`, and the key's own."""

    key: Any
    events: Sequence[Any]


def parse(text: str) -> Any:
    """Return the document as nested tuples of tags and values, without constructing objects."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _plain(node, ())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise ParsedYamlError(f"no valid YAML: {problem}", line=1 if mark is None else mark.line + 1) from error


def _plain(node: yaml.Node, above: tuple[int, ...]) -> Any:
    if id(node) in above:
        raise ParsedYamlError("an alias that contains itself")
    inside = (*above, id(node))
    if isinstance(node, yaml.MappingNode):
        return (node.tag, tuple((_plain(key, inside), _plain(value, inside)) for key, value in node.value))
    if isinstance(node, yaml.SequenceNode):
        return (node.tag, tuple(_plain(item, inside) for item in node.value))
    return (node.tag, node.value)


def _text(value: str) -> tuple[str, str]:
    return (f"{_STANDARD}str", value)


def _names(plugins: Any) -> list[Any]:
    """Return the names of plug-ins: items of a list, each a name or a mapping with one key, or keys of a mapping."""
    tag, items = plugins
    if tag == f"{_STANDARD}map":
        return [key for key, _ in items]
    if tag != f"{_STANDARD}seq":
        return []
    return [item[1][0][0] if item[0] == f"{_STANDARD}map" and item[1] else item for item in items]


def _root(text: str) -> tuple[Any, ...]:
    document = parse(text)
    if document is None:
        return ()
    if document[0] != f"{_STANDARD}map":
        raise ParsedYamlError("expected settings by name")
    pairs: tuple[Any, ...] = document[1]
    return pairs


def get(text: str, name: str) -> Any:
    """Return the value of a key as ``parse`` gives it; None if there is none."""
    return next((value for key, value in _root(text) if key == _text(name)), None)


def is_active(text: str) -> bool:
    """Whether imageseo is in `plugins`."""
    plugins = get(text, _PLUGINS)
    return plugins is not None and _text(NAME) in _names(plugins)


def neutral(text: str) -> object:
    """Return the document without imageseo: equal for two texts that differ in nothing else."""
    pairs = [pair for pair in _root(text) if pair[0] != _text(_PLUGINS)]
    plugins = get(text, _PLUGINS)
    default: Any = (f"{_STANDARD}seq", tuple(_text(name) for name in _DEFAULT))
    if plugins is None or plugins == (f"{_STANDARD}null", ""):
        plugins = default
    elif isinstance(plugins[1], tuple):
        names = _names(plugins)
        plugins = (plugins[0], tuple(item for item, name in zip(plugins[1], names, strict=True) if name != _text(NAME)))
    return (pairs, plugins)


def patch(text: str, path: str, *, inherited: str = "") -> FileChange | None:
    """Return the change that adds the plug-in; None if it is there already.

    ``inherited``: place of the list of plug-ins in a file that this one inherits. Raises UnsafePatchError.
    """
    try:
        if is_active(text):
            return None
        found = _find(text, path)
    except ParsedYamlError as error:
        raise UnsafePatchError(f"{path}:{error.line}", f"cannot be read: {error}", lines=_PASTE) from error
    if found is None and inherited:
        raise UnsafePatchError(
            inherited,
            f"{path} inherits this list of plug-ins, and one of its own would replace it",
            lines="  - imageseo",
        )
    insertion = _append_list(text) if found is None else _insert(text, path, found)
    summary = "imageseo added to `plugins`" if found else "`plugins` added, with search, which MkDocs loads by default"
    line = line_of(text, insertion.at)
    return checked(
        FileChange(path=path, before=text, insertions=(insertion,), summary=summary),
        neutral=neutral,
        is_active=is_active,
        refuse=lambda: UnsafePatchError(f"{path}:{line}", "`plugins` cannot be changed without risk", lines=_PASTE),
    )


def _find(text: str, path: str) -> _Value | None:
    """Return the value of `plugins` in the root mapping. Raises UnsafePatchError if it is there twice or an alias."""
    events: list[Any] = list(yaml.parse(text, Loader=yaml.SafeLoader))
    start = next((number for number, each in enumerate(events) if isinstance(each, yaml.MappingStartEvent)), None)
    if start is None:
        return None
    found: list[_Value] = []
    number = start + 1
    while not isinstance(events[number], yaml.MappingEndEvent):
        after_key = _end(events, number)
        after = _end(events, after_key)
        key = events[number]
        if isinstance(key, yaml.ScalarEvent) and key.value == _PLUGINS:
            found.append(_Value(key, events[after_key:after]))
        if isinstance(key, yaml.ScalarEvent) and key.value == "<<":
            raise UnsafePatchError(
                f"{path}:{events[number].start_mark.line + 1}", "settings are merged with `<<`", lines=_PASTE
            )
        number = after
    if len(found) > 1:
        line = found[1].key.start_mark.line + 1
        raise UnsafePatchError(f"{path}:{line}", "`plugins` is there twice", lines="  - imageseo")
    if found and isinstance(found[0].events[0], yaml.AliasEvent):
        line = found[0].key.start_mark.line + 1
        raise UnsafePatchError(f"{path}:{line}", "`plugins` is an alias of another list", lines="  - imageseo")
    return found[0] if found else None


def _end(events: Sequence[Any], number: int) -> int:
    """Return the number of the event after a node."""
    depth = 0
    while True:
        depth += isinstance(events[number], yaml.CollectionStartEvent) - isinstance(
            events[number], yaml.CollectionEndEvent
        )
        number += 1
        if depth == 0:
            return number


def _append_list(text: str) -> TextInsertion:
    blank = "\n" if text.strip("\ufeff") and not text.endswith(("\n\n", "\r\n\r\n")) else ""
    return appended(text, f"{blank}plugins:\n  - search\n  - imageseo\n")


def _insert(text: str, path: str, value: _Value) -> TextInsertion:
    first, last = value.events[0], value.events[-1]
    if isinstance(first, yaml.ScalarEvent):
        if first.value == "" and first.style is None and first.tag is None:
            newline, end = line_end(text), end_of_line(text, value.key.end_mark.index)
            return TextInsertion(at=end, text=f"{newline}  - search{newline}  - imageseo")
        line = value.events[0].start_mark.line + 1
        raise UnsafePatchError(f"{path}:{line}", f"expected a list of plug-ins, found {first.value!r}", lines=_PASTE)
    entry = f"{NAME}: {{}}" if isinstance(first, yaml.MappingStartEvent) else NAME
    items = value.events[1:-1]
    if first.flow_style:
        at = items[-1].end_mark.index if items else last.end_mark.index - 1
        return TextInsertion(at=at, text=f", {entry}" if items else entry)
    return _insert_block(text, items, entry, is_list=isinstance(first, yaml.SequenceStartEvent), start=first)


def _insert_block(text: str, items: Sequence[Any], entry: str, *, is_list: bool, start: Any) -> TextInsertion:
    """Insert a line after the last one of the items, with the indentation of the first."""
    first = items[0].start_mark
    begin = text.rfind("\n", 0, first.index) + 1
    head = text[begin : first.index]
    dashed = is_list and head.lstrip(" ").startswith("-")  # else an anchor or a comment stands between
    column = len(head) - len(head.lstrip(" ")) if dashed else (start.start_mark if is_list else first).column
    line = f"{' ' * column}{'- ' if is_list else ''}{entry}"
    leaf = next(
        each for each in reversed(items) if not isinstance(each, yaml.CollectionEndEvent) or _is_flow_end(text, each)
    )
    end = leaf.end_mark.index
    # A block scalar ends where the next line of content begins; its own text is all before it.
    while end > 0 and text[end - 1] in "\r\n" and end > leaf.start_mark.index:
        end -= 1
    return TextInsertion(at=end_of_line(text, end), text=f"{line_end(text)}{line}")


def _is_flow_end(text: str, event: Any) -> bool:
    """Whether a collection ends with its bracket; the end of a block has no character of its own."""
    return event.start_mark.index < event.end_mark.index and text[event.end_mark.index - 1] in "]}"
