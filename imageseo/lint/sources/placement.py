"""Which image of a source file an image of the built page is; nothing where that is not certain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from imageseo.lint.facts.occurrences import path_parts
from imageseo.lint.sources import html, markdown, rest
from imageseo.lint.sources.syntax import EXTENSIONS, SourceImage
from imageseo.model.finding import Occurrence

_REST = (".rst", ".rest", ".txt")
_MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
_HTML = (".html", ".htm", ".xhtml", ".njk", ".liquid", ".astro", ".vue", ".svelte", ".webc", ".hbs", ".ejs")
_HASH = re.compile(r"(?<![0-9A-Za-z])(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[0-9A-Za-z_-]{8,}")  # of a whole file name
_HASHED = re.compile(r"[._-]+(?=\w*[0-9A-Z])[0-9A-Za-z_-]{6,}")


class Placement(NamedTuple):
    """Where a source shows an image. ``image``: None for a file that only the front matter names.

    ``is_absent``: the source surely does not name the image.
    """

    offset: int | None = None
    image: SourceImage | None = None
    is_absent: bool = False


def images_of(text: str, suffix: str) -> list[SourceImage] | None:
    """Return the images of a source file by its suffix; None for a syntax that is not known."""
    suffix = suffix.lower()
    if suffix in _MARKDOWN:
        return markdown.find(text)
    if suffix in _REST:
        return rest.find(text)
    return html.find(text) if suffix in _HTML else None


def place(
    text: str, images: Sequence[SourceImage], url: str, occurrence: Occurrence | None, *, suffix: str = ".md"
) -> Placement:
    """Return where a source shows the image with a URL of the built page.

    ``occurrence``: which of the images with the same file name it is on the built page.
    """
    name = file_name(url)
    if not name:
        return Placement()
    same = _same(images, url, name)
    if not same:
        found = _in_front_matter(text, name, occurrence, suffix)
        is_renamed = bool(images) and _HASH.search(PurePosixPath(name).stem) is not None
        return Placement() if found.is_absent and is_renamed else found
    certain = [image for image in same if not image.is_doubtful]
    for candidates in (certain, same):
        if (image := _nth(candidates, occurrence)) is not None:
            return Placement(offset=image.start, image=image)
    return Placement()


def _nth(images: Sequence[SourceImage], occurrence: Occurrence | None) -> SourceImage | None:
    """Return the image of an occurrence, if the page shows as many of them as the source."""
    if occurrence is None:
        return images[0] if len(images) == 1 else None
    if len(images) == occurrence.total:
        return images[occurrence.position]
    if occurrence.article_position is not None and len(images) == occurrence.article_total:
        return images[occurrence.article_position]
    return None


def _same(images: Sequence[SourceImage], url: str, name: str) -> list[SourceImage]:
    """Return the images of a source whose file may be that of a URL: by path, by name, by name with a hash."""
    named = [image for image in images if file_name(image.url) == name]
    if named:
        parts = path_parts(url)
        if len({path_parts(image.url) for image in named}) > 1:  # `a/photo.jpg` and `b/photo.jpg`
            below = [image for image in named if _ends(parts, path_parts(image.url))]
            longest = max((len(path_parts(image.url)) for image in below), default=0)
            if longest > 1 or longest == len(parts):
                return [image for image in below if len(path_parts(image.url)) == longest]
        return named
    stem = PurePosixPath(name).stem
    hashed: list[SourceImage] = []
    longest = 0
    for image in images:
        own = PurePosixPath(file_name(image.url)).stem
        if own and len(own) >= longest and stem.startswith(own) and _HASHED.fullmatch(stem[len(own) :]):
            hashed = [*(hashed if len(own) == longest else []), image]
            longest = len(own)
    return hashed if len({image.url for image in hashed}) == 1 else []


def _in_front_matter(text: str, name: str, occurrence: Occurrence | None, suffix: str) -> Placement:
    decoded = unquote(text)
    if name not in decoded:
        stem = PurePosixPath(name).stem
        # A generator that names files anew may have made it from a file of this source.
        near = any(stem.startswith(PurePosixPath(each).stem) for each in _named_files(decoded))
        return Placement(is_absent=not near)
    end = markdown.body_start(text) if suffix.lower() not in _REST else 0
    found = [match.start() for match in re.finditer(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text)]
    if len(found) != 1 or found[0] >= end or (occurrence is not None and occurrence.total != 1):
        return Placement()
    start = re.compile(r"""[^\s"'\[({,:]*\Z""").search(text, text.rfind("\n", 0, found[0]) + 1, found[0])
    return Placement(offset=start.start() if start is not None else found[0])


def _named_files(text: str) -> set[str]:
    return {each.rpartition("/")[2] for each in re.findall(rf"[\w./%-]+\.{EXTENSIONS}\b", text, re.IGNORECASE)}


def file_name(url: str) -> str:
    """Return the file name in a URL; "" for a data URL or a URL without one."""
    parts = path_parts(url)
    return parts[-1] if parts else ""


def _ends(whole: Sequence[str], end: Sequence[str]) -> bool:
    return len(end) <= len(whole) and tuple(whole[len(whole) - len(end) :]) == tuple(end)
