"""MkDocs hook: a page for every lint rule out of its docstring, and the table of them on reference/rules.md.

A rule's docstring is its manual page: `imageseo explain` shows it in a terminal, SARIF and HTML reports hold it, and
here it becomes reference/rules/<id>/. Nothing is copied into docs/.
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
_LEVELS = {Severity.ERROR: "error", Severity.WARN: "warning", Severity.INFO: "note"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for rule in book().rules:
        file = File.generated(config, f"reference/rules/{rule.id}.md", content=page(rule))
        file.inclusion = InclusionLevel.NOT_IN_NAV  # fifty entries would bury the others; the table leads to each
        files.append(file)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    return markdown.replace(_MARK, table()) if page.file.src_uri == _LIST else markdown


@cache
def book() -> RuleCatalog:
    return RuleCatalog.installed()


def table() -> str:
    """A row for each rule, with the anchor that the rest of the manual leads to."""
    rows = [
        f'| <span id="{rule.id}"></span>[`{rule.id}`](rules/{rule.id}.md) | {level(rule)} | {_summary(rule)} |'
        for rule in sorted(book().rules, key=lambda rule: rule.id)
    ]
    return "\n".join(["| Rule | Level | Asks |", "|---|---|---|", *rows])


def page(rule: Rule) -> str:
    """The page of one rule, in Markdown."""
    manual = book().texts[rule.id].manual
    summary = manual.summary.replace('"', "'")
    told = [f"Level: **{level(rule)}**."]
    told += ["It fails a build, too."] if rule.fails_build else []
    told += ["Builds do not ask it; `imageseo lint` does."] if rule.lint_only else []
    return f"""---
title: {rule.id}
description: "{summary}"
---

# {rule.id}

{" ".join(told)} [All rules](../rules.md)

{manual.markdown(2)}
## Settings

```toml title="imageseo.toml"
[lint.rules]
{rule.id} = "{"warn" if rule.default is Severity.OFF else "off"}"
```

One place is silenced with [`data-imageseo-disable="{rule.id}: why"`](../../features/opting-out.md#one-rule-in-place).
"""


def level(rule: Rule) -> str:
    told = _LEVELS[rule.severity]
    return f"{told}; off by default" if rule.default is Severity.OFF else told


def _summary(rule: Rule) -> str:
    return book().texts[rule.id].manual.summary.replace("|", "\\|")
