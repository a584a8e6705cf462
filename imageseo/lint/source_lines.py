"""Lines of the built site and of the author's files, read when a report shows them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from imageseo.lint.code_frame import CodeFrame, code_frame
from imageseo.lint.report import SourceLocation
from imageseo.model.finding import Finding
from imageseo.web.html import charset

_LARGEST = 50_000_000  # bytes of a file that is still read for one line of it
_PROJECTS = frozenset({"heroes.toml"})  # what findings name as their page, and lies in the project
_GZIP = b"\x1f\x8b"
_HEAD = 1024  # bytes in which a page has to declare its charset


class SourceLines:
    """What lies around the findings of a site.

    ``root``: the built site. ``project``: where sources are seen from. ``top``: the repository's root, which files are
    named from; what lies outside of it keeps the name that findings give it.
    """

    def __init__(self, root: Path, *, project: Path, top: Path) -> None:
        self._root = root
        self._project = project
        self._site = _inside(root, top)
        self._sources = _inside(project, top)
        self._lines = lru_cache(maxsize=4)(_lines)

    def frame(self, finding: Finding) -> CodeFrame | None:
        """The line of a finding; None where it has none, or where the file has changed and is shorter now."""
        place = finding.location
        if place.line is None:
            return None
        lines = self._lines((self._project if place.page in _PROJECTS else self._root) / place.page)
        if not 0 < place.line <= len(lines):
            return None
        return code_frame(lines[place.line - 1], number=place.line, column=place.column or 1)

    def built(self, finding: Finding) -> SourceLocation:
        """The published file, or a file of the project, as the repository names it."""
        place = finding.location
        folder = self._sources if place.page in _PROJECTS else self._site
        return SourceLocation(file=f"{folder}{place.page}", line=place.line, column=place.column)

    def source(self, finding: Finding) -> SourceLocation | None:
        """The author's file, with the line that names the finding's image when just one line does."""
        place = finding.location
        if place.source is None:
            return None
        path = Path(place.source)
        file = posixpath.normpath(f"{self._sources}{place.source}")
        # A file outside of the repository is told by its bare name, and no other machine has it.
        if path.is_absolute() or file.startswith("../") or not (self._project / path).is_file():
            return None
        line = column = None
        name = _name(place.image)
        if name:
            pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
            found = [
                (number, match.start() + 1)
                for number, text in enumerate(self._lines(self._project / path), 1)
                if (match := pattern.search(unquote(text)))
            ]
            if len(found) == 1:
                line, column = found[0]
        return SourceLocation(file=file, line=line, column=column)


def _name(image: str | None) -> str:
    """The file's name in a URL; none of a data URL or an address without one."""
    if not image or image[:5].lower() == "data:":
        return ""
    try:
        return unquote(urlsplit(image).path).rpartition("/")[2]
    except ValueError:
        return ""


def _inside(folder: Path, top: Path) -> str:
    """A folder as the repository names it, ending with ``/``; nothing for the root, and for one outside of it."""
    folder, top = folder.resolve(), top.resolve()
    if folder == top or not folder.is_relative_to(top):
        return ""
    return f"{folder.relative_to(top).as_posix()}/"


def repository_root(folder: Path) -> Path:
    """The root of the repository that a folder lies in; the folder itself outside of any."""
    folder = folder.resolve()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def _lines(path: Path) -> Sequence[str]:
    """The lines of a file in its charset; none of one that cannot be read as text."""
    try:
        if path.stat().st_size > _LARGEST:
            return ()
        data = path.read_bytes()
        if data.startswith(_GZIP):  # its lines are those of what is packed
            return ()
        codec = charset.codec(data, charset.declared(data[:_HEAD].decode("latin-1")))
    except (OSError, ValueError):
        return ()
    lines = [line.removesuffix("\r") for line in data.decode(codec, "replace").split("\n")]
    lines[0] = lines[0].removeprefix("\ufeff")
    return lines
