"""Every JSON-LD block of a page can be parsed.

Search engines silently drop a whole block for one error: a trailing comma, a line break in a string, quotes that a
template escaped as for HTML. Comment marks around a block are accepted. A block above 4 MiB is not read. A finding says
whose block it is. A build also reports unreadable blocks of the theme, once per page.

Bad:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article",}</script>

Bad (escaped as for HTML):
    <script type="application/ld+json">{&quot;@context&quot;: &quot;https://schema.org&quot;}</script>

Bad (says nothing):
    <script type="application/ld+json"> </script>

Good:
    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Article"}</script>
"""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity
from imageseo.web.structured_data.parser import JsonLd

SEVERITY = Severity.ERROR
LINT_ONLY = True


def check(json_ld: JsonLd) -> Iterator[Problem]:
    for fault in json_ld.faults:
        whose = "written by imageseo" if fault.own else "of the theme or the page"
        message = fault.problem.replace("JSON-LD block", f"JSON-LD block {whose}", 1)
        yield Problem(
            message=message,
            hint="build the page again" if fault.own else fault.hint,
            place=ProblemLocation(offset=fault.offset),
        )
