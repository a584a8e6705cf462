"""The test kit for plug-ins: our own pass it (rules in tests/lint/test_rules.py), and it finds what is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from imageseo.config import plugins
from imageseo.integrations.detection import integration_of
from imageseo.model.errors import SiteError
from imageseo.testing import PluginFaults, ProviderExample, check, check_distribution, kit, requirements
from tests.images.test_foreign_codec import CODEC
from tests.project.test_contributing import example_of
from tests.support import pictures
from tests.support.distributions import install, on_path
from tests.support.small_sites import write

GROUPS = ("imageseo.codecs", "imageseo.metrics", "imageseo.reports")
NEEDS = {"avif_svt": "pillow_avif", "vszip": "vapoursynth"}


def own() -> Iterator[Any]:
    for group in GROUPS:
        for name in plugins.plugin_names(group):
            absent = name in NEEDS and find_spec(NEEDS[name]) is None
            yield pytest.param(group, name, id=name, marks=[pytest.mark.skipif(absent, reason="not installed")])


@pytest.mark.parametrize(("group", "name"), list(own()))
def test_our_own_pass(group: str, name: str) -> None:
    check(group, name, import_module(f"{plugins.PACKAGES[group]}.{name}"))


@pytest.mark.parametrize("name", ["procedural", "library"])
def test_our_own_providers_pass(name: str, tmp_path: Path) -> None:
    files = {f"library/harbour-{at}.jpg": pictures.save(pictures.photo(800, 600, at), "JPEG") for at in (1, 2)}
    write(tmp_path, {**files, "library/library.toml": '[defaults]\nlicense = "CC0-1.0"\n'})
    example = ProviderExample(options={"query": "harbour"} if name == "library" else {}, project=tmp_path)
    check("imageseo.heroes", name, import_module(f"imageseo.heroes.providers.{name}"), example=example)


def test_our_provider_with_models_passes_what_needs_none() -> None:
    provider = import_module("imageseo.heroes.providers.diffusers")
    example = ProviderExample(options={"model": "models/sdxl", "prompt": "a hill"})
    found = requirements("imageseo.heroes", "diffusers", provider, example=example)
    drawing = ("masters", "pins")
    for requirement in found:
        if requirement.name not in drawing:
            requirement.check()
    assert {each.name for each in found} > {*drawing, "options", "unknown_options"}


def module(name: str, text: str) -> ModuleType:
    found = ModuleType(name, text.partition('"""')[2].partition('"""')[0] or None)
    exec(text, found.__dict__)
    return found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ('"jp2", True, None', '"jp3", "yes", None'),
        ('return f"1 openjpeg', 'self.calls.append(0); return f"{len(self.calls)} openjpeg'),
        ("image.save(out", "image.transpose(1).save(out"),
        ("image.save(out", "image.putpixel((0, 0), (1, 2, 3, 4)[: len(image.mode)]); image.save(out"),
        ("22 + quality * 0.25", "60 - quality * 0.25"),
        ("22 + quality * 0.25", "10 + quality * 0.01"),
        ("return out.getvalue()", "return out.getvalue() + (str(len(self.calls)).encode())"),
        ("return out.getvalue()", "return out.getvalue() + image.info.get('comment', b'')"),
        ('return ("",)', "return ()"),
        ('return ("",)', 'return ("lossless",)'),
        ("self.calls.append((quality, effort))", "assert quality > 1"),
        ("self.calls.append((quality, effort))", 'image = image.convert("RGB")'),
        ("self.calls.append((quality, effort))", "assert image.width > 1"),
    ],
    ids=str,
)
def test_codec_with_a_fault_is_found(change: str, why: str) -> None:
    good = CODEC
    assert change in good
    with pytest.raises(PluginFaults) as caught:
        check("imageseo.codecs", "jp2", module("acme", good.replace(change, why)))
    assert "\n  - " in str(caught.value)


def test_a_good_codec_passes_alone_and_by_the_name_of_its_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check("imageseo.codecs", "jp2", module("acme", CODEC))
    assert [each.name for each in requirements("imageseo.codecs", "jp2", module("acme", CODEC))][:2] == [
        "declarations",
        "version",
    ]
    install(tmp_path, "acme-jp2", {"codecs": {"jp2": "acme_jp2", "lost": "lost"}}, {"acme_jp2": CODEC})
    with on_path(tmp_path):
        with pytest.raises(PluginFaults, match=r"imageseo\.codecs lost: ModuleNotFoundError"):
            check_distribution("acme-jp2")
        with pytest.raises(LookupError, match="acme is not installed"):
            check_distribution("acme")


METRIC = """
class Acme:
    name, version = "acme", "1"
    def reference(self, image):
        return image
    def score(self, reference, image):
        return SCORE
METRIC = Acme()
"""


@pytest.mark.parametrize("score", ["100.0", "71.0", "'good'", "1 / 0"])
def test_metric_with_a_fault_is_found(score: str) -> None:
    with pytest.raises(PluginFaults, match="  - "):
        check("imageseo.metrics", "acme", module("acme", METRIC.replace("SCORE", score)))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("import time; return str(time.time_ns())", "repeated: equal runs give other reports"),
        ("return ' '.join(each.message for each in result.findings)", "order: the report depends on the order"),
        ("return ''.join(sorted(each.message for each in result.findings))", "control_characters: the report contains"),
        ("return 'all is well'", "findings: findings do not change the report"),
        ("return result.findings[0].message", "empty: it raised IndexError"),
    ],
)
def test_report_with_a_fault_is_found(body: str, why: str) -> None:
    with pytest.raises(PluginFaults) as caught:
        check("imageseo.reports", "acme", module("acme", f"def render(result):\n    {body}\n"))
    assert why in str(caught.value)


RULE = '''"""An image has no title.

Browsers show it late.

Bad:
    <img src="photo-800x450.jpg" title="A" alt="B">

Good:
    <img src="photo-800x450.jpg" alt="B">
"""
from imageseo.model.facts import Problem
from imageseo.model.finding import Severity

SEVERITY = Severity.WARN

def check(images):
    for image in images:
        if image.ref.get("title"):
            yield Problem(message="it has a title", hint="remove it", at=image.ref)
'''


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("", "", ""),
        ("no title.", "no title", "manual: the first line of the docstring is no sentence"),
        ("Good:", "Better:", "manual: the docstring needs at least one example"),
        ("for image in images:", "open('/etc/hosts')\n    for image in images:", "files: its code contains 'open('"),
        ('image.ref.get("title")', "True", "example Good: the good example has findings"),
        ('image.ref.get("title")', "False", "example Bad: the bad example has 0 findings"),
        ('hint="remove it"', 'hint=""', "example Bad: the finding has no message, or no hint"),
        ('image.ref.get("title")', "image.ref.src[0]", "odd_pages: on an image without attributes: the rule crashed"),
        ("check(images)", "check(moon)", "declarations: acme.check requests unknown facts: moon"),
    ],
)
def test_rule_with_a_fault_is_found(
    old: str, new: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "acme.py").write_text(RULE.replace(old, new, 1) if old else RULE, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "acme", raising=False)
    rule = import_module("acme")
    monkeypatch.delitem(sys.modules, "acme")
    if not why:
        check("imageseo.rules", "acme", rule)
        return
    with pytest.raises(PluginFaults) as caught:
        check("imageseo.rules", "acme", rule)
    assert why in str(caught.value)


def test_the_kit_needs_no_test_runner(capsys: pytest.CaptureFixture[str]) -> None:
    code = "import sys, imageseo.testing; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert kit.main(["no-such-package"]) == 1
    assert capsys.readouterr().out == "no-such-package is not installed\n"
    assert kit.main([]) == 2


@pytest.mark.parametrize("name", plugins.plugin_names("imageseo.themes"))
def test_our_own_themes_pass(name: str) -> None:
    check("imageseo.themes", name, import_module(f"imageseo.layout.known_themes.{name}"))


def test_our_own_integrations_pass(tmp_path: Path) -> None:
    files = {
        "mkdocs/mkdocs.yml": "site_name: A\n",
        "mkdocs/docs/index.md": "---\ntitle: A\n---\n# A\n",
        "zensical/zensical.toml": '[project]\nsite_name = "A"\n',
        "zensical/docs/index.md": "# A\n",
        "pelican/pelicanconf.py": 'PATH = "content"\nSITEURL = "https://e.org"\n',
        "pelican/content/a.md": "Title: A\nDate: 2026-01-01\n\nText\n",
        "sphinx/conf.py": 'project = "A"\n',
        "sphinx/index.rst": "A\n=\n",
    }
    write(tmp_path, files)
    assert sorted(path.partition("/")[0] for path in files if path.endswith((".yml", ".toml", ".py"))) == sorted(
        plugins.plugin_names("imageseo.integrations")
    )
    for path in files:
        if path.endswith((".yml", ".toml", ".py")):
            name = path.partition("/")[0]
            module = import_module(f"imageseo.integrations.generators.{name}")
            check("imageseo.integrations", name, module, example=tmp_path / path)


THEME = """
from imageseo.model.layout import Theme
THEMES = (Theme(name="acme", content_width=700, sizes="700px", marks=(b"acme-main",)),)
"""
INTEGRATION = """
class Acme:
    files = ("acme.yml",)
    def recognises(self, config):
        return True
    def missing(self, config):
        return ""
    def load(self, config):
        raise KeyError("title")
INTEGRATION = Acme()
"""


def test_themes_and_integrations_with_a_fault_are_found() -> None:
    check("imageseo.themes", "acme", module("acme", THEME), example=b"<div class=acme-main>")
    with pytest.raises(PluginFaults, match=r"own_page: the example page is not recognised"):
        check("imageseo.themes", "acme", module("acme", THEME), example=b"<div class=other>")
    with pytest.raises(PluginFaults, match=r"declarations: .*sizes"):
        check("imageseo.themes", "acme", module("acme", THEME.replace('"700px"', '"wide"')))
    with pytest.raises(PluginFaults) as caught:
        check("imageseo.integrations", "acme", module("acme", INTEGRATION))
    said = str(caught.value)
    assert "other_files: recognises() is not False for " in said
    assert "broken_configuration: it raised KeyError: 'title'" in said


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("path.relative_to(project)", "str(path.relative_to(project))", "start/index.html: `source` is str"),
        ("path.relative_to(project)", "path", "start/index.html: the source PosixPath"),
        ("title=title", "title=3", "start/index.html: `title` is int"),
        ("meta=meta", "meta=[1]", "start/index.html: `meta` is list"),
        ('f"{path.stem}/index.html"', "path.stem", "'start' is no file of the built site"),
    ],
)
def test_hints_of_a_wrong_type_are_found(old: str, new: str, why: str, tmp_path: Path) -> None:
    text = example_of("INTEGRATION =")
    assert old in text
    write(tmp_path, {"acme.toml": "", "pages/start.toml": ""})
    with pytest.raises(PluginFaults) as caught:
        check("imageseo.integrations", "acme", module("acme", text.replace(old, new)), example=tmp_path / "acme.toml")
    assert why in str(caught.value)
    if "` is " in why:  # and a build says so, in place of an internal error
        guarded = integration_of("acme", module("acme", text.replace(old, new)), "acme 1.0")
        project = guarded.load(tmp_path / "acme.toml")
        with pytest.raises(SiteError, match=r"the integration acme of acme 1\.0 must return"):
            project.read(project=tmp_path, keys=(), root=None)


def test_a_project_is_read_if_it_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = example_of("INTEGRATION =")
    groups = {"integrations": {"acme": "imageseo_acme"}}
    install(tmp_path / "lib", "acme", groups, {"imageseo_acme": text})
    broken = text.replace("found = {}", "found = {}['x']")
    install(tmp_path / "lib", "broken", groups, {"imageseo_broken": broken, "imageseo_acme": text})
    (tmp_path / "lib/broken-1.0.dist-info/entry_points.txt").write_text(
        "[imageseo.integrations]\nacme = imageseo_broken\n", "utf-8"
    )
    install(tmp_path / "lib", "jp2", {"codecs": {"jp2": "acme_jp2"}}, {"acme_jp2": CODEC})
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/start.toml").write_text('title = "T"\n', "utf-8")
    config = tmp_path / "acme.toml"
    config.write_text("", "utf-8")
    with on_path(tmp_path / "lib"):
        assert kit.main(["acme"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("imageseo.integrations acme: ok, but no project was read: add `--example FILE`")
        assert kit.main(["acme", "--example", str(config)]) == 0
        assert capsys.readouterr().out == "imageseo.integrations acme: ok\n"
        assert kit.main(["broken"]) == 0
        assert kit.main([f"--example={config}", "broken"]) == 1
        assert "project: it raised KeyError" in capsys.readouterr().out
        assert kit.main(["jp2", "--example", str(config)]) == 1
        assert "jp2 declares no integration" in capsys.readouterr().out
        assert kit.main(["acme", "--example", str(tmp_path / "none.toml")]) == 2
        assert kit.main(["acme", "--example"]) == 2


@pytest.mark.parametrize("group", ["codecs", "heroes", "integrations", "metrics", "reports", "rules", "themes"])
def test_what_is_no_plugin_is_told_once(group: str) -> None:
    with pytest.raises(PluginFaults) as caught:
        check(f"imageseo.{group}", "acme", module("acme", "nothing = 1\n"))
    assert str(caught.value).count("\n  - ") == 1
