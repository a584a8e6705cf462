"""What the build state holds of feeds, and of the heroes that they name."""

from __future__ import annotations

from msgspec import Struct, field

from imageseo.model.finding import Finding


class HeroFile(Struct, array_like=True, frozen=True, gc=False):
    """The file of a page's hero that feeds name. ``width``, ``height``: px as displayed."""

    path: str
    format: str
    width: int
    height: int


class FeedRecord(Struct, array_like=True, frozen=True):
    """A feed as the last build left it.

    ``context``: digest of pages and heroes. ``sha256``: of the file. ``reverse``: start, end and former bytes of each
    edit. ``files``: images that were made for it, by site path.
    """

    context: str
    sha256: str
    reverse: list[tuple[int, int, bytes]]
    findings: list[Finding]
    files: list[str] = field(default_factory=list)
