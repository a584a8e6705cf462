"""MyST, Markdown of Sphinx: the directives `{image}` and `{figure}`, whose options are those of reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Sequence

from imageseo.lint.sources.rest import OPTIONS, phrase
from imageseo.lint.sources.syntax import Dialect, SourceImage, changed_attributes
from imageseo.model.finding import AttributeChange

__all__ = ["NAME", "directive_of", "phrase", "render"]

NAME = "myst"
_OPTION = re.compile(r"[ \t>]*:([\w-]+):")


def render(
    image: SourceImage, text: str, changes: Sequence[AttributeChange], dialect: Dialect, built: str
) -> str | None:
    """Return the directive with changed options; None for attributes that no option sets."""
    if any(name not in OPTIONS for name, _ in changes):
        return None
    lead = text[text.rfind("\n", 0, image.start) + 1 : image.start]
    if lead.strip():
        return None  # in a quotation or a list item
    first, *rest = text[image.start : image.end].split("\n")
    given = {name: value for name, value in changes if value is not None}
    kept: list[str] = []
    for line in rest:
        option = _OPTION.match(line)
        name = option[1].lower() if option is not None else ""
        if name not in dict(changes):
            kept.append(line)
        elif name in given:
            kept.append(f"{lead}:{name}: {given.pop(name)}")
    return "\n".join([first, *(f"{lead}:{name}: {value}" for name, value in given.items()), *kept])


def directive_of(image: SourceImage, changes: Sequence[AttributeChange]) -> str | None:
    """Return the directive for an image of Markdown, which has no attributes there."""
    if any(name not in OPTIONS for name, _ in changes):
        return None
    options = changed_attributes({"alt": image.alt} if image.alt else {}, changes)
    return "\n".join([f"```{{image}} {image.url}", *(f":{name}: {value}" for name, value in options.items()), "```"])
