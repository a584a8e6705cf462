"""CONTRIBUTING.md can be followed: its paths exist. The examples of *Write a plug-in* in the manual work."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from imageseo import testing
from imageseo.config.plugins import PACKAGES
from imageseo.testing import check_distribution
from tests.support.distributions import install, on_path
from tests.support.small_sites import environment, photo, write

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
MANUAL = (ROOT / "site_example/docs/reference/writing-plug-ins.md").read_text("utf-8")
PAGE = '<!doctype html><html lang="en"><title>A</title><main><h1>A</h1><img src="a.jpg" alt="{}"></main></html>'


def blocks(language: str) -> dict[str, str]:
    """The manual's code blocks of a language, by title."""
    return dict(re.findall(rf'^```{language} title="([^"]+)"\n(.*?)^```$', MANUAL, re.MULTILINE | re.DOTALL))


def example_of(declares: str) -> str:
    """The only Python example that declares a name, such as ``CODEC =``."""
    (found,) = (code for code in blocks("python").values() if re.search(rf"^{declares}", code, re.MULTILINE))
    return found


EXAMPLES = {
    "imageseo.rules": "SEVERITY =",
    "imageseo.heroes": "PROVIDER =",
    "imageseo.codecs": "CODEC =",
    "imageseo.metrics": "METRIC =",
    "imageseo.reports": "def render",
    "imageseo.integrations": "INTEGRATION =",
    "imageseo.themes": "THEMES =",
}


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_lead_to_files_and_headings(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", text):
        path, _, anchor = link.partition("#")
        target = ROOT / (path or name)
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, link


def test_the_files_it_names_exist() -> None:
    paths = set(re.findall(r"`((?:imageseo|tests|site_example|hooks|\.github|\.ci)/[\w./-]+)`", TEXT))
    new = {
        "imageseo/lint/rules/alt_shouting.py",
        "imageseo/heroes/providers/plain.py",
        "imageseo/images/codecs/jp2.py",
        "imageseo/images/metrics/distance.py",
        "imageseo/lint/reports/table.py",
        "imageseo/integrations/generators/acme.py",
        "imageseo/layout/known_themes/acme.py",
    }
    missing = {path for path in paths - new if "NAME" not in path and not (ROOT / path).exists()}
    assert len(paths) > 20
    assert not missing


def test_the_names_in_code_it_mentions_exist() -> None:
    sources = "\n".join(
        path.read_text("utf-8") for folder in ("imageseo", "tests") for path in (ROOT / folder).rglob("*.py")
    )
    words = set(re.findall(r"\w+", sources))
    prose = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL)
    names = {
        name
        for code in re.findall(r"`([A-Za-z_][\w.]*)(?:\(.*?\))?`", prose)
        if not code.endswith((".py", ".md", ".toml", ".yml", ".json"))
        for name in code.split(".")
        if re.search(r"_|[a-z][A-Z]|^[A-Z]{2}", name)
    }
    new = {"NAME", "test_recipe_without_title_is_rejected"}
    assert len(names) > 20
    assert names - new <= words, names - new - words


def entry_points() -> dict[str, dict[str, str]]:
    groups: dict[str, dict[str, str]] = tomllib.loads(blocks("toml")["pyproject.toml"])["project"]["entry-points"]
    assert groups.keys() == PACKAGES.keys()
    return groups


def test_every_example_passes_the_kit_as_a_plugin_of_another_package(tmp_path: Path) -> None:
    groups = {group.removeprefix("imageseo."): entry_points()[group] for group in EXAMPLES}
    install(tmp_path, "imageseo-acme", groups, {})
    write(tmp_path, {"imageseo_acme/__init__.py": ""})
    modules = {title: code for title, code in blocks("python").items() if title.startswith("imageseo_acme/")}
    write(tmp_path, modules)
    for group, declares in EXAMPLES.items():
        ((_, module),) = entry_points()[group].items()
        assert modules[f"{module.replace('.', '/')}.py"] == example_of(declares), "the title names its module"
    write(tmp_path, {"site/acme.toml": 'url = "https://e.org/"\n', "site/pages/start.toml": 'title = "Start"\n'})
    with on_path(tmp_path):
        assert len(check_distribution("imageseo-acme")) == len(EXAMPLES)
        integration = importlib.import_module("imageseo_acme.acme")
        testing.check("imageseo.integrations", "acme", integration, example=tmp_path / "site/acme.toml")
        test_of_the_reader: dict[str, Any] = {}
        exec(example_of("def test_codec"), test_of_the_reader)
        test_of_the_reader["test_codec"]()


def test_the_rule_works_as_a_plugin_of_another_package(tmp_path: Path) -> None:
    groups = entry_points()
    ((name, module),) = groups["imageseo.rules"].items()
    info = "Metadata-Version: 2.1\nName: imageseo-acme\nVersion: 1\n"
    write(
        tmp_path,
        {
            "path/imageseo_acme/__init__.py": "",
            f"path/{module.replace('.', '/')}.py": example_of("SEVERITY ="),
            "path/imageseo_acme-1.dist-info/METADATA": info,
            "path/imageseo_acme-1.dist-info/entry_points.txt": f"[imageseo.rules]\n{name} = {module}\n",
            "site/a.jpg": photo(),
            "site/bad.html": PAGE.format("A HARBOUR AT DAWN"),
            "site/good.html": PAGE.format("A harbour at dawn"),
        },
    )
    rule = name.replace("_", "-")
    inherited = environment()
    path = os.pathsep.join([str(tmp_path / "path"), *filter(None, [inherited.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "imageseo", "lint", "site", "--select", rule, "--format", "json"],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)["findings"]
    assert [(each["rule"], each["page"]) for each in found] == [(rule, "bad.html")], done.stderr
