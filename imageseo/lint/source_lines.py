"""Lines of the built site and of the author's files, read when a report shows them."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from pathlib import Path

from imageseo.lint.code_frame import CodeFrame, code_frame
from imageseo.lint.report import SourceLocation
from imageseo.lint.sources.placement import Placement, images_of, place
from imageseo.lint.sources.suggestions import AuthorFile, dialect_of, hint_in, lines_to_paste
from imageseo.lint.sources.syntax import SourceImage, place_of
from imageseo.model import regular_file
from imageseo.model.finding import Finding, Location
from imageseo.model.site import Site
from imageseo.web.html import charset

_LARGEST = 50_000_000  # bytes; larger files are not read
_LARGEST_SOURCE = 4_000_000
_PROJECT_FILES = frozenset({"heroes.toml"})  # pages of findings that are files of the project, not of the site
_GZIP = b"\x1f\x8b"
_HEAD = 1024  # bytes in which a page has to declare its charset


class SourceLines:
    """The lines and file names for the findings of a site.

    ``root``: the built site. ``project``: the folder that source paths are relative to. ``top``: the repository's root,
    which reported names are relative to; a file outside it keeps the name that the finding has. ``generator`` and
    ``markdown``: as in ``Site``. ``sources``: returns page -> source file relative to the project, for pages whose
    findings have none; called when the first of them is shown.
    """

    def __init__(
        self,
        root: Path,
        *,
        project: Path,
        top: Path,
        generator: str = "",
        markdown: str = "",
        sources: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._root = root
        self._project = project
        self._site = _relative_folder(root, top)
        self._sources = _relative_folder(project, top)
        self._generator, self._markdown, self._more_sources = generator, markdown, sources
        self._cached_lines = lru_cache(maxsize=4)(_read_lines)
        self._cached_images = lru_cache(maxsize=16)(_read_images)
        self._cached_source = lru_cache(maxsize=64)(self._find_source)

    @classmethod
    def of(cls, site: Site, sources: Callable[[], Mapping[str, str]] = dict) -> SourceLines:
        """Return the lines of a site, with file names relative to its repository."""
        top = repository_root(site.project)
        return cls(
            site.root, project=site.project, top=top, generator=site.generator, markdown=site.markdown, sources=sources
        )

    def frame(self, finding: Finding) -> CodeFrame | None:
        """Return the code frame of a finding: a line of the author's file if that is known, else of the built page.

        None if it has no line, or the file no longer has that line.
        """
        source = self.source(finding)
        if source is not None and source.line is not None:
            return self._line(self._project / source.name, source.line, source.column)
        location = finding.location
        if location.line is None:
            return None
        folder = self._project if location.page in _PROJECT_FILES else self._root
        return self._line(folder / location.page, location.line, location.column)

    def _line(self, path: Path, number: int, column: int | None) -> CodeFrame | None:
        lines = self._cached_lines(path)
        return code_frame(lines[number - 1], number=number, column=column or 1) if 0 < number <= len(lines) else None

    def built(self, finding: Finding) -> SourceLocation:
        """Return the published file, or the project's file, relative to the repository."""
        location = finding.location
        folder = self._sources if location.page in _PROJECT_FILES else self._site
        return SourceLocation(
            file=f"{folder}{location.page}", name=location.page, line=location.line, column=location.column
        )

    def source(self, finding: Finding) -> SourceLocation | None:
        """Return the author's file, with the line that shows the finding's image where that is certain."""
        return self._cached_source(finding)

    def _find_source(self, finding: Finding) -> SourceLocation | None:
        location = finding.location
        name = location.source
        if name is None and location.page and location.page not in _PROJECT_FILES:
            name = self._sources_of_pages.get(location.page)
        if name is None:
            return None
        path = Path(name)
        file = posixpath.normpath(f"{self._sources}{name}")
        # A file outside the repository has only its bare name, and exists on this machine only.
        if path.is_absolute() or file.startswith("../") or not (self._project / path).is_file():
            return None
        found = SourceLocation(file=file, name=name, line=location.source_line, hint=finding.hint)
        return self._with_image(found, finding) if location.image else found

    def _with_image(self, found: SourceLocation, finding: Finding) -> SourceLocation:
        location = finding.location
        text, images = self._cached_images(self._project / found.name)
        placed = Placement()
        if images is not None and location.image is not None:
            suffix = Path(found.name).suffix
            placed = place(text, images, location.image, location.occurrence, suffix=suffix)
        if placed.offset is None:
            return replace(found, note=_note(found, placed, location))
        line, column = place_of(text, placed.offset)
        located = replace(found, line=line, column=column)
        if placed.image is None:
            return located
        dialect = dialect_of(self._generator, self._markdown, found.name)
        author = AuthorFile(text=text, dialect=dialect, built=location.image or "")
        return replace(
            located,
            paste=lines_to_paste(author, placed.image, finding.changes) if finding.changes else (),
            hint=hint_in(placed.image.syntax, dialect, finding.hint),
        )

    @cached_property
    def _sources_of_pages(self) -> Mapping[str, str]:
        return self._more_sources()


def _note(found: SourceLocation, placed: Placement, location: Location) -> str:
    """Return what is known of an image that the author's file does not show."""
    if not placed.is_absent:
        return ""
    if location.inserted:
        return f"the hero of {found.name}, inserted by imageseo"
    in_theme = location.occurrence is not None and location.occurrence.article_position is None
    return f"not in {found.name}: it comes from {'the theme' if in_theme else 'a template, an include or a plug-in'}"


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


def _read_images(path: Path) -> tuple[str, Sequence[SourceImage] | None]:
    """Return the text of a source file and its images; none if it cannot be read, or its syntax is not known."""
    try:
        text = regular_file.read(path, limit=_LARGEST_SOURCE).decode("utf-8")
    except (OSError, ValueError):
        return "", None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return text, images_of(text, path.suffix)


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
