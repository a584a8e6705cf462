"""Take back the names that an earlier build has given: pages name their files as the generator wrote them."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from imageseo.lint.crashes import crash_guard
from imageseo.model.edit import Edit
from imageseo.model.image import RECOMPRESSED, Asset, Span
from imageseo.model.site import Page
from imageseo.pipeline.names import names_file
from imageseo.pipeline.names.named_files import file_key, may_name
from imageseo.pipeline.names.names_record import NamesRecord
from imageseo.web.html import edits
from imageseo.web.html.charset import UnreadablePage

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext


def restore_names(context: BuildContext, record: NamesRecord | None) -> None:
    """Restore pages and remove copies. ``record``: of the last build; None: it is lost, or there was none."""
    try:
        names = names_file.read(context.site.project)
    except names_file.NamesError:
        names = {}  # it concerns only builds that use it
    output = context.output
    final = names_file.final_paths(names)
    back = {new: old for old, new in sorted(final.items(), reverse=True) if (output.root / old).is_file()}
    keys = {file_key(path.rpartition("/")[2]) for path in back}
    for page in context.pages:
        known = record.pages.get(page.path) if record is not None else None
        if (known is None or not known.changes) and not keys:
            continue
        with crash_guard(context.findings, page, "its images keep their published names"):
            _restore(context, page, back, keys, known.reverse if known else [], known.published if known else b"")
    for path, content in record.copies.items() if record is not None else ():
        asset = context.originals.asset(path)
        if isinstance(asset, Asset) and (asset.sha256 == content or asset.writer == RECOMPRESSED):
            output.remove(path)


def _restore(
    context: BuildContext,
    page: Page,
    back: dict[str, str],
    keys: set[bytes],
    reverse: list[tuple[int, int, bytes]],
    published: bytes,
) -> None:
    from imageseo.pipeline.names.page_names import PageNames  # few builds take names back

    try:
        raw = context.files.page(page.path)
        if not may_name(raw, keys) and not reverse:
            return
        html = edits.strip(raw)
        if reverse and sha256(html).digest() == published:  # byte for byte
            changes = [Edit(span=Span(start, end), replacement=old) for start, end, old in reverse]
        else:
            changes = PageNames(html, page, context.site.base_url).edits(back)
    except (OSError, UnreadablePage):
        return  # the plan of the page reports it
    if changes:
        if raw != html:
            context.stale.add_replaced_page(page, raw)
        context.output.write(page.path, edits.apply(html, changes))
