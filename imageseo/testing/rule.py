"""What a lint rule must do."""

from __future__ import annotations

import inspect
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from imageseo.config.settings import Settings
from imageseo.lint.crashes import CRASHED
from imageseo.lint.rule import Rule
from imageseo.lint.rule_docs import RuleDocs
from imageseo.model.finding import Finding
from imageseo.model.layout import SiteLayout
from imageseo.testing.requirement import Requirement, need
from imageseo.testing.rule_examples import MILDER, RuleExample, examples, findings, furnish, split

_FILE_ACCESS = re.compile(
    r"\bopen\(|\bPath\(|\bread_bytes\b|\bread_text\b|\brequests\.|\burllib\.request\b|\bsubprocess\b"
)
_ODD_PAGES = {
    "an empty page": "",
    "a page without images": "<main><h1>A</h1><p>Text</p></main>",
    "an image without attributes": "<main><img><p><img src><img src=''><img alt></main>",
    "a data URL and other hosts": '<img src="data:image/gif;base64,R0" alt="a"><img src="//e.org/a.png?x#y" alt="b">',
    "broken markup": '<p><img src="photo-800x450.jpg alt="x><picture><source srcset=",, 2x"><img src=a srcset="b c">',
    "an image in SVG and MathML": '<svg><image href="a.jpg"/></svg><math><mtext><img src="a.png"></mtext></math>',
    "an opted-out image": '<div data-imageseo="ignore"><img src="photo-800x450.jpg"></div>',
}


@dataclass(frozen=True, slots=True)
class RuleChecks:
    """The requirements, as methods. ``layout_of``: what a browser has measured of an example's page."""

    name: str
    module: ModuleType
    layout_of: Callable[[str, bytes], SiteLayout | None]

    @property
    def rule(self) -> Rule:
        return Rule.of(self.name, self.module)

    def declarations(self) -> None:
        """The module is a rule: a docstring, SEVERITY, known facts."""
        need(re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", self.name), f"{self.name!r} is no id: use a-z, 0-9 and `_`")
        need(self.rule.id == self.name.replace("_", "-"), f"its id is {self.rule.id}")

    def manual(self) -> None:
        """The docstring is a manual page: a summary in one line, and examples of both kinds."""
        summary = RuleDocs.of(self.rule.manual).summary
        need(summary.endswith("."), f"the first line of the docstring is no sentence: {summary!r}")
        kinds = {each.kind for each in examples(self.rule)}
        need(kinds == {"Bad", "Good"}, "the docstring needs at least one example after `Bad:` and one after `Good:`")

    def files(self) -> None:
        """It opens no file and asks no host: facts have what was read."""
        found = _FILE_ACCESS.search(inspect.getsource(self.module))
        need(found is None, f"its code contains {found[0] if found else ''!r}: rules ask for facts instead")

    def odd_pages(self) -> None:
        """Odd pages make it neither crash nor report twice the same."""
        for title, html in _ODD_PAGES.items():
            found = self.run(html)
            crashed = next((each for each in found if each.message.startswith(CRASHED)), None)
            need(crashed is None, f"on {title}: {crashed.message if crashed else ''}")
            need(len(set(found)) == len(found), f"on {title}, it reports the same problem twice at one place")

    def example(self, example: RuleExample) -> None:
        """A bad example gives one finding of the declared severity, with message and hint; a good one none."""
        found = self.run(example.html)
        crashed = next((each for each in found if each.message.startswith(CRASHED)), None)
        need(crashed is None, crashed.message if crashed else "")
        if example.kind == "Good":
            need(not found, f"the good example has findings: {'; '.join(each.message for each in found)}")
            return
        need(len(found) == 1, f"the bad example has {len(found)} findings: {'; '.join(each.message for each in found)}")
        finding, rule = found[0], self.rule
        expected = next((level for word, level in MILDER.items() if example.title.startswith(word)), rule.severity)
        need(finding.severity is expected, f"its severity is {finding.severity}, not {expected}")
        need(finding.message and finding.hint, "the finding has no message, or no hint that says what to do")
        need(finding.location.line is not None or finding.location.image is None, "the finding has no line")

    def run(self, html: str) -> list[Finding]:
        settings, page = split(html) if html else (Settings(), "")
        with tempfile.TemporaryDirectory() as folder:
            furnish(Path(folder), page)
            return findings(Path(folder), self.rule, settings, layout_of=self.layout_of)


def requirements(
    name: str, module: ModuleType, layout_of: Callable[[str, bytes], SiteLayout | None] = lambda path, html: None
) -> Sequence[Requirement]:
    """Return what a lint rule must do. ``layout_of``: what a browser has measured of an example's page."""
    checks = RuleChecks(name, module, layout_of)
    each = (checks.declarations, checks.manual, checks.files, checks.odd_pages)
    found = [Requirement(check.__name__, check) for check in each]
    try:
        shown = examples(checks.rule)
    except TypeError:  # no rule: the first requirement says why
        return found
    return [*found, *(Requirement(f"example {one.title}", _example_check(checks, one)) for one in shown)]


def _example_check(checks: RuleChecks, example: RuleExample) -> Callable[[], None]:
    return lambda: checks.example(example)
