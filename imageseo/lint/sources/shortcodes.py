"""Shortcodes of Hugo and tags of Liquid and Nunjucks that show an image, and links of Obsidian."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from imageseo.lint.sources.syntax import (
    EXTENSIONS,
    Dialect,
    SourceImage,
    changed_attributes,
    in_html,
    parse_attributes,
)
from imageseo.model.finding import AttributeChange

NAME = "shortcodes"
_CALL = re.compile(r"\{\{[<%]\s*([\w./-]+)\s+([^{}]*?)\s*/?[%>]\}\}|\{%-?\s*([\w./-]+)\s+([^{}]*?)\s*-?%\}")
_FILE = re.compile(
    rf"""["']([^"'\n]+\.{EXTENSIONS})["']|(?<![\w"'.-])([^\s"'=,]+\.{EXTENSIONS})(?![\w.-])""", re.IGNORECASE
)
_WIKI = re.compile(rf"!\[\[([^\]|#\n]+\.{EXTENSIONS})(?:#[^\]|\n]*)?(?:\|([^\]\n]*))?\]\]", re.IGNORECASE)
_OWN = frozenset({"figure", "img", "image", "picture"})


def find(text: str) -> Iterator[SourceImage]:
    """Yield what names exactly one image file."""
    for match in _CALL.finditer(text):
        body = match[2] if match[2] is not None else match[4]
        files = {one or other for one, other in _FILE.findall(body)}
        if len(files) == 1:
            attributes = parse_attributes(body)
            yield SourceImage(
                syntax=NAME,
                url=files.pop(),
                start=match.start(),
                end=match.end(),
                shown_at=match.start(),
                alt=attributes.get("alt"),
                attributes={"": match[1] or match[3], **attributes},
            )
    for match in _WIKI.finditer(text):
        yield SourceImage(
            syntax=NAME,
            url=match[1].strip(),
            start=match.start(),
            end=match.end(),
            shown_at=match.start(),
            alt=match[2],
        )


def render(
    image: SourceImage, text: str, changes: Sequence[AttributeChange], dialect: Dialect, built: str
) -> str | None:
    """Return Hugo's `figure` with changes; None for others, whose parameters are the site's own."""
    attributes = dict(image.attributes)
    if attributes.pop("", None) != "figure" or "src" not in attributes or not text.startswith("{{<", image.start):
        return None
    return f"{{{{< figure{in_html(changed_attributes(attributes, changes))} >}}}}"


def figure_of(image: SourceImage, changes: Sequence[AttributeChange]) -> str:
    """Return Hugo's `figure` for an image of Markdown."""
    attributes = changed_attributes({"src": image.url, "alt": image.alt or ""}, changes)
    return f"{{{{< figure{in_html(attributes)} >}}}}"


def phrase(attributes: Mapping[str, str], dialect: Dialect) -> str | None:
    """Return attributes as a hint names them; None: parameters look as attributes of HTML do."""
    return None
