"""Every JSON-LD block of a page can be read.

Search engines drop a block with one fault as a whole, in silence: a trailing comma, a line break in a string, quotes
that a template escaped as for HTML. Comment marks around a block are let pass. A block above 4 MiB is not read. In a
build the theme's blocks that cannot be read are named too, once a page.

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
        yield Problem(message=fault.problem, hint=fault.hint, place=ProblemLocation(offset=fault.offset))
