"""reStructuredText: `.. image::`, `.. figure::`, substitutions, and HTML in `.. raw:: html`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from imageseo.lint.sources import html
from imageseo.lint.sources.syntax import Dialect, SourceImage, blanked
from imageseo.model.finding import AttributeChange

NAME = "rest"
OPTIONS = frozenset({"alt", "width", "height"})
"""Attributes that every writer of HTML takes from a directive."""
_DIRECTIVE = re.compile(
    r"(?P<lead>[ \t]*(?:(?:[*+•-]|\d+\.|#\.)[ \t]+|\|[ \t]+)*)(?P<mark>\.\. (?:\|(?P<name>[^|\n]+)\| )?"
    r"(?P<kind>[\w:+.-]+)::)(?:[ \t]+(?P<argument>\S.*?))?[ \t]*\Z"
)
_COMMENT = re.compile(r"[ \t]*\.\.(?:[ \t]+(?!\[|_|\|)|[ \t]*\Z)")
_OPTION = re.compile(r"[ \t]*:([\w-]+):(?:[ \t]+(.*?))?[ \t]*\Z")
_IMAGES = frozenset({"image", "figure", "thumbnail"})
_LITERAL = frozenset({"code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "math", "highlight"})
_INLINE = re.compile(r"``[^`\n]+``")


def find(text: str) -> list[SourceImage]:
    """Return the images of a document in the order in which it shows them."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    found: list[SourceImage] = []
    named: dict[str, SourceImage] = {}
    hidden: list[tuple[int, int]] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        match = _DIRECTIVE.match(line)
        end = number + 1
        if match is not None and match["kind"].lower() in _IMAGES:
            image, end = _directive(lines, starts, number, match)
            hidden.append((image.start, image.end))
            if match["name"]:
                named[" ".join(match["name"].lower().split())] = image
            else:
                found.append(image)
        elif match is not None and match["kind"].lower() == "raw":
            end = _block_end(lines, number)
            if (match["argument"] or "").strip().lower() == "html":
                block = blanked(text, [(0, starts[number + 1]), (min(starts[end], len(text)), len(text))])
                found += html.find(block)
            hidden.append((starts[number], starts[end]))
        elif (match is not None and match["kind"].lower() in _LITERAL) or (match is None and _COMMENT.match(line)):
            end = _block_end(lines, number)
            hidden.append((starts[number], starts[end]))
        elif match is None and line.rstrip().endswith("::"):
            end = _block_end(lines, number)
            hidden.append((starts[number + 1], starts[end]))
        number = max(end, number + 1)
    if named:
        visible = blanked(text, hidden)
        visible = blanked(visible, (match.span() for match in _INLINE.finditer(visible)))
        found += _uses(visible, named)
    return sorted(found, key=lambda image: image.shown_at)


def _uses(visible: str, named: dict[str, SourceImage]) -> Iterator[SourceImage]:
    """Yield an image for each place that shows a substitution."""
    for match in re.finditer(r"(?<![\w|\\])\|([^|\s](?:[^|\n]*[^|\s])?)\|(?![\w|])", visible):
        image = named.get(" ".join(match[1].lower().split()))
        if image is not None:
            yield replace(image, shown_at=match.start())


def _directive(
    lines: Sequence[str], starts: Sequence[int], number: int, match: re.Match[str]
) -> tuple[SourceImage, int]:
    """Return the image of a directive, and the line after its options."""
    start = starts[number] + match.start("mark")
    is_in_table = "|" in match["lead"]
    argument = match["argument"] or ""
    url = [argument.partition("|")[0] if is_in_table else argument]
    options: dict[str, str | None] = {}
    end, last = number + 1, ""
    while (
        not is_in_table
        and end < len(lines)
        and lines[end].strip()
        and len(lines[end]) - len(lines[end].lstrip()) > match.start("mark")
    ):
        option = _OPTION.match(lines[end])
        if option is not None:
            last = option[1].lower()
            options[last] = option[2] or ""
        elif last:
            options[last] = f"{options[last]} {lines[end].strip()}".strip()
        else:
            url.append(lines[end].strip())
        end += 1
    image = SourceImage(
        syntax=NAME,
        url="".join("".join(url).split()),
        start=start,
        end=starts[end] - 1,
        shown_at=start,
        alt=options.get("alt"),
        attributes=options,
    )
    return image, end


def _block_end(lines: Sequence[str], number: int) -> int:
    """Return the line after the block that is indented below a line."""
    own = len(lines[number]) - len(lines[number].lstrip())
    end = number + 1
    while end < len(lines) and (not lines[end].strip() or len(lines[end]) - len(lines[end].lstrip()) > own):
        end += 1
    return end


def render(
    image: SourceImage, text: str, changes: Sequence[AttributeChange], dialect: Dialect, built: str
) -> str | None:
    """Return the directive with changed options; None for attributes that no option sets."""
    is_in_table = "|" in text[text.rfind("\n", 0, image.start) + 1 : image.start]
    if is_in_table or any(name not in OPTIONS for name, _ in changes):
        return None
    first, *rest = text[image.start : image.end].split("\n")
    column = image.start - (text.rfind("\n", 0, image.start) + 1)
    indent = " " * (column + 3)
    given = {name: value for name, value in changes if value is not None}
    kept, is_changed = [], False
    for line in rest:
        option = _OPTION.match(line)
        if option is not None:
            name = option[1].lower()
            is_changed = name in dict(changes)
            if name in given:
                kept.append(f"{line[: len(line) - len(line.lstrip())]}:{name}: {given.pop(name)}".rstrip())
        if not is_changed:  # else also the lines on which a long value goes on
            kept.append(line)
    return "\n".join([first, *kept, *(f"{indent}:{name}: {value}".rstrip() for name, value in given.items())])


def phrase(attributes: Mapping[str, str], dialect: Dialect) -> str | None:
    """Return attributes as a hint names them; None if no option sets them."""
    if not OPTIONS.issuperset(attributes):
        return None
    return " and ".join(
        f"`:{name}: {value}`" if value else f"an empty `:{name}:`" for name, value in attributes.items()
    )
