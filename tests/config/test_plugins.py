"""Plug-ins of other distributions: found, and left out with one warning where they are broken."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from imageseo.config import plugins
from imageseo.heroes.masters.guarded_provider import provider_of
from imageseo.images.encoding.foreign import codec_of, metric_of
from imageseo.integrations.detection import integration_of
from imageseo.layout.themes import themes_of
from imageseo.lint.report import renderer_of
from imageseo.lint.rule import Rule
from tests.support.distributions import install, on_path

RULE = '"""A rule."""\nfrom imageseo.model.finding import Severity\nSEVERITY = Severity.WARN\n'
ADOPT: dict[str, Callable[[str, ModuleType, str], object]] = {
    "codecs": codec_of,
    "heroes": provider_of,
    "integrations": integration_of,
    "metrics": metric_of,
    "reports": renderer_of,
    "rules": Rule.of,
    "themes": themes_of,
}
BROKEN = {
    "absent": ("import not_there\n", "ModuleNotFoundError: No module named 'not_there' (absent.py:1)"),
    "syntax": ("a = 1\ndef f(:\n", "SyntaxError: invalid syntax (syntax.py:2)"),
    "leaves": ("raise SystemExit(4)\n", "SystemExit: 4 (leaves.py:1)"),
    "odd": ("class Skipped(BaseException): pass\nraise Skipped('not here')\n", "Skipped: not here (odd.py:2)"),
    "raises": ("1 / 0\n", "ZeroDivisionError: division by zero (raises.py:1)"),
    "silent": ("class Odd(Exception):\n    def __str__(self): 1 / 0\nraise Odd\n", "Odd: (no text) (silent.py:3)"),
}


@pytest.mark.parametrize("group", sorted(ADOPT))
def test_broken_plugins_of_every_kind_are_left_out_with_one_warning(
    group: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    names = {**{name: name for name in BROKEN}, "empty": "empty", "lost": "no_such_module", "part": "empty:nothing"}
    install(tmp_path, "acme-broken", {group: names}, {**{k: v[0] for k, v in BROKEN.items()}, "empty": ""})
    with on_path(tmp_path), caplog.at_level(logging.WARNING):
        for _ in range(2):  # the second time nothing is said again
            found = plugins.load_plugins(f"imageseo.{group}", ADOPT[group])
            assert found
            assert not names.keys() & found.keys()
        said = [record.getMessage() for record in caplog.records]
        assert len(said) == len(names)
        for name, (_, why) in BROKEN.items():
            (line,) = (each for each in said if f" {name} ({name}) of acme-broken 1.0 is not used: " in each)
            assert why in line
        assert all(each.fault for each in plugins.foreign_plugins(f"imageseo.{group}"))


@pytest.mark.parametrize(
    ("check", "why"),
    [
        ("def check(moon): return []\n", "requests unknown facts: moon; facts are "),
        ("def check(*images): return []\nDEFAULT = 'off'\n", "DEFAULT is 'off', not a Severity"),
        ("check = 3\n", "is not a rule: check is 3, not a function;"),
        ("", "is not a rule: it needs check() or check_site();"),
        (
            "def check(): return []\nSEVERITY = 'warn'\n",
            "is not a rule: SEVERITY is 'warn', not a Severity: write Sever",
        ),
        ("def check(): return []\nSEVERITY = 'ERROR'\n", "write Severity.ERROR (from imageseo.model.finding);"),
        ("__doc__ = None\ndel SEVERITY\n", "it needs a docstring, SEVERITY and check() or check_site();"),
        ("__doc__ = ''\ndef check_site(): return []\n", "is not a rule: it needs a docstring;"),
    ],
)
def test_rule_that_asks_for_what_does_not_exist_is_left_out(
    check: str, why: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install(tmp_path, "acme", {"rules": {"acme_rule": "acme_rule"}}, {"acme_rule": RULE + check})
    with on_path(tmp_path):
        assert "acme_rule" not in plugins.load_plugins("imageseo.rules", Rule.of)
    (record,) = caplog.records
    assert why in record.getMessage()
    assert ".py:" not in record.getMessage()


def test_names_that_collide_are_told_and_decided(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good = RULE + "def check(images): return []\n"
    install(tmp_path, "b-second", {"rules": {"acme-shout": "second", "alt_missing": "second"}}, {"second": good})
    install(tmp_path, "a-first", {"rules": {"acme_shout": "first", "hero-stale": "first"}}, {"first": good})
    with on_path(tmp_path):
        found = plugins.load_plugins("imageseo.rules", Rule.of)
        assert found["acme_shout"].source == "a-first 1.0"
        assert found["alt_missing"].source == ""
        assert not {"acme-shout", "hero-stale"} & found.keys()
        assert "acme_shout" in plugins.plugin_names("imageseo.rules")
    said = sorted(record.getMessage().removeprefix("imageseo: warning: the rule ") for record in caplog.records)
    assert [line.split(";")[0].split(" is not used: ") for line in said] == [
        ["acme-shout (second) of b-second 1.0", "a-first 1.0 has a rule with that name, which is used"],
        ["alt_missing (second) of b-second 1.0", "imageseo has a rule alt_missing of its own"],
        ["hero-stale (first) of a-first 1.0", "imageseo has a rule hero-stale of its own"],
    ]


@pytest.mark.parametrize(
    "entries", [b"no section and no sign\n", b"[imageseo.rules]\nx\n", b"\xff\xfe[", b"[a]\nb = \n"]
)
def test_one_unreadable_list_of_entry_points_hides_no_other(
    entries: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good = RULE + "def check(images): return []\n"
    install(tmp_path, "a-broken", {}, {})
    (tmp_path / "a_broken-1.0.dist-info/entry_points.txt").write_bytes(entries)
    install(tmp_path, "b-good", {"rules": {"acme_good": "acme_good"}}, {"acme_good": good})
    with on_path(tmp_path):
        assert "acme_good" in plugins.load_plugins("imageseo.rules", Rule.of)
    assert all("a_broken-1.0.dist-info" in record.getMessage() for record in caplog.records)


def test_distribution_without_metadata_is_named_by_its_folder(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    install(tmp_path, "acme", {"rules": {"acme_rule": "acme_rule"}}, {"acme_rule": ""})
    (tmp_path / "acme-1.0.dist-info/METADATA").unlink()
    with on_path(tmp_path):
        plugins.load_plugins("imageseo.rules", Rule.of)
    (record,) = caplog.records
    assert "acme-1.0.dist-info" in record.getMessage()


def test_what_a_module_prints_does_not_get_into_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(tmp_path, "acme", {"rules": {"acme_rule": "acme_rule"}}, {"acme_rule": "print('hello')\n"})
    with on_path(tmp_path):
        plugins.load_plugins("imageseo.rules", Rule.of)
    assert capsys.readouterr().out == ""


def test_others_are_searched_only_if_they_are_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def searched() -> None:
        raise AssertionError("searched")

    with on_path(tmp_path):
        monkeypatch.setattr(plugins, "entry_points", searched)
        monkeypatch.setattr(plugins, "distributions", searched)
        assert plugins.load_plugins("imageseo.metrics", metric_of, only=["ssimulacra2"]).keys() == {"ssimulacra2"}


@pytest.mark.parametrize("text", ["import not_there\n", f"{RULE}check = 3\n"])
def test_rule_whose_plugin_is_broken_is_known_by_name(text: str, tmp_path: Path) -> None:
    from imageseo.lint.rule_catalog import RuleCatalog, UnknownRule

    install(tmp_path, "acme", {"rules": {"acme_shout": "acme_shout"}}, {"acme_shout": text})
    with on_path(tmp_path):
        catalog = RuleCatalog.installed()
        why = r"the rule acme_shout \(acme_shout\) of acme 1\.0 is broken: "
        with pytest.raises(UnknownRule, match=f"--select: {why}"):
            catalog.chosen(["acme-*"], [])
        with pytest.raises(UnknownRule, match=why):
            catalog.page("acme-shout", "text")
        assert "alt-missing" in (catalog.chosen([], ["acme-shout"]) or ())
        assert catalog.chosen(["alt-*"], ["acme-*", "alt-missing"])
        with pytest.raises(UnknownRule, match="there is no rule 'acme-shouts'"):
            catalog.chosen([], ["acme-shouts"])


def test_report_whose_plugin_is_broken_is_known_by_name(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from imageseo.cli.main import cli

    install(tmp_path, "acme", {"reports": {"table": "acme_table"}}, {"acme_table": "import not_there\n"})
    with on_path(tmp_path):
        result = CliRunner().invoke(cli, ["lint", str(tmp_path), "--format", "table"])
    assert result.exit_code == 2
    assert "the report table (acme_table) of acme 1.0 is broken: ModuleNotFoundError" in result.output
