"""MkDocs hook: generate a page for each lint rule from its docstring, and the table of rules in reference/rules.md.

The docstring of a rule is its documentation: `imageseo explain` shows it in a terminal, SARIF and HTML reports include
it, and this hook publishes it as reference/rules/<id>/. Nothing is copied into docs/.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, InclusionLevel

from imageseo.lint.rule import Rule
from imageseo.lint.rule_catalog import RuleCatalog
from imageseo.model.finding import Severity

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_LIST = "reference/rules.md"
_MARK = "<!-- rules -->"
_SEVERITY_NAMES = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.INFO: "note"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for rule in book().rules:
        file = File.generated(config, f"reference/rules/{rule.id}.md", content=page(rule))
        file.inclusion = InclusionLevel.NOT_IN_NAV  # too many for the navigation; the table links them
        files.append(file)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return markdown.replace(_MARK, table()) if page.file.src_uri == _LIST else markdown


@cache
def book() -> RuleCatalog:
    return RuleCatalog.installed()


def table() -> str:
    """Return a row for each rule, with the anchor that other pages of the manual link to."""
    rows = [
        f'| <span id="{rule.id}"></span>[`{rule.id}`](rules/{rule.id}.md) | {severity_text(rule)} | {_summary(rule)} |'
        for rule in sorted(book().rules, key=lambda rule: rule.id)
    ]
    return "\n".join(["| Rule | Severity | Requirement |", "|---|---|---|", *rows])


def page(rule: Rule) -> str:
    """Return the page of one rule, in Markdown."""
    manual = book().texts[rule.id].manual
    summary = manual.summary.replace('"', "'")
    notes = [f"Severity: **{severity_text(rule)}**."]
    notes += ["Also fails a build."] if rule.fails_build else []
    notes += ["Runs in `imageseo lint` only, not in builds."] if rule.lint_only else []
    return f"""---
title: {rule.id}
description: "{summary}"
---

# {rule.id}

{" ".join(notes)} [All rules](../rules.md)

{manual.markdown(2)}{_origins(rule)}
## Settings

```toml title="imageseo.toml"
[lint.rules]
{rule.id} = "{"warn" if rule.default is Severity.OFF else "off"}"
```

Suppress it in place with [`data-imageseo-disable="{rule.id}: why"`](../../how-to/opt-out.md#one-rule-in-place).
"""


def _origins(rule: Rule) -> str:
    lines = "".join(f"- [{source.name}]({source.url})\n" for source in rule.sources)
    return f"\n## Where it comes from\n\n{lines}\n[All sources](../checkers.md)\n" if lines else ""


def severity_text(rule: Rule) -> str:
    name = _SEVERITY_NAMES[rule.severity]
    return f"{name}; off by default" if rule.default is Severity.OFF else name


def _summary(rule: Rule) -> str:
    return book().texts[rule.id].manual.summary.replace("|", "\\|")
