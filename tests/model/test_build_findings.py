"""One registry of the findings that no rule makes: complete, in the manual, and known to `lint.rules`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from imageseo.config.plugins import plugin_loaders
from imageseo.integrations import runner
from imageseo.lint.rule import Rule
from imageseo.model.build_findings import BUILD_FINDINGS, REMEDIES
from imageseo.model.errors import ProviderError, RecipeError, SettingsError, StoreError
from tests.support.small_sites import write

ROOT = Path(__file__).parents[2]
RULES = {name.replace("_", "-") for name in plugin_loaders("imageseo.rules")}
_MAKERS = ("Finding", "BadAsset", "_say", "_fault", "_finding")


def said(path: Path) -> Iterator[tuple[int, str]]:
    """Every id that a module gives to a finding: a literal as ``rule=`` or as the first word of a maker of findings."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            named = [name.id for name in node.targets if isinstance(name, ast.Name)]
            yield from (
                (node.lineno, str(node.value.value))
                for name in named
                if name in ("UNREADABLE", "RULE", "UNUSED", "FAILED")
            )
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = [word.value for word in node.keywords if word.arg == "rule"]
        given += node.args[:1] if name in _MAKERS else []
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield node.lineno, value.value


def test_every_finding_has_an_id_that_is_known() -> None:
    ids: dict[str, str] = {}
    for path in sorted((ROOT / "imageseo").rglob("*.py")):
        for line, found in said(path):
            if re.fullmatch(r"[a-z]+(-[a-z]+)+", found):
                ids[found] = f"{path.relative_to(ROOT)}:{line}"
    unknown = {found: place for found, place in ids.items() if found not in BUILD_FINDINGS and found not in RULES}
    assert not unknown, "give it a line in imageseo/model/finding_ids.py and a row in the manual"
    faults = {f"hero-{error.id}" for error in (RecipeError, ProviderError, StoreError)}
    assert faults <= set(BUILD_FINDINGS)
    assert set(BUILD_FINDINGS) - set(ids) <= faults, "nobody makes these any more"


def test_a_rule_and_a_build_share_an_id_only_where_they_say_the_same() -> None:
    assert list(REMEDIES) == list(BUILD_FINDINGS)
    shared = RULES & set(BUILD_FINDINGS)
    assert shared == {"ld-parse", "sitemap-schema"}
    rules = {name: Rule.of(name, plugin_loaders("imageseo.rules")[name.replace("-", "_")]()) for name in shared}
    assert all(rule.lint_only for rule in rules.values()), "or a build would find it twice"


@pytest.mark.parametrize("name", sorted({*BUILD_FINDINGS, *RULES}))
def test_the_manual_has_each(name: str) -> None:
    manual = (ROOT / "site_example/docs/reference/rules.md").read_text("utf-8")
    assert name in RULES or re.search(rf"^\| .*`{name}` \|", manual, re.MULTILINE), "reference/rules.md"
    assert "<!-- rules -->" in manual, "where site_example/rule_pages.py puts the rules"
    assert f"`{name}`" in (ROOT / "README.md").read_text("utf-8"), "README.md"


def test_lint_rules_may_name_each_and_nothing_else(tmp_path: Path) -> None:
    lines = "".join(f'"{name}" = "info"\n' for name in sorted({*BUILD_FINDINGS, *RULES}))
    write(tmp_path, {"imageseo.toml": f"[lint.rules]\n{lines}"})
    assert set(runner.read_settings(tmp_path).settings.lint.rules) == {*BUILD_FINDINGS, *RULES}
    write(tmp_path, {"imageseo.toml": '[lint.rules]\nhero-stael = "off"\n'})
    with pytest.raises(SettingsError, match="did you mean hero-stale"):
        runner.read_settings(tmp_path)
