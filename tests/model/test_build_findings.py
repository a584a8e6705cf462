"""Registry of the findings that are not made by rules: complete, in the manual, and accepted by `lint.rules`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from imageseo.config.plugins import load_plugins, plugin_names
from imageseo.integrations import runner
from imageseo.lint.rule import Rule
from imageseo.model.build_findings import BUILD_FINDINGS, REMEDIES
from imageseo.model.errors import ProviderError, RecipeError, SettingsError, StoreError
from tests.support.small_sites import write

ROOT = Path(__file__).parents[2]
RULES = {name.replace("_", "-") for name in plugin_names("imageseo.rules")}
_FACTORIES = ("Finding", "BadAsset", "_say", "_fault", "_finding", "_report")


def literal_ids(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and id of each finding: a literal as ``rule=`` or as the first argument of a finding factory."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            targets = [name.id for name in node.targets if isinstance(name, ast.Name)]
            yield from (
                (node.lineno, str(node.value.value))
                for name in targets
                if name in ("UNREADABLE", "OVERSIZED", "RULE", "UNUSED", "FAILED")
            )
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        values = [keyword.value for keyword in node.keywords if keyword.arg == "rule"]
        values += node.args[:1] if name in _FACTORIES else []
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield node.lineno, value.value


@pytest.mark.slow
def test_every_finding_has_a_registered_id() -> None:
    ids: dict[str, str] = {}
    for path in sorted((ROOT / "imageseo").rglob("*.py")):
        for line, name in literal_ids(path):
            if re.fullmatch(r"[a-z]+(-[a-z]+)+", name):
                ids[name] = f"{path.relative_to(ROOT)}:{line}"
    unknown = {name: place for name, place in ids.items() if name not in BUILD_FINDINGS and name not in RULES}
    assert not unknown, "add it to imageseo/model/build_findings.py and to the manual"
    error_ids = {f"hero-{error.id}" for error in (RecipeError, ProviderError, StoreError)}
    assert error_ids <= set(BUILD_FINDINGS)
    assert set(BUILD_FINDINGS) - set(ids) <= error_ids, "these are no longer used"


def test_rules_and_builds_share_an_id_only_for_the_same_problem() -> None:
    assert list(REMEDIES) == list(BUILD_FINDINGS)
    shared = RULES & set(BUILD_FINDINGS)
    assert shared == {"ld-parse", "sitemap-schema"}
    rules = load_plugins("imageseo.rules", Rule.of, only=[name.replace("-", "_") for name in shared])
    assert len(rules) == 2
    assert all(rule.lint_only for rule in rules.values()), "otherwise a build would report it twice"


@pytest.mark.parametrize("name", sorted({*BUILD_FINDINGS, *RULES}))
def test_every_id_is_in_the_manual(name: str) -> None:
    manual = (ROOT / "site_example/docs/reference/rules.md").read_text("utf-8")
    subjects, findings = manual.split("<!-- rules -->")  # where site_example/rule_pages.py puts the rules
    assert name not in RULES or f"[`{name}`](#{name})" in subjects, "reference/rules.md, By subject"
    assert name in RULES or re.search(rf"^\| .*`{name}` \|", findings, re.MULTILINE), "reference/rules.md"


def test_lint_rules_accepts_every_id_and_rejects_others(tmp_path: Path) -> None:
    lines = "".join(f'"{name}" = "info"\n' for name in sorted({*BUILD_FINDINGS, *RULES}))
    write(tmp_path, {"imageseo.toml": f"[lint.rules]\n{lines}"})
    assert set(runner.read_settings(tmp_path).settings.lint.rules) == {*BUILD_FINDINGS, *RULES}
    write(tmp_path, {"imageseo.toml": '[lint.rules]\nhero-stael = "off"\n'})
    with pytest.raises(SettingsError, match="did you mean hero-stale"):
        runner.read_settings(tmp_path)
