"""A budget is judged, or the report says why it is not.

`lcp-bytes` compares the bytes of files. Where a browser loads a candidate of another host, as with the setting
`delivery.cdn`, the bytes are not in the site: the budget was not kept, it was not judged. A build encodes such a
candidate itself and judges that estimate (`delivery.cdn.budgets`); `imageseo lint` reads the site alone, and reports
this. The same holds for the budgets of a whole page if they are set and one of its images has candidates elsewhere.

Measure the published page in a browser, or look at the estimate of the build.

Bad:
    <article><h1>Harbour</h1><picture>
    <source type="image/avif" srcset="https://img.example/w_720/a.avif 720w, https://img.example/w_1600/a.avif 1600w"
      sizes="100vw">
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></picture></article>

Good (the bytes are known):
    <article><h1>Harbour</h1><picture>
    <source type="image/avif" srcset="photo-720x405.avif 720w, photo-1600x900.avif 1600w" sizes="100vw">
    <img src="photo-1600x900.jpg" alt="A harbour" fetchpriority="high"></picture></article>
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from imageseo.lint.budgets.lcp import METRIC
from imageseo.lint.budgets.limits import viewport_label
from imageseo.lint.budgets.spending import PageWeight
from imageseo.model.facts import LcpImage, Problem, shorten
from imageseo.model.finding import Budget, Severity

SEVERITY = Severity.INFO
_HINT = "measure the published page in a browser; a build with `delivery.cdn` judges an estimate"


def check(lcp: LcpImage | None, budgets: Sequence[Budget], page_weight: PageWeight) -> Iterator[Problem]:
    limited = {each.viewport for each in budgets if each.metric == METRIC and (each.warn or each.error)}
    unknown = [(viewport, url) for viewport, url in (lcp.unknown if lcp is not None else ()) if viewport in limited]
    if lcp is not None and unknown:
        where = " and ".join(dict.fromkeys(viewport_label(viewport) for viewport, _ in unknown))
        name = lcp.asset.path if lcp.asset is not None else shorten(lcp.url)
        message = f"{METRIC} {where} is skipped for {name}: a browser loads {shorten(unknown[0][1])}, not in the site"
        yield Problem(message=message, hint=_HINT, at=lcp.ref)
    if page_weight.skipped:
        metrics = ", ".join(dict.fromkeys(each.metric for each in page_weight.skipped))
        yield Problem(message=f"{metrics}: skipped, since images have candidates that are not in the site", hint=_HINT)
