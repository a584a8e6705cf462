"""Says which site URL to set where a site's pages show that it is published below a path, but not on which host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from imageseo.integrations.site_address import deduce_base_path
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Site

RULE = "site-url-missing"
_SIGNS = frozenset({RULE, "img-missing", "images-unchanged"})


def unknown_address(findings: Iterable[Finding], site: Site) -> Iterator[Finding]:
    """Yield a warning that names the path to set, if files are missing and the pages refer to them below that path."""
    if site.base_url is not None or not any(each.rule in _SIGNS for each in findings):
        return
    path = deduce_base_path(site.root)
    if path is not None:
        yield Finding(
            rule=RULE,
            severity=Severity.WARN,
            message=f"the pages refer to files below {path}, which are in this folder without it: the site is "
            "published below a path, and its images are not found until `site_url` says so",
            location=Location(page="index.html"),
            hint=f'set `site_url`, for example "https://example.org{path}"',
        )
