"""Fixes: the edits of findings, applied to the published pages or shown as a diff, and image files without prompts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from imageseo.lint.code_frame import sanitized
from imageseo.model.edit import Edit
from imageseo.model.errors import SiteError
from imageseo.model.finding import Finding
from imageseo.model.site import Site
from imageseo.storage.output import OutputFolder
from imageseo.storage.site_folder import SiteFolder
from imageseo.web.html.edits import apply

ROUNDS = 5
"""Edits that overlap wait for the next round; this many rounds suffice in practice."""
_MAX_IMAGE = 256 * 2**20
_TAG = re.compile(r"(?=<[a-zA-Z/!])")
_LONG = 160  # characters; a diff shows lines up to this length completely
_AROUND = 60  # characters of a longer line that it shows on both sides of the change


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPage:
    """One page with its edits applied. ``fixed``: the findings that they resolve."""

    page: str
    before: bytes
    after: bytes
    fixed: tuple[Finding, ...]


def digests(site: Site) -> Mapping[str, bytes]:
    """Return the hash of every page's bytes; unreadable pages are left out."""
    found = {}
    files = SiteFolder(site.root)
    for page in site.pages:
        try:
            found[page.path] = sha256(files.read(page.path)).digest()
        except OSError:
            continue  # reported by lint
    return found


def fixed_pages(site: Site, findings: Iterable[Finding], judged: Mapping[str, bytes]) -> Iterator[FixedPage]:
    """Yield the pages that fixes change, in order, each read on demand.

    ``judged``: the result of ``digests`` from before the findings were made.
    A finding whose edits overlap those of an earlier one waits. Raises SiteError for a page that has changed since,
    because the edits are for other bytes.
    """
    pages: dict[str, list[Finding]] = {}
    files = SiteFolder(site.root)
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        if finding.fix and finding.location.page in judged:
            pages.setdefault(finding.location.page, []).append(finding)
    for page, found in sorted(pages.items()):
        try:
            before = files.read(page)
        except OSError as error:
            raise SiteError(f"{page}: can no longer be read: {error.strerror or error}") from error
        if sha256(before).digest() != judged[page]:
            raise SiteError(f"{page} changed while lint was running; its fixes were not written", hint="run again")
        fixed, edits = _compatible(found, len(before))
        after = apply(before, edits)
        if after != before:
            yield FixedPage(page=page, before=before, after=after, fixed=fixed)


def write(site: Site, pages: Iterable[FixedPage]) -> tuple[str, ...]:
    """Write pages into the built site, one at a time, and return their paths. Raises SiteError, also if the site folder
    is the folder of its sources.
    """
    output: OutputFolder | None = None
    written = []
    for each in pages:
        output = output or OutputFolder(site.root, sources=site.sources)
        try:
            output.write(each.page, each.after)
            written.append(each.page)
        except OSError as error:
            raise SiteError(f"{each.page}: cannot be written: {error.strerror or error}") from error
    return tuple(written)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedFile:
    """An image with other metadata. ``change``: what is different, a clause."""

    path: str
    data: bytes
    change: str


def fixed_files(site: Site, findings: Iterable[Finding]) -> Iterator[FixedFile]:
    """Yield the image files that the findings' fixes change, each once, in order. Unreadable ones are left out."""
    from imageseo.images.encoding.metadata_rewriting import rewrite

    files = SiteFolder(site.root)
    for path in sorted({finding.file_fix for finding in findings if finding.file_fix is not None}):
        try:
            new = rewrite(files.read(path, limit=_MAX_IMAGE))
        except (OSError, ValueError):
            continue  # the rules that reported it could read it; another program writes to it now
        if new is not None:
            yield FixedFile(path=path, data=new.data, change=new.describe())


def write_files(site: Site, files: Iterable[FixedFile]) -> tuple[str, ...]:
    """Write image files into the built site, and return their paths. Raises SiteError, as ``write`` does."""
    return write(site, (FixedPage(page=each.path, before=b"", after=each.data, fixed=()) for each in files))


def _compatible(findings: Iterable[Finding], size: int) -> tuple[tuple[Finding, ...], list[Edit]]:
    """Return the findings whose edits do not overlap, in order, and these edits; equal edits count as one."""
    accepted: list[Edit] = []
    fixed = []
    for finding in findings:
        own_edits = list(dict.fromkeys(finding.fix))
        new = [edit for edit in own_edits if edit not in accepted]
        is_disjoint = all(_are_disjoint(edit, other) for edit in new for other in accepted)
        is_in_page = all(0 <= edit.span.start <= edit.span.end <= size for edit in new)
        is_consistent = all(_are_disjoint(one, other) for index, one in enumerate(new) for other in new[:index])
        if is_disjoint and is_in_page and is_consistent:
            accepted += new
            fixed.append(finding)
    return tuple(fixed), accepted


def _are_disjoint(one: Edit, other: Edit) -> bool:
    """Whether two edits touch different bytes; two insertions at one offset do not, as their order matters."""
    (start, end), (begin, close) = one.span, other.span
    if start == end and begin == close:
        return start != begin
    return end <= begin or close <= start


def diff(pages: Iterable[FixedPage]) -> Iterator[str]:
    """Yield the changes for a terminal, one string per page.

    A minified page is shown tag by tag, a long tag only around its change; hunks are still numbered by the lines of the
    page.
    """
    for each in pages:
        yield "".join(f"{line}\n" for line in _diff(each))


def patch(pages: Iterable[FixedPage]) -> Iterator[bytes]:
    """Yield the exact changes as a unified diff that ``patch -p1`` and ``git apply`` accept, one per page.

    Lines end at line feeds only, so that carriage returns and bytes of any encoding stay as they are.
    """
    for each in pages:
        before, after = _lines(each.before), _lines(each.after)
        name = each.page.encode("utf-8", "surrogateescape") + (b"\t" if " " in each.page else b"")
        lines = difflib.diff_bytes(difflib.unified_diff, before, after, b"a/" + name, b"b/" + name)
        yield b"".join(line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n" for line in lines)


def _lines(data: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", data)


def _diff(fixed_page: FixedPage) -> Iterator[str]:
    before, after = _pieces(fixed_page.before), _pieces(fixed_page.after)
    yield from (f"--- a/{sanitized(fixed_page.page)}", f"+++ b/{sanitized(fixed_page.page)}")
    matcher = difflib.SequenceMatcher(None, [text for _, text in before], [text for _, text in after])
    for group in matcher.get_grouped_opcodes(1):
        (_, start, _, begin, _), (_, _, end, _, close) = group[0], group[-1]
        yield f"@@ -{_span(before, start, end)} +{_span(after, begin, close)} @@"
        for kind, first, last, first_new, last_new in group:
            removed = [sanitized(text) for _, text in before[first:last]]
            inserted = [sanitized(text) for _, text in after[first_new:last_new]]
            if kind == "equal":
                yield from (f" {_cut(line)}" for line in removed)
            else:
                yield from _changes(removed, inserted)


def _span(pieces: list[tuple[int, str]], start: int, end: int) -> str:
    """Format a line range of a unified diff: the first line, and the number of lines."""
    if start == end:
        return f"{pieces[start - 1][0] if start else 0},0"
    return f"{pieces[start][0]},{pieces[end - 1][0] - pieces[start][0] + 1}"


def _changes(removed: list[str], inserted: list[str]) -> Iterator[str]:
    """Yield removed and added lines; a long pair is cut to the difference."""
    if len(removed) == len(inserted):
        pairs = [_windows(one, other) for one, other in zip(removed, inserted, strict=True)]
        removed, inserted = [one for one, _ in pairs], [other for _, other in pairs]
    else:
        removed, inserted = [_cut(line) for line in removed], [_cut(line) for line in inserted]
    yield from (f"-{line}" for line in removed)
    yield from (f"+{line}" for line in inserted)


def _windows(one: str, other: str) -> tuple[str, str]:
    if max(len(one), len(other)) <= _LONG:
        return one, other
    start = next((index for index, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    return _window(one, start, len(one) - end), _window(other, start, len(other) - end)


def _window(line: str, start: int, end: int) -> str:
    start, end = max(start - _AROUND, 0), min(end + _AROUND, len(line))
    return f"{'…' if start else ''}{line[start:end]}{'…' if end < len(line) else ''}"


def _cut(line: str) -> str:
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"


def _pieces(data: bytes) -> list[tuple[int, str]]:
    """Split into lines with their numbers; a long line into tags, each with the text after it."""
    found = []
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        parts = _TAG.split(line) if len(line) > _LONG else [line]
        found += [(number, part) for part in parts if part or len(parts) == 1]
    return found
