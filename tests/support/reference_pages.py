"""The generated parts of the manual's reference, from the code: commands, settings, Python API, entry points.

``python -m tests.support.reference_pages`` writes them between their marks; a test compares.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import msgspec

import imageseo
from imageseo.cli.main import cli
from imageseo.config.plugins import KINDS, PACKAGES
from tests.support.reference_links import COMMAND_PAGES, GROUP_TITLES, SETTING_NOTES, SETTING_PAGES

REFERENCE = Path(__file__).parents[2] / "site_example/docs/reference"
COMMAND = "python -m tests.support.reference_pages"
_BLOCK = re.compile(rf"(?<=<!-- begin: written by `{re.escape(COMMAND)}` -->\n).*?(?=<!-- end -->)", re.DOTALL)


def commands() -> str:
    """Return a section for each command: how it is called, what it does, its options."""
    order = list(COMMAND_PAGES)
    known = {name: order.index(name) if name in order else len(order) for name, _ in _leaves(cli, "imageseo")}
    found = sorted(_leaves(cli, "imageseo"), key=lambda pair: known[" ".join(pair[0].split()[:2])])
    return "\n".join(section for name, command in found for section in _command(name, command))


def _leaves(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            child = command.get_command(context, each)
            if child is not None and not child.hidden:
                yield from _leaves(child, f"{name} {each}")


def _command(name: str, command: click.Command) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    pieces = command.collect_usage_pieces(context)
    text = inspect.cleandoc(command.help or "").split("\f")[0]
    yield f"## {name} {{ #{name.replace(' ', '-')} }}\n\n```text\n{name} {' '.join(pieces)}\n```\n\n{_escaped(text)}\n"
    if name in COMMAND_PAGES:
        yield f"More: {COMMAND_PAGES[name]}.\n"
    rows = [_option(each, context) for each in command.params if isinstance(each, click.Option) and not each.hidden]
    if rows:
        yield "\n".join(["| Option | Means |", "|---|---|", *rows, ""])


def _option(option: click.Option, context: click.Context) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    values = option.type.choices if isinstance(option.type, click.Choice) else ()
    value = "" if option.is_flag or option.count else option.metavar or option.make_metavar(context)
    if values:
        value = option.opts[-1].strip("-").upper()
    default = option.default
    shown = isinstance(default, (int, str)) and not isinstance(default, bool) and default != "" and not option.is_flag
    text = _escaped(option.help or "")
    text += f" One of {', '.join(f'`{each}`' for each in values)}." if values else ""
    text += f" Default: `{default}`." if shown else ""
    return f"| {_cell(f'{names} `{value}`' if value else names)} | {_cell(text)} |"


def settings() -> str:
    """Return a table of settings for each group, in the order of the schema."""
    schema = json.loads((Path(imageseo.__file__).parent / "config/settings.schema.json").read_text("utf-8"))
    groups: dict[str, list[str]] = {}
    for key, spec in _properties(schema, schema, ""):
        group = key.split(".")[0] if "." in key else "general"
        if group == "budgets" and spec.get("default") == 0:  # the other viewports of a metric: one row for all
            key, spec = f"{'.'.join(key.split('.')[:2])}.VIEWPORT.LEVEL", {**spec, "group": "", "description": ""}
        row = _setting(key, spec)
        if row not in groups.setdefault(group, []):
            groups[group].append(row)
    general = groups.pop("general")
    sections = []
    for group, rows in {"general": general, **groups}.items():
        title, text = GROUP_TITLES[group]
        intro = f"{text}\n\n" if text else ""
        sections.append("\n".join([f"## {title}\n\n{intro}| Key | Default | Means |", "|---|---|---|", *rows, ""]))
    return "\n".join(sections)


def _properties(
    schema: Mapping[str, Any], spec: Mapping[str, Any], before: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, each in spec["properties"].items():
        target = schema["$defs"][each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else {}
        merged = {**target, **each}
        if "properties" in merged:
            yield from _properties(schema, merged, f"{before}{name}.")
        else:
            yield f"{before}{name}", {"group": spec.get("description", ""), **merged}


def _setting(key: str, spec: Mapping[str, Any]) -> str:
    default = spec.get("default")
    shown = "" if default in (None, "", [], {}) else f"`{_toml(default)}`"
    text = _markdown(SETTING_NOTES.get(key) or spec.get("description") or spec["group"])
    values = ", ".join(f"`{value}`" for value in spec.get("enum", ()))
    end = "" if text.endswith((".", "`", ")")) else "."
    parts = [_escaped(text) + end, f"One of {values}." if values else "", SETTING_PAGES.get(key, "")]
    return f"| `{key}` | {shown} | {_cell(' '.join(filter(None, parts)))} |"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def api() -> str:
    """Return a section for each public name but the version: functions, then types."""
    names = [name for name in imageseo.__all__ if not name.startswith("__")]
    found = {name: getattr(imageseo, name) for name in names}
    functions = [_function(name, each) for name, each in found.items() if inspect.isfunction(each)]
    types = [_type(name, each) for name, each in found.items() if inspect.isclass(each)]
    assert len(functions) + len(types) == len(names), "a kind of name that the reference does not show"
    return "\n".join([*functions, *types])


def _function(name: str, function: Callable[..., Any]) -> str:
    """The signature and the parts of a Google-style docstring."""
    signature = re.sub(r"(: |-> )'(.*?)'", r"\1\2", str(inspect.signature(function))).replace("(", "(\n    ", 1)
    head, arrow, result = signature.rpartition(") -> ")
    lines = re.sub(r", (?=\*,|\w+:)", ",\n    ", head).replace("*, ", "*,\n    ")
    doc = inspect.cleandoc(function.__doc__ or "")
    summary, *sections = re.split(r"^(Args|Returns|Raises):\n", doc, flags=re.MULTILINE)
    parts = [f"### {name} {{ #{name} }}\n\n```python\n{name}{lines},\n{arrow}{result}\n```\n\n{_markdown(summary)}\n"]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        items = re.split(r"\n(?=\S)", inspect.cleandoc(body))
        if title == "Returns":
            parts.append(f"**Returns:** {_markdown(body)}\n")
        else:
            kind = "Argument" if title == "Args" else "Raises"
            rows = [f"| `{item.split(':', 1)[0]}` | {_cell(_markdown(item.split(':', 1)[1]))} |" for item in items]
            parts.append("\n".join([f"| {kind} | |", "|---|---|", *rows, ""]))
    return "\n".join(parts)


def _type(name: str, kind: type) -> str:
    summary = _markdown(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0])
    text = f"### {name} {{ #{name} }}\n\n{summary}\n"
    if issubclass(kind, msgspec.Struct):
        return f"{text}\nIts fields are the [settings](settings.md).\n"
    hints = _hints(kind)
    fields = [each.name for each in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else []
    members = getattr(kind, "__members__", {})
    properties = [key for key, value in vars(kind).items() if isinstance(value, property) and value.__doc__]
    rows = [f"| `{key}` | `{hints.get(key, '')}` |" for key in fields if not key.startswith("_")]
    rows += [f"| `{key}` | `{value.value!r}` |" for key, value in members.items()]
    rows += [f"| `{key}` | {_cell(_markdown(getattr(kind, key).__doc__ or ''))} |" for key in properties]
    return text if not rows else "\n".join([text, "| Attribute | |", "|---|---|", *map(str, rows), ""])


def _hints(kind: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        found |= {key: str(value).replace("|", "\\|") for key, value in inspect.get_annotations(each).items()}
    return {key: value.strip("'") for key, value in found.items() if not key.startswith("_")}


def groups() -> str:
    """Return the table of entry-point groups, with the names of imageseo's own plug-ins."""
    own = {group: ", ".join(f"`{name}`" for name in _modules(package)) for group, package in PACKAGES.items()}
    own["imageseo.rules"] = "see [Rules and findings](rules.md)"
    rows = [f"| {KINDS[group]} | `{group}` | {own[group]} |" for group in PACKAGES]
    return "\n".join(["| Kind | Entry-point group | Included |", "|---|---|---|", *rows, ""])


def _modules(package: str) -> list[str]:
    found = pkgutil.iter_modules(import_module(package).__path__)
    return sorted(each.name for each in found if not each.ispkg and not each.name.startswith("_"))


def _escaped(text: str) -> str:
    """Angle brackets as text, outside of code; a click help text marks paragraphs that stay as they are by \\b."""
    return re.sub(r"`[^`]*`|<", lambda found: found[0] if found[0] != "<" else "&lt;", text.replace("\b\n", ""))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("\\\\|", "\\|").split())


def _markdown(text: str) -> str:
    return " ".join(re.sub(r"``(.+?)``", r"`\1`", text).split())


PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings,
    "python.md": api,
    "plug-ins.md": groups,
}


def written(name: str) -> str:
    """Return the text of a page with its generated part as it must be."""
    text = (REFERENCE / name).read_text("utf-8")
    found, count = _BLOCK.subn(lambda _: f"\n{PAGES[name]().strip()}\n\n", text)
    assert count == 1, f"{name} has no mark for the generated part"
    return found


if __name__ == "__main__":
    for page in PAGES:
        (REFERENCE / page).write_text(written(page), encoding="utf-8")
