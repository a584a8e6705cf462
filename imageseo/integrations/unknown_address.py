"""Says which site URL to set where a site's pages show that it is published below a path, but not on which host."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from imageseo.integrations.site_address import deduce_base_path
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.site import Site

RULE = "site-url-missing"
_MISSING = "img-missing"
_SIGNS = frozenset({RULE, _MISSING, "images-unchanged"})
_MAX_PAGES = 8


def unknown_path(findings: Iterable[Finding], site: Site) -> str | None:
    """Return the path that the pages refer to missing files below, if findings show that something is missing."""
    pages = {each.location.page: each.rule for each in findings if each.rule in _SIGNS}
    if site.base_url is not None or not pages:
        return None
    return deduce_base_path(site.root, islice((page for page, rule in pages.items() if rule == _MISSING), _MAX_PAGES))


def explained(findings: Iterable[Finding], site: Site) -> tuple[tuple[Finding, ...], list[Finding]]:
    """Return the findings without those that follow from an unknown path, and the warning about it, if there is one."""
    findings = tuple(findings)
    path = unknown_path(findings, site)
    return (findings, []) if path is None else (tuple(with_remedy(findings, path)), [unknown_address(path)])


def with_remedy(findings: Iterable[Finding], path: str) -> Iterator[Finding]:
    """Yield the findings without those that follow from the unknown address; errors stay and name the remedy."""
    for each in findings:
        if each.rule == _MISSING and f" names {path[1:]}" in each.message:
            if each.severity is Severity.ERROR:
                yield replace(each, hint=_hint(path))
        elif each.rule != RULE:
            yield each


def unknown_address(path: str) -> Finding:
    """Return the warning that names the path to set."""
    return Finding(
        rule=RULE,
        severity=Severity.WARN,
        message=f"the pages refer to files below {path}, which are in this folder without it: the site is "
        "published below a path, and its images are not found until `site_url` says so",
        location=Location(page="index.html"),
        hint=_hint(path),
    )


def _hint(path: str) -> str:
    return f'set `site_url` in imageseo.toml, for example "https://example.org{path}"'
