"""Pictures that a change adds, replaces, renames, removes, or has encoded differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from imageseo.lint.fingerprint import without_hashes
from imageseo.model.site_report import ByteChange, PictureDownload, ReportedPicture

SCREENS = ("phone", "desktop")
"""The screens of reports."""


class PictureChange(Struct, frozen=True, kw_only=True):
    """A picture before and after the change; None: it was not there, or is there no longer."""

    before: ReportedPicture | None = None
    after: ReportedPicture | None = None

    @property
    def name(self) -> str:
        """Its site path; the new one if it has changed."""
        picture = self.after or self.before
        return picture.source if picture is not None else ""

    @property
    def difference(self) -> int:
        """The larger of the differences in bytes on the two screens, of either sign."""
        pairs = [(shown_bytes(self.before, screen), shown_bytes(self.after, screen)) for screen in SCREENS]
        return max(((now or 0) - (was or 0) for was, now in pairs), key=lambda count: (abs(count), count))


class PictureChanges(Struct, frozen=True, kw_only=True):
    """All changes, those with the largest difference first.

    ``replaced``: the same name with another file. ``encoded``: the same file, for which browsers download something
    else. ``renamed``: the same file with another name. ``kept``: the sums of the pictures that are in both reports, by
    screen.
    """

    added: list[PictureChange] = field(default_factory=list)
    replaced: list[PictureChange] = field(default_factory=list)
    encoded: list[PictureChange] = field(default_factory=list)
    renamed: list[PictureChange] = field(default_factory=list)
    removed: list[PictureChange] = field(default_factory=list)
    kept: dict[str, ByteChange] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.replaced or self.encoded or self.renamed or self.removed)


class _Pair(NamedTuple):
    before: ReportedPicture
    after: ReportedPicture


def compare_pictures(before: Iterable[ReportedPicture], after: Iterable[ReportedPicture]) -> PictureChanges:
    """Return the changes. A file that moved is renamed; a name in which only a hash differs is the same name."""
    old, new = ({picture.source: picture for picture in pictures} for pictures in (before, after))
    same = [_Pair(old[name], new[name]) for name in sorted(old.keys() & new.keys())]
    left = [picture for name, picture in sorted(old.items()) if name not in new]
    come = [picture for name, picture in sorted(new.items()) if name not in old]
    bundled = list(_paired(left, come, lambda picture: without_hashes(picture.source)))
    left, come = _rest(left, come, bundled)
    moved = list(_paired(left, come, lambda picture: picture.sha256))
    left, come = _rest(left, come, moved)
    both = [*same, *bundled]
    return PictureChanges(
        added=_sorted(PictureChange(after=picture) for picture in come),
        replaced=_sorted(_change(pair) for pair in both if pair.before.sha256 != pair.after.sha256),
        encoded=_sorted(
            _change(pair)
            for pair in both
            if pair.before.sha256 == pair.after.sha256 and _downloads(pair.before) != _downloads(pair.after)
        ),
        renamed=_sorted(_change(pair) for pair in moved),
        removed=_sorted(PictureChange(before=picture) for picture in left),
        kept={screen: _sum([*both, *moved], screen) for screen in SCREENS},
    )


def shown_bytes(picture: ReportedPicture | None, screen: str) -> int | None:
    """Return the most that a page downloads for a picture."""
    if picture is None:
        return None
    return (picture.phone if screen == SCREENS[0] else picture.desktop).after


def largest_download(picture: ReportedPicture) -> PictureDownload | None:
    """Return what a phone downloads for a picture on the page where that is most."""
    return max((use.phone for use in picture.uses), key=lambda each: (each.after, each.file), default=None)


def _paired(
    left: Sequence[ReportedPicture], come: Sequence[ReportedPicture], key: Callable[[ReportedPicture], str]
) -> Iterator[_Pair]:
    """Yield the pictures with equal keys; of several with one key none, because it is unclear which is which."""
    groups: dict[str, tuple[list[ReportedPicture], list[ReportedPicture]]] = defaultdict(lambda: ([], []))
    for side, pictures in enumerate((left, come)):
        for picture in pictures:
            groups[key(picture)][side].append(picture)
    for old, new in groups.values():
        if len(old) == len(new) == 1:
            yield _Pair(old[0], new[0])


def _rest(
    left: Sequence[ReportedPicture], come: Sequence[ReportedPicture], pairs: Sequence[_Pair]
) -> tuple[list[ReportedPicture], list[ReportedPicture]]:
    before, after = {pair.before.source for pair in pairs}, {pair.after.source for pair in pairs}
    return [each for each in left if each.source not in before], [each for each in come if each.source not in after]


def _change(pair: _Pair) -> PictureChange:
    return PictureChange(before=pair.before, after=pair.after)


def _sorted(changes: Iterable[PictureChange]) -> list[PictureChange]:
    return sorted(changes, key=lambda each: (-abs(each.difference), each.name))


def _downloads(picture: ReportedPicture) -> object:
    """Return what decides whether a picture is shown with other bytes. Quality is not known everywhere."""
    return picture.phone.after, picture.desktop.after


def _sum(pairs: Sequence[_Pair], screen: str) -> ByteChange:
    return ByteChange(
        before=sum(shown_bytes(pair.before, screen) or 0 for pair in pairs),
        after=sum(shown_bytes(pair.after, screen) or 0 for pair in pairs),
    )
