"""What a build tells about delivery by a CDN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from imageseo.model.build_findings import REMEDIES
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Site

if TYPE_CHECKING:
    from imageseo.web.cdn.delivery import Delivery


def delivery_findings(site: Site, delivery: Delivery) -> Iterator[Finding]:
    """Yield the findings that concern the whole site."""
    page = site.pages[0].path if site.pages else ""
    name = delivery.template.name or "the CDN"
    if delivery.negotiated:
        yield Finding(
            rule="cdn-negotiated",
            severity=Severity.WARN,
            message=f"{name} answers one URL in several formats, by the Accept header: a cache in front of it that "
            "ignores `Vary: Accept` gives AVIF to browsers that cannot show it",
            location=Location(page=page),
            hint=REMEDIES["cdn-negotiated"],
        )
    if delivery.cdn.budgets == "estimate":
        yield Finding(
            rule="cdn-estimated",
            severity=Severity.INFO,
            message=f"images come from {name}, so that their bytes are not known: the LCP budget is judged by "
            "candidates that were encoded here, and not published",
            location=Location(page=page),
            hint=REMEDIES["cdn-estimated"],
        )
