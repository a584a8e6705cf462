"""The buttons of a page that show an image: ``<button>``, ``role="button"`` and ``<input type=image>``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import starmap
from typing import NamedTuple

from turbohtml import Element

from imageseo.web.html import tree
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
    document = tree.parse(html)
    buttons: dict[Element, list[int]] = {}  # the numbers of their images
    for number, image in enumerate(tree.images(document)):
        around = tree.ancestors(image)
        outermost = [each for each in around if each.tag in names and _is_button(each)]
        if outermost:
            buttons.setdefault(outermost[-1], []).append(number)
    for element, numbers in buttons.items():
        tag = tree.tag_of(element, page.text)
        if tag is not None:
            close, _ = tree.content_end(element, len(page.text))
            named = has_name(page.text[tag.end : close])
            yield ImageButton(page.values(tag), page.words(tag.end, close), named, numbers[0], numbers[-1] + 1)


def _is_button(element: Element) -> bool:
    role = element.attrs.get("role")
    return element.tag == "button" or (isinstance(role, str) and "button" in role.lower().split())


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
