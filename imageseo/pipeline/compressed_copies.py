"""Keeps the compressed copies of pages in step: web servers send ``index.html.gz`` instead of ``index.html``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from imageseo.lint.crashes import crash_guard
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.regular_file import NotRegularError, TooLargeError
from imageseo.model.site import Page
from imageseo.pipeline.precache_lists import PrecacheLists
from imageseo.pipeline.result import WrittenPage, unwritable_finding
from imageseo.storage.output import OutputFolder
from imageseo.storage.site_folder import OutsideError
from imageseo.web.html import edits
from imageseo.web.sitemaps.document import BadSitemap, compress_gzip, decompress_gzip

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext
    from imageseo.pipeline.incremental.build_state import RecompressedFile

RULE = "compressed-copy"
SUFFIXES = (".gz", ".br", ".zst")
_HINT = "compress the site after imageseo, or remove the file"


class _Unreadable(Exception):
    """A copy that cannot be read here. ``args``: whether its content may be right (no library for its format)."""


@dataclass(slots=True, kw_only=True)
class CompressedCopies:
    """The compressed copies of a site that stood beside its files when the build began."""

    output: OutputFolder
    _rewritten: list[str] = field(default_factory=list)
    _removed: list[str] = field(default_factory=list)
    _others: list[str] = field(default_factory=list)
    _unwritable: list[Finding] = field(default_factory=list)

    def update(self, pages: Collection[str], others: Collection[str]) -> list[Finding]:
        """Write stale copies again, or remove them where the library for their format is missing; report both.

        ``pages``: paths of the pages of this build. ``others``: paths of other files that this build may have written.
        A copy of a page is stale if it holds the same page with other edits by imageseo, or without any.
        """
        changed = frozenset(self.output.changed)
        for path in self.output.copies:
            base, _, _ = path.rpartition(".")
            with crash_guard(self._unwritable, Page(path=path), "this compressed copy was left as it was"):
                try:
                    if base in pages:
                        self._update_page(path, base, base in changed)
                    elif base in others and base in changed:
                        self._update_other(path, base)
                except FileNotFoundError:
                    continue
                except (OSError, ImageseoError) as error:
                    self._unwritable.append(unwritable_finding(Page(path=path), error))
        return [*self._findings(), *self._unwritable]

    def _update_page(self, path: str, base: str, is_changed: bool) -> None:
        if not is_changed and not self.output.is_newer(base, path):
            return  # compressed after the page was written
        page = self.output.read(base)
        source = edits.strip(page)
        if page == source and not is_changed:
            return  # imageseo has no part in this page
        try:
            content = _decompress(path, self.output.read(path), limit=4 * len(page) + 2**20)
        except (NotRegularError, OutsideError, TooLargeError):
            self._others.append(path)
            return
        except _Unreadable as unreadable:
            if unreadable.args[0] and is_changed:
                self._remove(path)
            elif not unreadable.args[0]:
                self._others.append(path)
            return
        if content == page:
            return
        if edits.strip(content) == source:
            self._write(path, page)
        else:
            self._others.append(path)

    def _update_other(self, path: str, base: str) -> None:
        data = self.output.read(base)
        try:
            is_stale = _decompress(path, self.output.read(path), limit=4 * len(data) + 2**20) != data
        except _Unreadable as unreadable:
            if unreadable.args[0]:
                self._remove(path)
                return
            is_stale = True
        if is_stale:
            self._write(path, data)

    def _write(self, path: str, data: bytes) -> None:
        self.output.write(path, _compress(path, data))
        self._rewritten.append(path)

    def _remove(self, path: str) -> None:
        self.output.remove(path)
        self._removed.append(path)

    def _findings(self) -> Iterable[Finding]:
        for suffix in SUFFIXES:
            yield from _finding(self._rewritten, suffix, "is written again, with the file as this build left it")
            yield from _finding(
                self._removed,
                suffix,
                "is removed: it held the file as it was before this build, and the library to write it is missing",
                hint=f"pip install {_PACKAGES[suffix]}, or compress the site after imageseo"
                if suffix != ".gz"
                else _HINT,
            )
            yield from _finding(
                self._others,
                suffix,
                "does not contain the current page: servers that send it show the former one",
                hint=_HINT,
                severity=Severity.WARN,
            )


def update_files_beside(
    context: BuildContext,
    pages: Sequence[WrittenPage],
    sitemaps: Iterable[str],
    cleaned: Iterable[RecompressedFile] = (),
) -> None:
    """Keep compressed copies in step with the files of this build, and report stale lists of service workers.

    ``cleaned``: files without private data.
    """
    output = context.output
    paths = {each.page.path for each in pages}
    recompressed = {new.path for new in cleaned}.union(new.path for each in pages for new in each.outcome.recompressed)
    copies = CompressedCopies(output=output)
    context.findings.extend(copies.update(paths, recompressed.union(sitemaps, output.changed)))
    lists = PrecacheLists(output=output, base_url=context.site.base_url)
    context.findings.extend(lists.findings(paths, recompressed))


def _finding(
    paths: Iterable[str], suffix: str, fact: str, *, hint: str = "", severity: Severity = Severity.INFO
) -> Iterable[Finding]:
    alike = sorted(path for path in paths if path.endswith(suffix))
    if alike:
        more = f" (and {len(alike) - 1} more)" if len(alike) > 1 else ""
        yield Finding(
            rule=RULE,
            severity=severity,
            message=f"the compressed copy {alike[0]}{more} {fact}",
            location=Location(page=alike[0].rpartition(".")[0]),
            hint=hint,
        )


# Formats other than gzip: only if a library is there; imageseo requires none.

_BROTLI_STEP = 16  # bytes, of which each few may stand for 16 MiB
_PACKAGES = {".br": "brotli", ".zst": "zstandard"}
_MODULES = {".br": ("brotli", "brotlicffi"), ".zst": ("compression.zstd", "backports.zstd", "zstandard")}


def _library(path: str) -> Any:
    """Return the module for a copy's format, or raise _Unreadable."""
    for name in _MODULES[path[path.rindex(".") :]]:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise _Unreadable(True)


def _decompress(path: str, data: bytes, *, limit: int) -> bytes:
    """Return the content of a copy. Raises _Unreadable; a damaged one and one above the limit hold another file."""
    if path.endswith(".gz"):
        try:
            return decompress_gzip(data, limit)
        except BadSitemap as error:
            raise _Unreadable(False) from error
    library = _library(path)
    try:
        content = _decompress_brotli(library, data, limit) if path.endswith(".br") else _zstd(library, data, limit)
    except Exception as error:  # each library has its own
        raise _Unreadable(False) from error
    if len(content) > limit:
        raise _Unreadable(False)
    return content


def _decompress_brotli(library: Any, data: bytes, limit: int) -> bytes:
    """Return the content, or somewhat more than ``limit`` bytes of it: a few bytes may stand for gigabytes."""
    decompressor = library.Decompressor()
    pieces: list[bytes] = []
    left, limits = limit + 1, {"output_buffer_limit": limit + 1}
    try:
        pieces.append(decompressor.process(data, **limits))
    except TypeError:  # before version 1.2: each call returns all that its bytes stand for
        limits, at = {}, 0
    else:
        at = len(data)
    left -= sum(map(len, pieces))
    while left > 0 and not decompressor.is_finished():
        count = len(pieces)
        pieces.append(decompressor.process(data[at : at + _BROTLI_STEP], **limits))
        left -= len(pieces[-1])
        if at >= len(data) and not pieces[count]:
            raise ValueError("truncated")
        at += _BROTLI_STEP
    return b"".join(pieces)


def _zstd(library: Any, data: bytes, limit: int) -> bytes:
    """Return the content, or ``limit`` and a byte of it."""
    decompressor = library.ZstdDecompressor()
    if hasattr(decompressor, "stream_reader"):
        return bytes(decompressor.stream_reader(data).read(limit + 1))
    content = bytes(decompressor.decompress(data, limit + 1))
    if len(content) <= limit and not decompressor.eof:
        raise ValueError("truncated")
    return content


def _compress(path: str, data: bytes) -> bytes:
    """Compress; equal data give equal bytes."""
    if path.endswith(".gz"):
        return compress_gzip(data)
    library = _library(path)
    compress: Callable[..., bytes] = library.compress
    return compress(data, quality=11) if path.endswith(".br") else compress(data, 19)
