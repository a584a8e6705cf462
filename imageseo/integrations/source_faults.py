"""Finds what keeps the hero of a source file from being known: front matter that is no YAML, a file without text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from imageseo.integrations.pages import format_exception
from imageseo.model import regular_file
from imageseo.model.site import SourceFault

_OPENING = re.compile(r"\ufeff?-{3}[ \t]*\n")
_CLOSING = re.compile(r"^(?:-{3}|\.{3})[ \t]*$", re.MULTILINE)
_BLANK_LINE = re.compile(r"^[ \t]*$", re.MULTILINE)
_MAX_SHOWN = 60  # characters of a line
_HINT = (
    "close quotes and brackets; a text with `: ` or with quotes of its own needs quotes around it: "
    "`title: 'About \"this\": a start'`"
)


def front_matter_fault(text: str, source: Path, keys: Sequence[str]) -> SourceFault | None:
    """Return why front matter that declares a hero cannot be read as YAML; None if it can, or declares none.

    ``keys``: front matter keys that declare heroes. Generators ignore such front matter without a word.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return None
    closing = _CLOSING.search(text, opening.end())
    if closing is None:
        # Without its end, only the lines up to the first empty one can be meant; a page may begin with a line `---`.
        blank = _BLANK_LINE.search(text, opening.end())
        if not _declares_hero(text[opening.end() : blank.start() if blank else None], keys):
            return None
        message = "front matter is not closed, so its hero is not used: found no second line `---`"
        return SourceFault(source=source, line=1, message=message, hint="write `---` below the last key")
    block = text[opening.end() : closing.start()]
    return _yaml_fault(block, source) if _declares_hero(block, keys) else None


def unreadable_fault(
    path: Path, source: Path, keys: Sequence[str], error: Exception, reader: str
) -> SourceFault | None:
    """Return the fault of a source that the generator cannot read; None if its text declares no hero.

    ``path``: of the file. ``reader``: who reads it, for the message.
    """
    line = None
    hint = "correct or remove the source file"
    try:
        data = regular_file.read(path)
    except OSError:
        data = b""  # whether it declares a hero is not known
    if data and not _declares_hero(data.decode("latin-1").replace("\r\n", "\n"), keys):
        return None
    try:
        data.decode()
    except UnicodeDecodeError as found:
        line = data.count(b"\n", 0, found.start) + 1
        hint = f"{reader} reads sources as UTF-8"
    message = f"cannot be read, so its hero is not used: {format_exception(error)}"
    return SourceFault(source=source, line=line, message=message, hint=hint)


def _declares_hero(text: str, keys: Sequence[str]) -> bool:
    """Whether a line begins with a key of a hero, as YAML or as flat metadata (``hero_prompt: …``)."""
    return any(
        re.search(rf"^ {{0,3}}:?[\"']?{re.escape(key)}(?:_\w+)?[\"']?[ \t]*:", text, re.MULTILINE | re.IGNORECASE)
        for key in keys
    )


def _yaml_fault(block: str, source: Path) -> SourceFault | None:
    import yaml  # with the generator; not needed by a site without such front matter

    try:
        yaml.safe_load(block)
    except yaml.MarkedYAMLError as error:
        problem = " ".join(f"{error.problem or ''} {error.context or ''}".split())
        # What is never closed is found at the end, and begins where the error has its context.
        is_open = "end" in problem or problem.endswith("quoted scalar")
        mark = (error.context_mark if is_open else None) or error.problem_mark or error.context_mark
    except Exception as error:  # a date such as 2024-13-40, brackets that are nested too deeply
        problem, mark = format_exception(error), None
    else:
        return None
    number = mark.line if mark is not None else 0
    found = block.split("\n")[number].strip() if mark is not None else ""
    shown = found if len(found) <= _MAX_SHOWN else f"{found[: _MAX_SHOWN - 1]}…"
    message = f"front matter is not YAML, so its hero is not used: {problem}" + (f"; found `{shown}`" if shown else "")
    return SourceFault(source=source, line=number + 2, message=message, hint=_HINT)
