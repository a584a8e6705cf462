"""Lines of the built site and of source files, read when a report shows them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imageseo.lint.code_frame import CodeFrame, code_frame
from imageseo.lint.report import SourceLocation
from imageseo.model import regular_file
from imageseo.model.finding import Finding
from imageseo.web.html import charset

_LARGEST = 50_000_000  # bytes; larger files are not read
_PROJECT_FILES = frozenset({"heroes.toml"})  # pages of findings that are files of the project, not of the site
_GZIP = b"\x1f\x8b"
_HEAD = 1024  # bytes in which a page has to declare its charset


class SourceLines:
    """The lines and file names for the findings of a site.

    ``root``: the built site. ``project``: the folder that source paths are relative to. ``top``: the repository's root,
    which reported names are relative to; a file outside it keeps the name that the finding has.
    """

    def __init__(self, root: Path, *, project: Path, top: Path) -> None:
        self._root = root
        self._project = project
        self._site = _relative_folder(root, top)
        self._sources = _relative_folder(project, top)
        self._cached_lines = lru_cache(maxsize=4)(_read_lines)

    def frame(self, finding: Finding) -> CodeFrame | None:
        """Return the code frame of a finding; None if it has no line, or the file no longer has that line."""
        place = finding.location
        if place.line is None:
            return None
        lines = self._cached_lines((self._project if place.page in _PROJECT_FILES else self._root) / place.page)
        if not 0 < place.line <= len(lines):
            return None
        return code_frame(lines[place.line - 1], number=place.line, column=place.column or 1)

    def built(self, finding: Finding) -> SourceLocation:
        """Return the published file, or the project's file, relative to the repository."""
        place = finding.location
        folder = self._sources if place.page in _PROJECT_FILES else self._site
        return SourceLocation(file=f"{folder}{place.page}", line=place.line, column=place.column)

    def source(self, finding: Finding) -> SourceLocation | None:
        """Return the source file, with the line that names the finding's image if exactly one line does."""
        place = finding.location
        if place.source is None:
            return None
        path = Path(place.source)
        file = posixpath.normpath(f"{self._sources}{place.source}")
        # A file outside the repository has only its bare name, and exists on this machine only.
        if path.is_absolute() or file.startswith("../") or not (self._project / path).is_file():
            return None
        line, column = place.source_line, None
        name = _file_name(place.image)
        if name:
            pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
            found = [
                (number, match.start() + 1)
                for number, text in enumerate(self._cached_lines(self._project / path), 1)
                if (match := pattern.search(unquote(text)))
            ]
            if len(found) == 1:
                line, column = found[0]
        return SourceLocation(file=file, line=line, column=column)


def _file_name(image: str | None) -> str:
    """Return the file name in a URL; "" for a data URL or a URL without one."""
    if not image or image[:5].lower() == "data:":
        return ""
    try:
        return unquote(urlsplit(image).path).rpartition("/")[2]
    except ValueError:
        return ""


def _relative_folder(folder: Path, top: Path) -> str:
    """Return a folder relative to the repository, ending with ``/``; "" for its root and for a folder outside it."""
    folder, top = folder.resolve(), top.resolve()
    if folder == top or not folder.is_relative_to(top):
        return ""
    return f"{folder.relative_to(top).as_posix()}/"


def repository_root(folder: Path) -> Path:
    """Return the root of the repository that contains a folder; the folder itself if there is none."""
    folder = folder.resolve()
    return next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)


def _read_lines(path: Path) -> Sequence[str]:
    """Return the lines of a file in its charset; none if it cannot be read as text."""
    try:
        data = regular_file.read(path, limit=_LARGEST)
        if data.startswith(_GZIP):  # line numbers refer to the uncompressed content
            return ()
        codec = charset.codec(data, charset.declared(data[:_HEAD].decode("latin-1")))
    except (OSError, ValueError):
        return ()
    lines = [line.removesuffix("\r") for line in data.decode(codec, "replace").split("\n")]
    lines[0] = lines[0].removeprefix("\ufeff")
    return lines
