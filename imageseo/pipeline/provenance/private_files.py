"""Find the image files of the site that are published without their private data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from imageseo.model.errors import ImageseoError, SiteError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.image import Asset
from imageseo.pipeline.incremental.build_state import PageOutcome, RecompressedFile
from imageseo.pipeline.names.step import also_at_former_paths

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext

_SHOWN = 4


@dataclass(slots=True, kw_only=True)
class PrivateFiles:
    """The files that are published without private data. ``new``: for the build state. ``kept``: not looked at."""

    new: list[RecompressedFile] = field(default_factory=list)
    kept: list[RecompressedFile] = field(default_factory=list)
    changes: dict[str, str] = field(default_factory=dict)  # site path -> what is removed

    @property
    def all(self) -> list[RecompressedFile]:
        return sorted([*self.new, *self.kept], key=lambda each: each.path)


def replace_files(
    context: BuildContext, pages: Sequence[PageOutcome], read: Callable[[RecompressedFile], bytes | None]
) -> tuple[list[tuple[str, OSError | ImageseoError]], list[RecompressedFile]]:
    """Replace source files (recompressed, without prompts or private data), and restore the others.

    ``read``: returns the bytes of a new file. Return what could not be written, and the files without private data.
    """
    by_pages = also_at_former_paths([new for outcome in pages for new in outcome.recompressed], context.former)
    private = find_private(context, {new.path for new in by_pages})
    state, paths = context.state, {page.path for page in context.site.pages}
    others = state.recompressed_by_other_pages(paths, context.files.exists)
    failed = context.originals.update(
        [*by_pages, *private.new],
        previous=[*state.previous_recompressed, *state.previous_cleaned],
        kept={*others, *(each.path for each in private.kept)},
        read=read,
    )
    failures = list(failed)
    if private.changes:
        context.findings.append(_private_finding(private.changes))
    return failures, private.all


def find_private(context: BuildContext, done: Collection[str]) -> PrivateFiles:
    """Find private data in all image files of the site, whether a page shows them or not. ``done``: replaced ones.

    A process that builds again and again only looks at files that have changed.
    """
    found, metadata = PrivateFiles(), context.settings.metadata
    if metadata.gps == metadata.device == "keep":
        return found
    recall, previous = context.recall, context.state.previous_cleaned
    for path in context.output.images:
        if path in done:
            continue
        if recall is not None and path not in recall.changed:
            if path in previous:
                found.kept.append(previous[path])
                found.changes[path] = ""
            continue
        asset = context.files.asset(path)
        if isinstance(asset, Asset) and context.originals.cleaner.private_kinds(asset) and _may_write(context, path):
            cleaned = context.originals.without_private(asset)
            if cleaned is not None:
                found.new.append(RecompressedFile(path, asset.sha256, cleaned.sha256, cleaned.bytes))
                found.changes[path] = cleaned.change
    return found


def _may_write(context: BuildContext, path: str) -> bool:
    """Whether a file is the site's own: a repository may publish its source folder too."""
    try:
        context.output.locate(path)
    except SiteError:
        return False
    return True


def _private_finding(changes: Mapping[str, str]) -> Finding:
    named = [f"{path} ({change})" if change else path for path, change in sorted(changes.items())]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    files = "1 published file is" if len(named) == 1 else f"{len(named)} published files are"
    return Finding(
        rule="private-removed",
        severity=Severity.INFO,
        message=f"{files} without private metadata, with the same pixels: {', '.join(named[:_SHOWN])}{more}",
        location=Location(page=""),
        hint="nothing to do: source files stay; `metadata.gps`, `metadata.device` or `metadata.exclude` keep it",
    )
