"""Every rule passes the test kit for rules: it reports the ``Bad:`` examples of its docstring, not the ``Good:`` ones.

``imageseo/testing/rule_examples.py`` says how examples and their images are written.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from imageseo.config.settings import Settings
from imageseo.lint.facts.page import FACTS, SITE_FACTS, PageFacts, SiteFacts
from imageseo.lint.rule import Rule
from imageseo.model.facts import Problem
from imageseo.model.finding import Finding, Severity
from imageseo.testing import rule, rule_examples
from imageseo.testing.requirement import Requirement
from imageseo.testing.rule_examples import furnish, picture
from tests.support.measured_pages import layout_of

__all__ = ["findings", "furnish", "load", "picture"]

RULES = Path(__file__).parents[2] / "imageseo" / "lint" / "rules"
NAMES = sorted(path.stem for path in RULES.glob("*.py") if path.stem != "__init__")


def load(name: str) -> Rule:
    return Rule.of(name, importlib.import_module(f"imageseo.lint.rules.{name}"))


def findings(root: Path, rule: Rule, settings: Settings) -> list[Finding]:
    return rule_examples.findings(root, rule, settings, layout_of=layout_of)


def all_requirements() -> list[Any]:
    return [
        pytest.param(requirement, id=f"{name}-{requirement}")
        for name in NAMES
        for requirement in rule.requirements(name, importlib.import_module(f"imageseo.lint.rules.{name}"), layout_of)
    ]


@pytest.mark.parametrize("requirement", all_requirements())
def test_rule_passes_the_kit(requirement: Requirement) -> None:
    requirement.check()


def test_the_names_of_facts_are_those_that_exist() -> None:
    assert {name for name in vars(SiteFacts) if not name.startswith("_")} == SITE_FACTS
    assert all(hasattr(PageFacts, name) for name in FACTS - {"page", "site", "files"})


def test_rules_of_the_first_issue_exist() -> None:
    assert {load(name).id for name in NAMES} >= {
        "alt-missing",
        "img-dimensions",
        "img-missing",
        "lcp-lazy",
        "lcp-bytes",
    }


def test_former_names_of_facts_give_the_same_facts() -> None:
    """Rules of other packages may use them for one release."""

    def check(linked: Any, weights: Any, column: Any, seen: Any) -> list[Problem]:
        return []

    module = ModuleType("old_rule", "A rule.")
    module.__dict__.update(SEVERITY=Severity.WARN, check=check)
    assert Rule.of("old_rule", module).facts == ("json_ld", "page_weight", "column_layout", "measured_images")
