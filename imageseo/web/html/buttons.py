"""The buttons of a page that show an image: ``<button>``, ``role="button"`` and ``<input type=image>``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import starmap
from typing import NamedTuple

from imageseo.web.html.ancestors import has_name
from imageseo.web.html.attributes import Tag
from imageseo.web.html.page_text import PageText
from imageseo.web.html.tokenizer import walk

_BUTTON = re.compile(rb"<button\b", re.IGNORECASE)
_BUTTON_ROLE = re.compile(rb"""<([a-z][a-z0-9-]*)\b[^>]*\srole\s*=\s*["']?\s*button\b""", re.IGNORECASE)
_IMAGE_INPUT = re.compile(rb"<input\b", re.IGNORECASE)
_VOID = frozenset({"img", "input", "area", "embed"})


class ImageButton(NamedTuple):
    """A button: its attributes, its text, and whether another name is in it.

    ``first``, ``last``: the range of the numbers of its images, in the order of ``PageScan.refs``.
    """

    values: Mapping[str, str]
    text: str
    named: bool
    first: int
    last: int


def buttons_with_images(html: bytes, charset: str) -> Iterator[ImageButton]:
    """Yield the outermost buttons that contain images, except links. ``html``: as published."""
    names = {match[1].lower().decode() for match in _BUTTON_ROLE.finditer(html)} - _VOID - {"a"}
    names |= {"button"} if _BUTTON.search(html) else set()
    if not names:
        return
    page = PageText(html.decode("latin-1"))
    page.codec = charset
    number, depth = 0, 0
    button: tuple[Tag, Mapping[str, str], int] | None = None
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), frozenset(names | {"img"}))):
        if tag.name == "img":
            number += 1
        elif button is None:
            if tag.name in names:
                values = page.values(tag)
                if tag.name == "button" or "button" in values.get("role", "").lower().split():
                    button, depth = (tag, values, number), 1
        elif tag.name.removeprefix("/") == button[0].name:
            depth += -1 if tag.name[0] == "/" else 1
            if not depth:
                start, values, first = button
                if number > first:
                    inner = page.text[start.end : tag.start]
                    yield ImageButton(values, page.words(start.end, tag.start), has_name(inner), first, number)
                button = None


def image_inputs(html: bytes, charset: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield offset and attributes of each ``<input type=image>``."""
    if not _IMAGE_INPUT.search(html):
        return
    page = PageText(html.decode("latin-1"))
    page.codec = charset
    for tag in starmap(Tag, walk(html.lower().decode("latin-1"), frozenset({"input"}))):
        if tag.name == "input":
            values = page.values(tag)
            if values.get("type", "").strip().lower() == "image":
                yield tag.start, values
