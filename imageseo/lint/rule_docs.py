"""The manual page of a rule: its docstring, parsed and formatted for a terminal, for Markdown and as one line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

_EXAMPLE = re.compile(r"^(Bad|Good)(?: \(([^)]*)\))?:\n((?:[ \t]+\S.*\n?|\n(?=[ \t]))+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One example. ``title``: what is special about it, or "". ``html``: without the indentation of the docstring."""

    good: bool
    title: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDocs:
    """A parsed docstring. ``summary``: one sentence. ``body``: the paragraphs after it, with single backticks."""

    summary: str
    body: str
    examples: tuple[Example, ...]

    @classmethod
    def of(cls, docstring: str) -> RuleDocs:
        """Parse a rule's docstring."""
        examples = tuple(
            Example(good=kind == "Good", title=title or "", html=textwrap.dedent(html).strip("\n"))
            for kind, title, html in _EXAMPLE.findall(docstring + "\n")
        )
        text = _EXAMPLE.sub("", docstring + "\n").replace("``", "`")
        summary, _, body = text.strip().partition("\n\n")
        return cls(summary=" ".join(summary.split()), body=_paragraphs(body), examples=examples)

    def text(self, width: int = 100) -> str:
        """Format for a terminal of ``width`` columns: paragraphs filled, examples indented. Ends with a newline."""
        parts = [*(_fill(part, width) for part in (self.summary, *self.body.split("\n\n")) if part)]
        parts += [f"{_heading(example)}:\n\n{textwrap.indent(example.html, '    ')}" for example in self.examples]
        return "\n\n".join(parts) + "\n"

    def markdown(self, level: int = 2) -> str:
        """Format as Markdown below a page title; headings begin at ``level``. Ends with a newline."""
        parts = [part for part in (self.summary, self.body) if part]
        marks = "#" * level
        for good, name in ((False, "Bad"), (True, "Good")):
            examples = [example for example in self.examples if example.good is good]
            parts += [f"{marks} {name}"] if examples else []
            for example in examples:
                parts += [f"{example.title[:1].upper()}{example.title[1:]}:"] if example.title else []
                fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", example.html)), default=0))
                parts.append(f"{fence}html\n{example.html}\n{fence}")
        return "\n\n".join(parts) + "\n"


def _heading(example: Example) -> str:
    kind = "Good" if example.good else "Bad"
    return f"{kind} ({example.title})" if example.title else kind


def _paragraphs(body: str) -> str:
    """Return the paragraphs, without the gaps that examples leave."""
    return "\n\n".join(part.strip("\n") for part in re.split(r"\n\s*\n", body) if part.strip())


def _fill(paragraph: str, width: int) -> str:
    """Fill a paragraph; an indented one or a list stays as written."""
    return "\n".join(_wrap(paragraph, width))


def _wrap(paragraph: str, width: int) -> Iterator[str]:
    if re.search(r"^(?:\s+\S|[-*] )", paragraph, re.MULTILINE):
        yield paragraph
        return
    yield from textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False)
