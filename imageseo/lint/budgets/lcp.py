"""The cost of a page's LCP image: the candidate each viewport chooses, its bytes, the budget and the cheapest remedy.

``build`` checks it after planning and ``lint`` after publishing; equal inputs give equal results.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from imageseo.lint.budgets.limits import broken_level, format_kib, level, setting_key, viewport_label
from imageseo.model.facts import ChosenCandidate, LcpImage, Problem, shorten
from imageseo.model.finding import GATING, Budget, Severity, Viewport
from imageseo.model.formats import suffix_of, tunable
from imageseo.model.image import Asset, ImageRef, OptOut, SourceTag
from imageseo.web.srcset import candidates

METRIC = "lcp-bytes"
_SCHEME = re.compile(r"(prefers-color-scheme\s*:\s*)(dark|light)", re.IGNORECASE)


def lcp_image(
    *,
    url: str,
    sources: Sequence[SourceTag],
    bytes_of: Callable[[str], int | None],
    srcset: str | None = None,
    sizes: str | None = None,
    ref: ImageRef | None = None,
    asset: Asset | None = None,
    treated: bool = False,
    kept: OptOut | None = None,
    viewports: Iterable[Viewport] = GATING,
) -> LcpImage:
    """Return the page's LCP image with the candidate that each viewport would download.

    ``url``, ``srcset``, ``sizes``: of the ``<img>``. ``sources``: the ``<source>`` tags around it, in order.
    ``bytes_of``: bytes of the file of a URL as written, ``None`` if it is not a file of the site (then that viewport
    gets no pick, because the cost is unknown).
    """
    offers = [*sources, *([SourceTag(type=None, srcset=srcset, sizes=sizes, media=None)] if srcset else [])]
    picks, unknown = [], []
    for viewport in viewports:
        chosen = {candidates.chosen_url(each, url, viewport, srcset=srcset, sizes=sizes) for each in _schemes(sources)}
        found = [
            ChosenCandidate(viewport=viewport, url=name, bytes=size, slot=_slot(offers, name, viewport))
            for name in chosen
            if (size := bytes_of(name)) is not None
        ]
        unknown += [(viewport, name) for name in sorted(chosen) if not found]
        picks += sorted(found, key=lambda pick: (-pick.bytes, pick.url))
    listed = dict.fromkeys(each.url for offer in offers for each in candidates.parse_srcset(offer.srcset))
    weights = ((name, bytes_of(name)) for name in listed)
    return LcpImage(
        ref=ref,
        url=url,
        offers=tuple(offers),
        asset=asset,
        treated=treated,
        kept=kept,
        picks=tuple(picks),
        unknown=tuple(unknown),
        candidate_bytes=tuple((name, size) for name, size in weights if size is not None),
    )


def _schemes(sources: Sequence[SourceTag]) -> Iterator[Sequence[SourceTag]]:
    """Yield the sources as they are read in a light color scheme, and in a dark one if that makes a difference."""
    yield sources
    if any("prefers-color-scheme" in (source.media or "").lower() for source in sources):
        yield [source._replace(media=_SCHEME.sub(_other_scheme, source.media or "")) for source in sources]


def _other_scheme(match: re.Match[str]) -> str:
    return match[1] + ("light" if match[2].lower() == "dark" else "dark")


def over_budget(image: LcpImage, limits: Iterable[Budget]) -> Iterator[Problem]:
    """Yield one problem for each viewport whose pick exceeds its budget, at the level that it exceeds."""
    for limit in (limit for limit in limits if limit.metric == METRIC):
        pick = next((pick for pick in image.picks if pick.viewport == limit.viewport), None)
        if pick is None:
            continue
        if (found := broken_level(limit, pick.bytes)) is not None:
            yield _problem(image, pick, limit, *found)


def _problem(image: LcpImage, pick: ChosenCandidate, budget: Budget, severity: Severity, limit: int) -> Problem:
    name = image.asset.path if image.asset else shorten(image.url)
    chosen = "it" if pick.url == image.url else shorten(pick.url)
    return Problem(
        message=f"the LCP image {name} is too heavy {viewport_label(pick.viewport)}: a browser downloads {chosen}, "
        f"{format_kib(pick.bytes)}; {level(severity)} is {format_kib(limit)}",
        hint=_remedy(image, pick, limit, severity, f"`{setting_key(budget, severity)}`"),
        at=image.ref,
        severity=severity,
    )


def _remedy(image: LcpImage, pick: ChosenCandidate, limit: int, severity: Severity, budget: str) -> str:
    """Return the remedy with the least effort, and the alternative. ``budget``: the setting that sets the limit."""
    if image.asset is not None and not image.asset.encodable:
        kind = "an SVG" if image.asset.format == "svg" else "an animated image"
        return f"{kind} gets no variants: use a still image instead, or raise {budget}"
    if not image.treated:
        return _remedy_for_unprocessed(image.kept, budget)
    fitting = _fitting(image, pick, limit)
    # A slot as wide as a wide screen is nearly always a wrong guess: documentation has columns.
    if fitting and pick.slot is not None and pick.viewport.width > 800 and pick.slot >= pick.viewport.width * 0.95:
        name, size = fitting
        return (
            f"`sizes` declares that it fills the screen; if its column is narrower, set `layout.content_width`: "
            f"{shorten(name)} would cost {format_kib(size)}"
        )
    suffix = pick.url.rpartition(".")[2].lower()
    setting = "quality_floor" if severity is Severity.ERROR else "quality"
    format = next((each for each in tunable() if suffix_of(each) == suffix), None)
    quality = f", lower `{setting}.{format}`" if format else ""
    return f"choose an image with less fine detail{quality}, or raise {budget}"


def _remedy_for_unprocessed(kept: OptOut | None, budget: str) -> str:
    if kept is None:
        return "`imageseo build` adds AVIF and WebP candidates of the right widths"
    if kept is OptOut.IGNORED:
        return f"it is opted out; without that, `imageseo build` adds smaller candidates. Or raise {budget}"
    return (
        "its own srcset, written by the theme, a plug-in or the author, stays unchanged: add narrower or AVIF "
        f"candidates, raise {budget}, or leave the srcset to `imageseo build`"
    )


def _slot(offers: Iterable[SourceTag], url: str, viewport: Viewport) -> float | None:
    """Return the CSS px that ``sizes`` reserves for a URL with a width descriptor; None for a URL without one."""
    for offer in offers:
        if any(each.url == url and each.width for each in candidates.parse_srcset(offer.srcset)):
            return candidates.source_size(offer.sizes, viewport)
    return None


def _fitting(image: LcpImage, pick: ChosenCandidate, limit: int) -> tuple[str, int] | None:
    """Return URL and bytes of the largest candidate within the budget, from the list of the chosen one."""
    weights = dict(image.candidate_bytes)
    for offer in image.offers:
        names = [each.url for each in candidates.parse_srcset(offer.srcset)]
        if pick.url in names:
            fits = [(name, weights[name]) for name in names if name in weights and weights[name] <= limit]
            return max(fits, key=lambda pair: pair[1], default=None)
    return None
