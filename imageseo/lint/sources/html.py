"""`<img>` in HTML pages, in templates, and in the HTML of Markdown and reStructuredText."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from imageseo.lint.sources.syntax import (
    Dialect,
    SourceImage,
    blanked,
    changed_attributes,
    in_html,
    parse_attributes,
    unshown,
)
from imageseo.model.finding import AttributeChange

NAME = "html"
_TAG = re.compile(r"""<img(?=[\s/>])((?:[^<>"']|"[^"]{0,5000}"|'[^']{0,5000}'){0,5000})>""", re.IGNORECASE)
_TEXTS = ("script", "style", "textarea", "template", "noscript")


def find(text: str) -> list[SourceImage]:
    """Return the images of a page in HTML."""
    visible = blanked(text, unshown(text, _TEXTS))
    comments = re.finditer(r"\{#[^\n#]*#\}", visible)  # of Jinja and Nunjucks
    return list(tags(blanked(visible, (match.span() for match in comments))))


def tags(text: str) -> Iterator[SourceImage]:
    """Yield the `<img>` tags of a text from which what is not shown has been removed."""
    for match in _TAG.finditer(text):
        attributes = parse_attributes(match[1])
        yield SourceImage(
            syntax=NAME,
            url=(attributes.get("src") or "").strip(),
            start=match.start(),
            end=match.end(),
            shown_at=match.start(),
            alt=attributes.get("alt"),
            attributes=attributes,
        )


def render(
    image: SourceImage, text: str, changes: Sequence[AttributeChange], dialect: Dialect, built: str
) -> str | None:
    """Return the tag with changes; what is not changed stays as it is written. None if it cannot be changed safely."""
    tag = text[image.start : image.end]
    if re.search(r"\{[{%]", tag):  # an attribute may come from a template
        return None
    for name, value in changes:
        pattern = re.compile(
            rf"""(?<=[\s"'])({re.escape(name)})(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?(?=[\s/>"'])""", re.IGNORECASE
        )
        found = pattern.search(tag)
        if value is None:
            if found is None:
                return None
            tag = re.sub(r"\s+$", "", tag[: found.start()]) + tag[found.end() :]
        elif found is not None:
            tag = f"{tag[: found.start()]}{in_html({found[1]: value})[1:]}{tag[found.end() :]}"
        else:
            end = re.search(r"\s*/?>\Z", tag)
            assert end is not None
            tag = f"{tag[: end.start()]}{in_html({name: value})}{tag[end.start() :]}"
    return tag


def tag_of(src: str, image: SourceImage, changes: Sequence[AttributeChange]) -> str:
    """Return a tag for an image that is written in another syntax."""
    title = {"title": image.title} if image.title is not None else {}
    return f"<img{in_html(changed_attributes({'src': src, 'alt': image.alt or '', **title}, changes))}>"


def phrase(attributes: Mapping[str, str], dialect: Dialect) -> str | None:
    """Return attributes as a hint names them; None where hints in HTML are right."""
    return None
