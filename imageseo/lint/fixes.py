"""Fixes: edits that findings carry, put into the published pages, or shown as a diff."""

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
from imageseo.web.html.edits import apply

ROUNDS = 5
"""Edits that overlap wait for the next round; more are needed by nobody."""
_TAG = re.compile(r"(?=<[a-zA-Z/!])")
_LONG = 160  # characters of a line that a diff shows whole
_AROUND = 60  # characters of a longer one that it shows on both sides of the change


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPage:
    """One page with its edits made. ``fixed``: the findings that they mend."""

    page: str
    before: bytes
    after: bytes
    fixed: tuple[Finding, ...]


def digests(site: Site) -> Mapping[str, bytes]:
    """The hash of every page's bytes; pages that cannot be read are left out."""
    found = {}
    for page in site.pages:
        try:
            found[page.path] = sha256((site.root / page.path).read_bytes()).digest()
        except OSError:
            continue  # a finding of lint
    return found


def fixed_pages(site: Site, findings: Iterable[Finding], judged: Mapping[str, bytes]) -> Iterator[FixedPage]:
    """The pages that fixes change, in order, each read when it is asked for.

    ``judged``: ``digests`` from before the findings were made.
    A finding whose edits overlap those of an earlier one waits. Raises SiteError for a page that somebody else wrote
    meanwhile, since the edits are of other bytes.
    """
    pages: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=lambda finding: finding.sort_key):
        if finding.fix and finding.location.page in judged:
            pages.setdefault(finding.location.page, []).append(finding)
    for page, found in sorted(pages.items()):
        try:
            before = (site.root / page).read_bytes()
        except OSError as error:
            raise SiteError(f"{page}: cannot be read any more: {error.strerror or error}") from error
        if sha256(before).digest() != judged[page]:
            raise SiteError(f"{page} was written while lint read it; nothing was changed there", hint="run again")
        fixed, edits = _compatible(found, len(before))
        after = apply(before, edits)
        if after != before:
            yield FixedPage(page=page, before=before, after=after, fixed=fixed)


def write(site: Site, pages: Iterable[FixedPage]) -> tuple[str, ...]:
    """Write pages into the built site, each as it comes; their paths. Raises SiteError, also where that is the folder
    of its sources.
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


def _compatible(findings: Iterable[Finding], size: int) -> tuple[tuple[Finding, ...], list[Edit]]:
    """The findings whose edits touch no others', in order, and these edits. Two may want the very same edit."""
    taken: list[Edit] = []
    fixed = []
    for finding in findings:
        mine = list(dict.fromkeys(finding.fix))
        new = [edit for edit in mine if edit not in taken]
        apart = all(_apart(edit, other) for edit in new for other in taken)
        within = all(0 <= edit.span.start <= edit.span.end <= size for edit in new)
        alone = all(_apart(one, other) for place, one in enumerate(new) for other in new[:place])
        if apart and within and alone:
            taken += new
            fixed.append(finding)
    return tuple(fixed), taken


def _apart(one: Edit, other: Edit) -> bool:
    """Whether two edits touch different bytes; two insertions at one place do not, since their order would matter."""
    (start, end), (begin, close) = one.span, other.span
    if start == end and begin == close:
        return start != begin
    return end <= begin or close <= start


def diff(pages: Iterable[FixedPage]) -> Iterator[str]:
    """What would be written, as a unified diff, a page a piece; nothing when nothing would be.

    A minified page is shown tag by tag, a long tag cut around what changes in it; hunks are numbered by the lines of
    the page all the same.
    """
    for each in pages:
        yield "".join(f"{line}\n" for line in _diff(each))


def _diff(mended: FixedPage) -> Iterator[str]:
    before, after = _pieces(mended.before), _pieces(mended.after)
    yield from (f"--- a/{sanitized(mended.page)}", f"+++ b/{sanitized(mended.page)}")
    matcher = difflib.SequenceMatcher(None, [text for _, text in before], [text for _, text in after])
    for group in matcher.get_grouped_opcodes(1):
        (_, start, _, begin, _), (_, _, end, _, close) = group[0], group[-1]
        yield f"@@ -{_span(before, start, end)} +{_span(after, begin, close)} @@"
        for kind, first, last, here, there in group:
            gone = [sanitized(text) for _, text in before[first:last]]
            come = [sanitized(text) for _, text in after[here:there]]
            if kind == "equal":
                yield from (f" {_cut(line)}" for line in gone)
            else:
                yield from _changes(gone, come)


def _span(pieces: list[tuple[int, str]], start: int, end: int) -> str:
    """Lines as a unified diff counts them: the first, and how many."""
    if start == end:
        return f"{pieces[start - 1][0] if start else 0},0"
    return f"{pieces[start][0]},{pieces[end - 1][0] - pieces[start][0] + 1}"


def _changes(gone: list[str], come: list[str]) -> Iterator[str]:
    """Removed and added lines; a long pair is cut to what differs between the two."""
    if len(gone) == len(come):
        pairs = [_windows(one, other) for one, other in zip(gone, come, strict=True)]
        gone, come = [one for one, _ in pairs], [other for _, other in pairs]
    else:
        gone, come = [_cut(line) for line in gone], [_cut(line) for line in come]
    yield from (f"-{line}" for line in gone)
    yield from (f"+{line}" for line in come)


def _windows(one: str, other: str) -> tuple[str, str]:
    if max(len(one), len(other)) <= _LONG:
        return one, other
    start = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
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
    """The lines with their numbers; of a long one its tags, each with the text behind it."""
    found = []
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), 1):
        parts = _TAG.split(line) if len(line) > _LONG else [line]
        found += [(number, part) for part in parts if part or len(parts) == 1]
    return found
