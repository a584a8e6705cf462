"""Put the records of pages together by picture: each file once, with the ways in which pages show it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from imageseo.model.site import Page
from imageseo.model.site_report import (
    BuildDownloads,
    ByteChange,
    DownloadRow,
    PictureDownload,
    PictureUse,
    ReportedPicture,
    ReportTotals,
)
from imageseo.pipeline.pictures.page_record import PagePicture, PagePictures, PickedFile, decode


def picture_entries(records: Iterable[tuple[Page, PagePictures]]) -> list[ReportedPicture]:
    """Return the pictures of all pages, each once, sorted by their files; equal uses are merged."""
    uses: dict[str, dict[PagePicture, dict[str, None]]] = {}
    for page, record in records:
        for picture in record.pictures:
            uses.setdefault(picture.path, {}).setdefault(picture, {})[page.path] = None
    return [_picture(path, found) for path, found in sorted(uses.items())]


def totals(pictures: Sequence[ReportedPicture], pages: int) -> ReportTotals:
    """Return the sums over some pictures. ``pages``: how many show them."""
    return ReportTotals(
        pages=pages,
        pictures=len(pictures),
        phone=_sum(each.phone for each in pictures),
        desktop=_sum(each.desktop for each in pictures),
    )


def build_downloads(pages: Sequence[tuple[Page, bytes]], new: Collection[str]) -> BuildDownloads | None:
    """Return what browsers download after a build; None for a site without records. ``new``: paths of new variants."""
    most: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {}  # bytes after and before, on phone and desktop
    shown_by: dict[str, set[str]] = {}  # of pictures with new variants
    is_recorded = False
    for _, record in _decoded(pages):
        is_recorded = True
        for each in record.pictures:
            phone, desktop = (each.phone.bytes, each.phone.before), (each.desktop.bytes, each.desktop.before)
            known = most.get(each.path)
            most[each.path] = (phone, desktop) if known is None else (max(known[0], phone), max(known[1], desktop))
            if new and (each.phone.path in new or each.desktop.path in new):
                shown_by[each.path] = set()
    if not is_recorded:
        return None
    for page, record in _decoded(pages) if shown_by else ():
        for each in record.pictures:
            if each.path in shown_by:
                shown_by[each.path].add(page.path)
    rows = [
        DownloadRow(picture=path, pages=len(names), phone=_change(most[path][0]), desktop=_change(most[path][1]))
        for path, names in shown_by.items()
    ]
    return BuildDownloads(
        pictures=len(most),
        phone=_sum(_change(phone) for phone, _ in most.values()),
        desktop=_sum(_change(desktop) for _, desktop in most.values()),
        new=sorted(rows, key=lambda row: (-row.phone.before, -row.desktop.before, row.picture)),
    )


def _decoded(pages: Iterable[tuple[Page, bytes]]) -> Iterator[tuple[Page, PagePictures]]:
    return ((page, record) for page, data in pages if (record := decode(data)) is not None)


def _change(pair: tuple[int, int]) -> ByteChange:
    return ByteChange(before=pair[1], after=pair[0])


def _sum(changes: Iterable[ByteChange]) -> ByteChange:
    pairs = [(each.before, each.after) for each in changes]
    return ByteChange(before=sum(before for before, _ in pairs), after=sum(after for _, after in pairs))


def _picture(path: str, found: Mapping[PagePicture, Iterable[str]]) -> ReportedPicture:
    first = next(iter(found))
    uses = [
        PictureUse(
            pages=sorted(pages),
            form=each.form,
            reason=each.reason,
            hero=each.hero,
            alt=each.alt,
            phone=_download(each.phone),
            desktop=_download(each.desktop),
        )
        for each, pages in found.items()
    ]
    return ReportedPicture(
        source=path,
        sha256=first.sha256,
        format=first.format,
        width=first.width,
        height=first.height,
        bytes=first.bytes,
        thumbnail=min((each.thumbnail for each in found), key=lambda name: (name == path, name)),
        phone=_most(use.phone for use in uses),
        desktop=_most(use.desktop for use in uses),
        uses=sorted(uses, key=lambda use: (use.pages, use.phone.file, use.desktop.file, use.form, use.alt or "")),
    )


def _download(picked: PickedFile) -> PictureDownload:
    return PictureDownload(
        before=picked.before,
        after=picked.bytes,
        file=picked.path,
        format=picked.format,
        width=picked.width,
        quality=picked.quality,
        score=None if picked.score is None else round(picked.score, 1),
    )


def _most(downloads: Iterable[PictureDownload]) -> ByteChange:
    """Return the download of the use that costs most now, and before if equal."""
    after, before = max((each.after, each.before) for each in downloads)
    return ByteChange(before=before, after=after)
