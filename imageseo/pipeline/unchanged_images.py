"""Why images stay as they are: counted for each page, and said where a build leaves all of them, or another tool's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from imageseo.model.facts import ImageFact
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.humanize import format_count
from imageseo.model.image import Asset, OptOut
from imageseo.model.plan import PagePlan
from imageseo.web.html.other_tools import tool_of

_BY_TOOL = "candidates written by "
_MISSING = "files that are not in the site"
_REASONS = {
    "origin": "images of other hosts",
    "data": "images inside the page (data URLs)",
    "outside": "files outside the site",
    "empty": "images without a file",
    OptOut.IGNORED: "left out by `data-imageseo` or `exclude`, or not in `include`",
    OptOut.PICTURE: "candidates of your own `<picture>`",
    OptOut.SRCSET: "candidates of your own `srcset`",
}
_HINTS = {
    _MISSING: "name the folder that is published, and set `site_url` if it is published below a path",
    _REASONS["outside"]: "set `site_url`: the pages refer to another folder of the host",
    _REASONS[OptOut.IGNORED]: "see the settings `include` and `exclude`",
}
_MOST_REASONS = 4


def count_reasons(plan: PagePlan, images: Iterable[ImageFact]) -> dict[str, int]:
    """Return reason -> number of the page's images that the plan leaves unchanged for it."""
    changed = {image.ref.span for image in plan.images}
    return dict(Counter(_reason(image) for image in images if image.ref.span not in changed))


def unchanged_findings(pages: Sequence[tuple[str, int, Mapping[str, int]]]) -> Iterator[Finding]:
    """Yield findings for a whole site. ``pages``: file, number of changed images, and the reasons of the others."""
    total = Counter[str]()
    for _, _, reasons in pages:
        total.update(reasons)
    yield from _of_other_tools(pages, total)
    if not pages or any(changed for _, changed, _ in pages):
        return
    if not total:
        message = f"no <img> in {format_count('pages', len(pages))}: nothing to do"
        hint = "images that a script adds in the browser are not in the files, and stay as they are"
    else:
        ordered = sorted(total.items(), key=lambda item: (-item[1], item[0]))
        listed = "; ".join(f"{reason}: {number:,}" for reason, number in ordered[:_MOST_REASONS])
        count = format_count("images", total.total())
        message = f"no image was changed. Found {count} on {format_count('pages', len(pages))}: {listed}"
        hint = next((_HINTS[reason] for reason, _ in ordered if reason in _HINTS), "")
    yield _finding("images-unchanged", message, pages[0][0], hint)


def _of_other_tools(pages: Sequence[tuple[str, int, Mapping[str, int]]], total: Mapping[str, int]) -> Iterator[Finding]:
    for reason in sorted(reason for reason in total if reason.startswith(_BY_TOOL)):
        found = [path for path, _, reasons in pages if reason in reasons]
        yield _finding(
            "images-of-other-tool",
            f"{reason} are kept: {format_count('images', total[reason])} on {format_count('pages', len(found))}",
            found[0],
            "nothing to do; imageseo makes candidates where the page has a plain <img>",
        )


def _reason(image: ImageFact) -> str:
    ref, target = image.ref, image.targets[0] if image.targets else None
    tool = tool_of(ref)
    if tool is not None:
        return _BY_TOOL + tool
    if ref.opt_out is not None:
        return _REASONS[ref.opt_out]
    if target is None or target.attribute != "src":
        return _REASONS["empty"]
    if target.elsewhere is not None:
        return _REASONS[target.elsewhere]
    if not target.exists:
        return _MISSING
    if not isinstance(image.file, Asset):
        return "files that cannot be read"
    return "images to which nothing is to be added" if image.file.raster else "vector images"


def _finding(rule: str, message: str, page: str, hint: str) -> Finding:
    return Finding(rule=rule, severity=Severity.INFO, message=message, location=Location(page=page), hint=hint)
