"""Values that rules read about a page (ResolvedUrl, ImageFact, LcpImage), and the problems that they report."""

from __future__ import annotations

from dataclasses import dataclass

from imageseo.model.edit import Edit
from imageseo.model.finding import AttributeChange, Severity, Viewport
from imageseo.model.image import Asset, BadAsset, ImageRef, OptOut, SourceTag


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedUrl:
    """One URL in an image's markup.

    ``url``: as written. ``attribute``: ``src``, ``srcset`` or ``source``. ``path``: the file of the site that it refers
    to; ``None`` if it refers to none, with the reason in ``elsewhere`` (``data``, ``origin``, ``outside``, ``empty``).
    ``exists``: whether the file exists with this letter case. ``near``: an existing file with a similar name.
    """

    url: str
    attribute: str
    path: str | None = None
    elsewhere: str | None = None
    exists: bool = False
    near: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFact:
    """One ``<img>`` with its resolved URLs. ``targets``: the ``src`` first, if present.

    ``file``: the image file of ``src``; ``None`` if ``src`` does not refer to a file of the site.
    """

    ref: ImageRef
    targets: tuple[ResolvedUrl, ...]
    file: Asset | BadAsset | None

    @property
    def asset(self) -> Asset | None:
        """The image file of ``src``, if it is readable."""
        return self.file if isinstance(self.file, Asset) else None

    @property
    def name(self) -> str:
        """The name in messages: the file's path in the site if there is one, so that it is the same on every page."""
        if self.file is not None:
            return self.file.path
        return shorten(self.ref.src) or "an image without src"


def shorten(url: str, limit: int = 120) -> str:
    """Shorten a URL for a message: data URLs and long query strings are cut."""
    if url[:5].lower() == "data:":
        limit = 30
    return url if len(url) <= limit else url[: limit - 1] + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCandidate:
    """The candidate that a browser chooses at a viewport. ``bytes``: file size. ``slot``: CSS px from ``sizes``."""

    viewport: Viewport
    url: str
    bytes: int
    slot: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LcpImage:
    """A page's LCP image: its candidates, and the ones that browsers choose.

    ``ref``: its tag; ``None`` if it is still to be inserted. ``url``: of the fallback, as written. ``offers``: its
    ``<source>`` tags in order, then its own ``srcset``. ``asset``: the fallback's file. ``treated``: whether the
    candidates are variants made by imageseo. ``kept``: why its markup is left unchanged. ``picks``: the choice at each
    viewport, with another for dark color schemes after or before it, the heavier first; missing if it is not a file of
    the site. ``unknown``: the viewports for which it is missing, with the URL. ``candidate_bytes``: URL -> bytes of
    every candidate that is a file of the site.
    """

    ref: ImageRef | None
    url: str
    offers: tuple[SourceTag, ...]
    asset: Asset | None
    treated: bool
    kept: OptOut | None
    picks: tuple[ChosenCandidate, ...]
    candidate_bytes: tuple[tuple[str, int], ...] = ()
    unknown: tuple[tuple[Viewport, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemLocation:
    """Location of a problem that is not at an image's tag: in the page, or in another file of the site.

    ``offset``: byte offset in the published page. ``file``: site path of another file, with 1-based ``line`` and
    ``column`` if known. ``image``: URL of the image concerned.
    """

    offset: int | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    image: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A problem found by a rule. ``at``: the image's tag; ``place``: another location; neither: the whole page.

    ``severity``: set if lower than the rule's own. ``fix``: edits of the page's published bytes that fix the problem
    safely; empty if only the author can decide. ``file_fix``: site path of an image whose metadata can be rewritten.
    ``changes``: attributes of the image at ``at`` that the author should write or remove; reports show them in the
    syntax of the author's file.
    """

    message: str
    hint: str = ""
    at: ImageRef | None = None
    severity: Severity | None = None
    place: ProblemLocation | None = None
    fix: tuple[Edit, ...] = ()
    file_fix: str | None = None
    changes: tuple[AttributeChange, ...] = ()
