"""Reads front matter and title of a source file of any generator: YAML, TOML, JSON, and the field list of reST."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imageseo.integrations.pages import draft_in, format_exception, source_of
from imageseo.integrations.source_faults import front_matter_fault, unreadable_fault
from imageseo.model import regular_file
from imageseo.model.site import PageHints, SourceFault
from imageseo.web.html.text_content import without_markdown
from imageseo.web.sources.page_texts import markdown_headline, split_front_matter

_LONGEST_TITLE = 1000  # characters of a line; a longer one is no title
_REST_HEAD = 131_072  # characters in which a document has its fields and its title
REST = (".rst", ".txt", ".rest")
"""Suffixes of reStructuredText; any other source is Markdown."""
_FIELD = re.compile(r":((?:\\.|[^\\:\s])(?:\\.|[^\\:])*):(?:[ \t]+|\Z)")
_UNDERLINE = re.compile(r"([!-/:-@\[-`{-~])\1*[ \t]*\Z")
_ROLE = re.compile(r"(?::[\w:+.-]+:)?(`{1,2})([^`]+?)(?:\s*<[^<>]*>)?\1_{0,2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """What a source file tells of its page. ``text``: all of it; ``language``: of the front matter.

    ``fault``: why the front matter cannot be parsed, "" if it can. ``failure``: why the file cannot be read.
    """

    meta: Mapping[str, Any] = field(default_factory=dict)
    title: str | None = None
    text: str = ""
    language: str = ""
    fault: str = ""
    failure: Exception | None = None


def parse_markdown(text: str) -> SourceText:
    """Parse Markdown, with front matter in YAML (``---``), TOML (``+++``, ``---toml``) or JSON (``{``, ``---json``)."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    language, block, body = split_front_matter(text)
    meta: Mapping[str, Any] = {}
    fault = ""
    try:
        meta = _PARSERS[language](block) if block.strip() else {}
    except Exception as error:  # three parsers, each with errors of its own
        fault = format_exception(error)
    if language == "yaml" and not fault and not isinstance(meta, Mapping):
        meta, body = {}, text  # a text between two horizontal rules
    title = meta.get("title")
    return SourceText(
        meta={str(key): value for key, value in meta.items()},
        title=str(title) if title is not None and not isinstance(title, Mapping | list) else markdown_headline(body),
        text=text,
        language=language,
        fault=fault,
    )


def parse_rest(text: str) -> SourceText:
    """Parse reStructuredText: the field list before the title. Each field is text, or a mapping in YAML or JSON."""
    lines = text[:_REST_HEAD].removeprefix("\ufeff").expandtabs(8).splitlines()
    meta = {name: _field_value(body) for name, body in _fields(lines)}
    return SourceText(meta=meta, title=_rest_title(lines), text=text)


def read_source(path: Path) -> SourceText:
    """Read a source file by its suffix."""
    try:
        text = regular_file.read_text(path)
    except (OSError, ValueError) as error:  # no access, no UTF-8, no regular file, too large
        return SourceText(failure=error)
    return parse_rest(text) if path.suffix.lower() in REST else parse_markdown(text)


def hints_of_source(
    path: Path, text: SourceText, *, project: Path, keys: Sequence[str], folder: str, reader: str
) -> PageHints:
    """Return the hints of a page, with what keeps its hero from being known.

    ``folder``: the folder of the built site that paths of front matter start from. ``reader``: the generator, for
    messages.
    """
    source = source_of(path, project)
    if text.failure is not None:
        fault = unreadable_fault(path, source, keys, text.failure, reader)
        return PageHints(source=source, source_dir=folder, fault=fault)
    return PageHints(
        source=source,
        source_dir=folder,
        title=text.title,
        headline=headline(text.meta, text.text, keys) if path.suffix.lower() not in REST else text.title,
        meta=text.meta,
        unlisted=draft_in(text.meta),
        fault=_field_fault(text, source, keys) if path.suffix.lower() in REST else _markdown_fault(text, source, keys),
    )


def headline(meta: Mapping[str, Any], text: str, keys: Sequence[str]) -> str | None:
    """Return the first heading of Markdown if the page declares a hero, which may show it; else None."""
    marks = tuple(key.lower() for key in keys)
    if not any(isinstance(key, str) and key.lower().startswith(marks) for key in meta):
        return None
    return markdown_headline(split_front_matter(text.removeprefix("\ufeff").replace("\r\n", "\n"))[2])


def _field_fault(text: SourceText, source: Path, keys: Sequence[str]) -> SourceFault | None:
    """Return the fault of a field with a hero whose value is no mapping, although it begins as one."""
    names = {key.lower() for key in keys}
    for name, body in text.meta.items():
        if name.lower() not in names or not isinstance(body, str) or not _begins_mapping(body):
            continue
        try:
            _parse_yaml(body)
            problem = f"found {body[:60]}"
        except Exception as error:  # whatever PyYAML raises
            problem = " ".join(str(getattr(error, "problem", None) or error).split())
        found = re.search(rf"^:{re.escape(name)}:", text.text, re.MULTILINE)
        return SourceFault(
            source=source,
            line=text.text.count("\n", 0, found.start()) + 1 if found else None,
            message=f"field `{name}` is no mapping in YAML or JSON, so its hero is not used: {problem}",
            hint=f"close brackets and quotes: `:{name}: {{style: ridges, seed: 7}}`",
        )
    return None


def _markdown_fault(text: SourceText, source: Path, keys: Sequence[str]) -> SourceFault | None:
    if text.meta:
        return None
    if text.language in ("", "yaml"):
        return front_matter_fault(text.text, source, keys) if text.text.startswith("---") else None
    names = "|".join(map(re.escape, keys))
    if not text.fault or not names or not re.search(rf"^\W*(?:{names})(?:_\w+)?\W*[:=\]]", text.text, re.MULTILINE):
        return None
    message = f"front matter is not {text.language.upper()}, so its hero is not used: {text.fault}"
    return SourceFault(source=source, line=1, message=message, hint="correct the front matter")


def _parse_yaml(text: str) -> Any:
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


_PARSERS: Mapping[str, Callable[[str], Any]] = {"yaml": _parse_yaml, "toml": tomllib.loads, "json": json.loads}


def _fields(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the fields of a list that only comments and other invisible blocks precede."""
    number = 0
    while number < len(lines) and (not lines[number].strip() or lines[number].startswith((".. ", "..\n")) or
                                   lines[number] == ".."):  # fmt: skip
        number += 1
        while lines[number - 1].strip() and number < len(lines) and lines[number].startswith(" "):
            number += 1
    name, body = "", list[str]()
    for line in lines[number:]:
        match = _FIELD.match(line)
        if match is not None or (line.strip() and not line.startswith(" ")):
            if name:
                yield name, _dedent(body)
            if match is None:
                return
            name, body = match[1].replace("\\", "").strip(), [line[match.end() :].strip()]
        else:
            body.append(line)
    if name:
        yield name, _dedent(body)


def _dedent(body: Sequence[str]) -> str:
    import textwrap

    first, *rest = body
    return "\n".join([first, textwrap.dedent("\n".join(rest))]).strip()


def _begins_mapping(body: str) -> bool:
    """Whether a field's text can only be meant as a mapping; `{static}` begins a path of Pelican."""
    return re.match(r"\{(?!(?:static|attach|filename)\})|[\w-]+:(?:\s|\Z)", body) is not None


def _field_value(body: str) -> Any:
    """Return a mapping in YAML or JSON as such; any other text with its escapes removed."""
    if _begins_mapping(body):
        try:
            value = _parse_yaml(body)
        except Exception:  # the text is then reported by whoever expects a mapping
            return body
        if isinstance(value, dict):
            return {str(key): item for key, item in value.items()}
    return re.sub(r"\\(\S)", r"\1", " ".join(body.split()))


def _rest_title(lines: Sequence[str]) -> str | None:
    """Return the first section's title: a line with an underline that is as long."""
    for number, line in enumerate(lines[1:], 1):
        above = lines[number - 1].strip()
        is_text = (
            0 < len(above) <= _LONGEST_TITLE and not _UNDERLINE.match(above) and not above.startswith((".. ", ":"))
        )
        if is_text and _UNDERLINE.match(line) and len(line.rstrip()) >= min(len(above), 4):
            return " ".join(without_markdown(_ROLE.sub(r"\2", above)).replace("\\", "").split())
    return None
