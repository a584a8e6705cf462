"""Lines by which a build is published although an image exceeds its budget, in the language of each configuration."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from imageseo import config
from imageseo.config.budget_lines import budget_lines
from imageseo.model.finding import Finding, Location, Severity


def over(kib: str, key: str = "budgets.lcp-bytes.mobile", rule: str = "lcp-bytes") -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.ERROR,
        message=f"the LCP image a.png is too heavy on mobile: a browser downloads it, {kib} KiB; the budget is 150 KiB",
        hint=f"choose another, or raise `{key}.error`",
        location=Location(page="index.html"),
        fails_build=True,
    )


TWO = [over("285.7"), over("201"), over("310.2", 'budgets.paths."blog/*".lcp-bytes.desktop')]


@pytest.mark.parametrize(
    ("file", "before"), [("pelicanconf.py", "IMAGESEO"), ("conf.py", "imageseo"), ("mkdocs.yml", ""), ("", "")]
)
def test_lines_are_settings(tmp_path: Path, file: str, before: str) -> None:
    first, *lines = budget_lines(TWO, tmp_path, tmp_path / file if file else None)
    assert f"in {file or 'imageseo.toml'} " in first
    text = "\n".join(line[4:] for line in lines)
    if before:
        scope: dict[str, object] = {}
        exec(text, scope)
        found = scope[before]
        (tmp_path / file).write_text(f"{before} = dict(formats=['avif'])\n")
        again = budget_lines(TWO, tmp_path, tmp_path / file)[1]
        assert again.strip().startswith(f'{before}["budgets"] = {{"lcp-bytes"'), "nothing of the user's is lost"
    else:
        found = yaml.safe_load(text)["plugins"][0]["imageseo"] if file else tomllib.loads(text)
    settings = config.load(found, "test")  # type: ignore[arg-type]
    assert settings.budgets.lcp_bytes.mobile.error == 290 * 1024
    assert settings.budgets.paths["blog/*"].lcp_bytes.desktop.error == "320 KiB"


def test_existing_toml_is_named(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.imageseo]\nformats = ['avif']\n")
    lines = budget_lines(TWO[:1], tmp_path, tmp_path / "mkdocs.yml")
    assert "pyproject.toml" in lines[0]
    assert lines[1:] == ["    [tool.imageseo.budgets.lcp-bytes.mobile]", '    error = "290 KiB"']
    assert budget_lines([over("1", rule="lcp-lazy")], tmp_path, None) == []
