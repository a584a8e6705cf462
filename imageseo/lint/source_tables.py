"""Write the page of the manual that maps our rules to those of other checkers, in both directions.

``python -m imageseo.lint.source_tables > site_example/docs/reference/checkers.md``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from imageseo.lint.rule import Rule
from imageseo.lint.rule_sources import KINDS, RuleSource

_HEAD = """---
title: Other checkers
description: Which rules of axe, ACT, Lighthouse, html-validate, WCAG and the HTML standard match those of imageseo.
---

# Other checkers

Rules about names follow WCAG, as ACT and axe read it. Rules about markup follow the HTML standard, as the Nu checker
reads it. `imageseo explain RULE`, SARIF (`tags`) and the HTML report name these sources too. Other checkers see one
page at a time and open no image file: rules that are not in these tables have no counterpart.

<!-- This page is written by `python -m imageseo.lint.source_tables`; a test compares it. -->
"""


def page(rules: Sequence[Rule]) -> str:
    """Return the page, in Markdown."""
    named = sorted((rule for rule in rules if rule.sources and not rule.source), key=lambda rule: rule.id)
    lines = [_HEAD, "## From ours to theirs", "", "| Rule | Comes from |", "|---|---|"]
    lines += [f"| {_own(rule)} | {'; '.join(map(_link, rule.sources))} |" for rule in named]
    lines += ["", "## From theirs to ours", ""]
    for kind in KINDS:
        lines += list(_section(kind, named))
    return "\n".join(lines).rstrip() + "\n"


def _section(kind: str, rules: Sequence[Rule]) -> Iterator[str]:
    ours: dict[RuleSource, list[Rule]] = {}
    for rule in rules:
        for source in rule.sources:
            if source.kind == kind:
                ours.setdefault(source, []).append(rule)
    if ours:
        yield from (f"### {_HEADINGS.get(kind, kind)}", "", "| Theirs | Ours |", "|---|---|")
        for source, found in sorted(ours.items(), key=lambda pair: pair[0].name):
            yield f"| {_link(source)} | {', '.join(map(_own, found))} |"
        yield ""


_HEADINGS = {"ACT": "ACT rules of W3C", "HTML": "HTML standard (Nu checker)", "Google": "Google Search"}


def _own(rule: Rule) -> str:
    return f"[`{rule.id}`](rules.md#{rule.id})"


def _link(source: RuleSource) -> str:
    return f"[{source.name}]({source.url})"


if __name__ == "__main__":
    from imageseo.lint.parallel import installed_rules

    sys.stdout.write(page(installed_rules()))
