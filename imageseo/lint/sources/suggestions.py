"""The lines that an author can paste: those of the source file with the changed attributes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from imageseo.lint.sources import html, markdown, myst, rest, shortcodes
from imageseo.lint.sources.placement import file_name
from imageseo.lint.sources.syntax import Dialect, SourceImage, parse_attributes
from imageseo.model.finding import AttributeChange

_Render = Callable[[SourceImage, str, Sequence[AttributeChange], Dialect, str], str | None]
_RENDERERS: Mapping[str, _Render] = {each.NAME: each.render for each in (html, markdown, myst, rest, shortcodes)}
_Phrase = Callable[[Mapping[str, str], Dialect], str | None]
_PHRASES: Mapping[str, _Phrase] = {each.NAME: each.phrase for each in (html, markdown, myst, rest, shortcodes)}
_IN_HINT = re.compile(r"""`?((?:\b(?:alt|width|height|loading|fetchpriority)="[^"]*"(?:[ ](?=[a-z]+="))?)+)`?""")
_IN_MARKDOWN = "in Markdown `![a red bicycle](bicycle.jpg)`"
_LONGEST = 200  # characters of a line; of a longer one only the image is shown
_MOST_LINES = 12
# What an image of Markdown becomes when it needs attributes, where the integration does not say it.
_MARKDOWN = {"pelican": "attr_list", "sphinx": "myst", "zensical": "attr_list"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorFile:
    """A source file. ``built``: the URL of the image on the built page."""

    text: str
    dialect: Dialect
    built: str


def dialect_of(generator: str, markdown_attributes: str, name: str) -> Dialect:
    """Return what may be written in a source file. ``markdown_attributes``: as in ``Site.markdown``, "" if unknown."""
    if name.lower().endswith(".mdx"):
        return Dialect(attributes="")  # JSX, whose images are imported
    attributes = markdown_attributes or _MARKDOWN.get(generator, "html")
    return Dialect(attributes=attributes, keeps_urls=generator == "pelican")


def hint_in(syntax: str, dialect: Dialect, hint: str) -> str:
    """Return a hint in which attributes of HTML are written as the author's file has them."""

    def replace(match: re.Match[str]) -> str:
        attributes = {name: value or "" for name, value in parse_attributes(match[1]).items()}
        return phrase(attributes, dialect) or match[0]

    phrase = _PHRASES[syntax]
    if _IN_MARKDOWN in hint and syntax in (rest.NAME, myst.NAME):
        hint = hint.replace(_IN_MARKDOWN, "in the option `:alt: a red bicycle`")
    return _IN_HINT.sub(replace, hint)


def lines_to_paste(author: AuthorFile, image: SourceImage, changes: Sequence[AttributeChange]) -> tuple[str, ...]:
    """Return the author's lines with the changes; none if no change is surely right, or nothing would change."""
    has_same_name = file_name(author.built) == file_name(image.url)
    # HTML between the lines of Markdown names the file as the built page does.
    new = _RENDERERS[image.syntax](image, author.text, changes, author.dialect, author.built if has_same_name else "")
    if new is None or new == author.text[image.start : image.end]:
        return ()
    start, end = author.text.rfind("\n", 0, image.start) + 1, author.text.find("\n", image.end)
    whole = f"{author.text[start : image.start]}{new}{author.text[image.end : end if end >= 0 else len(author.text)]}"
    lines = whole.split("\n")
    if max(map(len, lines)) > _LONGEST:
        lines = new.split("\n")
    return tuple(lines) if len(lines) <= _MOST_LINES and max(map(len, lines)) <= 2 * _LONGEST else ()
