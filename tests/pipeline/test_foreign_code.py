"""Plug-ins of other distributions at run time: what they raise or return wrongly costs what it concerns, no more."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import imageseo
from imageseo.cli import main
from imageseo.cli.commands import doctor
from imageseo.cli.commands.doctor_check import State
from imageseo.model.finding import Finding
from tests.support.distributions import install, on_path
from tests.support.small_sites import photo, tree, write

PAGE = '<!doctype html><html lang="en"><head><title>A</title>{}</head><body><main><h1>A</h1>{}</main></body></html>'
HERO = "<meta name='imageseo:hero' content='%s'>"
PROVIDER = """
import io
from dataclasses import replace
from PIL import Image
from imageseo.model.errors import ProviderError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Master

def picture(recipe, kind="PNG", size=None, **more):
    out = io.BytesIO()
    Image.new("RGB", size or (recipe.width, recipe.height), (recipe.seed, 99, 235)).save(out, kind, **more)
    return out.getvalue()

class Acme:
    name = "acme"
    version = "1"
    digital_source_type = ALGORITHMIC_MEDIA
    reproducible = True
    def configure(self, place):
        return self
    def complete(self, options):
        mode = options.get("style", "good")
        if mode == "complete":
            raise KeyError("palette")
        return {"style": mode, **({"made": {1, 2}} if mode == "set" else {}), **({"x": None} if mode == "null" else {})}
    def notes(self, recipe):
        if recipe.options["style"] == "notes":
            1 / 0
        return ()
    def produce(self, recipes):
        for recipe in recipes:
            mode = recipe.options["style"]
            if mode == "raise":
                raise RuntimeError("no paint left")
            if mode == "exit":
                raise SystemExit(5)
            if mode == "own":
                raise ProviderError("the palette is empty", hint="fill it")
            if mode == "stop":
                return
            png = {
                "gif": lambda: picture(recipe, "GIF"), "jpeg": lambda: picture(recipe, "JPEG"), "empty": lambda: b"",
                "text": lambda: "<svg/>", "size": lambda: picture(recipe, size=(recipe.width // 2, recipe.height)),
                "cut": lambda: picture(recipe)[:70],
                "apng": lambda: picture(recipe, save_all=True, append_images=[Image.new("RGB", (320, 180))]),
            }.get(mode, lambda: picture(recipe))()
            master = Master(png=png, digital_source_type=ALGORITHMIC_MEDIA)
            if mode == "env":
                master = replace(master, env={"device": object()})
            yield {"png": png} if mode == "dict" else master

PROVIDER = Acme()
"""
FAULTS = {
    "raise": "raised RuntimeError: no paint left (acme_provider.py:",
    "exit": "raised SystemExit: 5 (acme_provider.py:",
    "own": "the palette is empty",
    "stop": "heroes and stopped",
    "gif": "returned b'GIF8",
    "jpeg": "which is not PNG",
    "empty": "returned no bytes, not a PNG",
    "text": "returned str, not a PNG",
    "size": "returned an image of 160x180 px, not of 320x180 px",
    "cut": "returned an image that cannot be read",
    "apng": "returned an animation of 2 frames, not a still image",
    "dict": "returned dict, not a Master",
    "env": "`env` has values that are not JSON",
    "complete": "complete() raised KeyError: 'palette' (acme_provider.py:",
    "set": "values that are not JSON",
    "null": "has a value for 'x' that is null",
}
SETTINGS = {
    "profile": "fast",
    "widths": [160],
    "formats": ["webp"],
    "site_url": "https://e.org/",
    "hero": {"width": 320, "height": 180},
    "encode": {"isolate": False},
}


def by_page(findings: tuple[Finding, ...], *rules: str) -> dict[str, Finding]:
    return {each.location.page: each for each in findings if each.rule in rules}


def test_provider_costs_its_own_heroes_only(tmp_path: Path) -> None:
    good = ["good", "notes"]
    pages = {
        f"public/{mode}.html": PAGE.format(HERO % json.dumps({"provider": "acme", "style": mode, "seed": number}), "")
        for number, mode in enumerate([*good, *FAULTS])
    }
    write(tmp_path, pages)
    install(tmp_path / "path", "acme-art", {"heroes": {"acme": "acme_provider"}}, {"acme_provider": PROVIDER})
    with on_path(tmp_path / "path"):
        results = [imageseo.build_site(tmp_path / "public", project=tmp_path, settings=SETTINGS) for _ in range(2)]
        for result in results:  # nothing wrong was cached: the second build says the same
            found = by_page(result.findings, "hero-provider", "hero-recipe")
            assert found.keys() == {f"{mode}.html" for mode in FAULTS}
            for mode, why in FAULTS.items():
                finding = found[f"{mode}.html"]
                assert why in finding.message
                assert "acme of acme-art 1.0" in finding.message or mode == "own"
                assert finding.fails_build
        assert 'alt="' not in (tmp_path / "public/gif.html").read_text("utf-8")
        heroes = sorted(each.name for each in (tmp_path / "public/assets/heroes").iterdir())
        assert [name for name in heroes if name.endswith(".jpg")] == ["good.jpg", "notes.jpg"]
        report = imageseo.generate_heroes(project=tmp_path, folder=tmp_path / "public", settings=SETTINGS)
    assert report.failed
    said = report.as_text()
    for mode, why in FAULTS.items():
        assert why in said, mode
    pins = tomllib.loads((tmp_path / "imageseo.lock").read_text("utf-8"))["hero"]
    assert [pin["page"] for pin in pins] == ["good.html", "notes.html"]
    assert len(list((tmp_path / "heroes").glob("*.png"))) == 2


@pytest.mark.parametrize("where", ["import", "configure"])
def test_provider_that_cannot_be_used_says_so_on_the_pages_that_ask_for_it(
    where: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = PROVIDER if where == "configure" else "import not_there\n"
    source = source.replace("        return self\n", "        return place.nothing\n")
    heroes = {name: HERO % json.dumps({"provider": name, "seed": 1}) for name in ("acme", "procedural")}
    pages = {f"public/{name}.html": PAGE.format(hero, "") for name, hero in heroes.items()}
    write(tmp_path, pages)
    install(tmp_path / "path", "acme-art", {"heroes": {"acme": "acme_provider"}}, {"acme_provider": source})
    with on_path(tmp_path / "path"):
        result = imageseo.build_site(tmp_path / "public", project=tmp_path, settings=SETTINGS)
    ((page, finding),) = by_page(result.findings, "hero-provider", "hero-recipe").items()
    assert page == "acme.html"
    assert "acme of acme-art 1.0 cannot be used: " in finding.message
    assert [record.getMessage().count("acme-art 1.0") for record in caplog.records] == [1]


CODEC = """
import io
from PIL import Image

class Acme:
    name, mime, suffix, keeps_alpha, max_side = "acme", "image/x-acme", "acme", True, None
    def version(self):
        return "1"
    def codings(self, kind):
        return ("",)
    def encode(self, image, *, quality, effort, xmp, coding=""):
        mode = {w: m for m, w in MODES.items()}.get(image.width)
        out = io.BytesIO()
        shown = image.resize((image.width, image.height + 1)) if mode == "size" else image
        shown.save(out, "TIFF")
        if mode == "raise":
            raise RuntimeError("no ink left")
        return {"none": None, "empty": b"", "junk": b"junk", "cut": out.getvalue()[:50]}.get(mode, out.getvalue())

MODES = MODES_OF_TEST
CODEC = Acme()
"""
CODEC_FAULTS = {
    "raise": "encode() raised RuntimeError: no ink left (acme_codec.py:",
    "none": "returned NoneType for an image of ",
    "empty": "returned no bytes for an image of ",
    "junk": "wrote cannot be read: ",
    "cut": "wrote cannot be read: ",
    "size": "wrote an image of ",
}


def codec_site(tmp_path: Path) -> dict[str, int]:
    """Write a site with an image for each fault of the codec, and a good one; their widths tell the codec."""
    widths = {mode: 200 + number for number, mode in enumerate([*CODEC_FAULTS, "good"])}
    for mode, width in widths.items():
        image = f'<p><img src="{mode}.jpg" alt="{mode}"></p>'
        write(tmp_path, {f"public/{mode}.html": PAGE.format("", image), f"public/{mode}.jpg": photo(width, 120, width)})
    return widths


def test_codec_costs_its_own_variants_only(tmp_path: Path) -> None:
    widths = codec_site(tmp_path)
    source = CODEC.replace("MODES_OF_TEST", repr({mode: widths[mode] for mode in CODEC_FAULTS}))
    install(tmp_path / "path", "acme-ink", {"codecs": {"acme": "acme_codec"}}, {"acme_codec": source})
    settings: dict[str, Any] = {**SETTINGS, "formats": ["acme", "webp"], "widths": [1000], "quality": {"acme": 60}}
    with on_path(tmp_path / "path"):
        for _ in range(2):  # nothing wrong was stored
            result = imageseo.build_site(tmp_path / "public", project=tmp_path, settings=settings)
            found = by_page(result.findings, "plugin-failed")
            assert found.keys() == {f"{mode}.html" for mode in CODEC_FAULTS}
            for mode, why in CODEC_FAULTS.items():
                message = found[f"{mode}.html"].message
                assert message.startswith(f"{mode}.jpg has no variants from ")
                assert "the codec acme of acme-ink 1.0" in message
                assert why in message
            assert not result.failed
    made = [name for name in tree(tmp_path / "public") if name.endswith((".acme", ".webp"))]
    assert sorted({name.split("-")[0] for name in made if name.endswith(".webp")}) == sorted(widths)
    # Uncompressed, it is larger than the source file and not offered; what is stored is only the good one.
    assert {name.split("-")[0] for name in made if name.endswith(".acme")} <= {"good"}


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("junk", "what it wrote cannot be read: Pillow finds no image of a format that it decodes; a codec may have"),
        ("size", "encode() wrote an image of "),
        ("raise", "encode() raised RuntimeError: no ink left (acme_codec.py:"),
    ],
)
def test_one_failure_of_a_codec_on_many_images_is_one_finding(mode: str, why: str, tmp_path: Path) -> None:
    widths = dict.fromkeys(range(200, 205), mode)
    source = CODEC.replace("{w: m for m, w in MODES.items()}", repr(widths)).replace("MODES_OF_TEST", "{}")
    install(tmp_path / "path", "acme-ink", {"codecs": {"acme": "acme_codec"}}, {"acme_codec": source})
    for width in widths:
        image = f'<p><img src="{width}.jpg" alt="{width}"></p>'
        write(
            tmp_path, {f"public/{width}.html": PAGE.format("", image), f"public/{width}.jpg": photo(width, 40, width)}
        )
    settings: dict[str, Any] = {**SETTINGS, "formats": ["acme"], "widths": [1000], "quality": {"acme": 60}}
    with on_path(tmp_path / "path"):
        found = imageseo.build_site(tmp_path / "public", project=tmp_path, settings=settings).findings
    (finding,) = (each for each in found if each.rule == "plugin-failed")
    text = f"200.jpg and 4 other images have no variants from the codec acme of acme-ink 1.0: {why}"
    assert finding.message.startswith(text)
    assert not re.search(" at 0x", finding.message)


METRIC = """
class Acme:
    name, version = "acme", "1"
    def reference(self, image):
        if image.width == 16 or MODE == "reference":
            raise RuntimeError("out of opinions")
        return image
    def score(self, reference, image):
        if MODE == "score":
            raise RuntimeError("out of opinions")
        return {"nan": float("nan"), "text": "good", "high": 4000.0}.get(MODE, 71.0)

MODE = "good"
METRIC = Acme()
"""


@pytest.mark.parametrize("mode", ["good", "reference", "score", "nan", "text", "high"])
def test_metric_that_fails_decides_no_quality(mode: str, tmp_path: Path) -> None:
    write(tmp_path, {"public/a.html": PAGE.format("", '<p><img src="a.jpg" alt="A"></p>'), "public/a.jpg": photo()})
    source = METRIC.replace('MODE = "good"', f'MODE = "{mode}"')
    install(tmp_path / "path", "acme-eyes", {"metrics": {"acme": "acme_metric"}}, {"acme_metric": source})
    settings = {**SETTINGS, "profile": "default", "encode": {"isolate": False, "metric": "acme", "webp_method": 0}}
    with on_path(tmp_path / "path"):
        result = imageseo.build_site(tmp_path / "public", project=tmp_path, settings=settings)
    found = by_page(result.findings, "plugin-failed")
    webp = [name for name in tree(tmp_path / "public") if name.endswith(".webp")]
    assert (len(webp), len(found)) == ((1, 0) if mode == "good" else (0, 1))
    assert all("the metric acme of acme-eyes 1.0" in each.message for each in found.values())


RULES = {
    "acme_raise": "raise RuntimeError('no words')",
    "acme_exit": "raise SystemExit(2)",
    "acme_none": "pass",
    "acme_text": "return ['bad']",
    "acme_hint": "return [Problem(message='m', hint=None)]",
    "acme_message": "return [Problem(message=3)]",
    "acme_good": "return [Problem(message='good')]",
}


def test_rule_costs_its_own_findings_only(tmp_path: Path) -> None:
    head = '"""A rule."""\nfrom imageseo.model.facts import Problem\nfrom imageseo.model.finding import Severity\n'
    modules = {
        name: f"{head}SEVERITY = Severity.WARN\ndef check(images):\n    {body}\n" for name, body in RULES.items()
    }
    site_wide = {f"{name}_site": text.replace("check(images)", "check_site(site)") for name, text in modules.items()}
    write(tmp_path, {"public/a.html": PAGE.format("", '<img src="a.jpg">'), "public/a.jpg": photo()})
    both = {**modules, **site_wide}
    install(tmp_path / "path", "acme-rules", {"rules": {name: name for name in both}}, both)
    with on_path(tmp_path / "path"):
        result = imageseo.lint_site(tmp_path / "public", project=tmp_path)
        built = imageseo.build_site(tmp_path / "public", project=tmp_path, settings=SETTINGS)
    found = {each.rule: each for each in result.findings if each.rule.startswith("acme-")}
    assert found.keys() == {name.replace("_", "-") for name in both}
    for name, finding in found.items():
        good = "good" in name
        assert finding.message.startswith("good" if good else "the rule crashed; ")
        assert ("of acme-rules 1.0" in finding.hint) != good
    assert {each.rule for each in result.findings} >= {"alt-missing"}
    assert {each.rule for each in built.findings} >= {name.replace("_", "-") for name in modules}


@pytest.mark.parametrize("body", ["raise RuntimeError('no ink')", "return 3", "raise SystemExit(0)"])
def test_report_that_fails_is_replaced_by_text_that_says_so(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, {"public/a.html": PAGE.format("", '<img src="a.jpg">'), "public/a.jpg": photo()})
    module = f"def render(result):\n    {body}\n"
    install(tmp_path / "path", "acme-table", {"reports": {"table": "acme_table"}}, {"acme_table": module})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["imageseo", "lint", "public", "--format", "table"])
    with on_path(tmp_path / "path"), pytest.raises(SystemExit) as exited:
        main.main()
    out = capsys.readouterr().out
    assert exited.value.code == 1
    assert "error plugin-failed: the report table (acme_table) of acme-table 1.0 raised " in out
    assert "alt-missing" in out


def test_doctor_lists_what_is_plugged_in_and_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rule = '"""A rule."""\nfrom imageseo.model.finding import Severity\nSEVERITY = Severity.WARN\n'
    good = {
        "good_rule": f"{rule}def check(images): return []\n",
        "acme_provider": PROVIDER,
        "acme_metric": METRIC,
        "good_report": "def render(result): return ''\n",
    }
    groups = {
        "rules": {"good_rule": "good_rule", "lost": "lost"},
        "heroes": {"acme": "acme_provider", "procedural": "acme_provider"},
        "metrics": {"acme": "acme_metric"},
        "reports": {"good": "good_report"},
        "codecs": {"acme": "acme_codec"},
    }
    codec = CODEC.replace("MODES_OF_TEST", "{'raise': 16}")
    install(tmp_path / "path", "acme-kit", groups, {**good, "acme_codec": codec}, version="2.1")
    with on_path(tmp_path / "path"):
        report = doctor.run_checks(tmp_path, config=None, note=lambda text: None)
        text = doctor.as_text(report)
    lines = [line.strip() for line in text.splitlines() if "acme-kit 2.1" in line]
    for kind, name, module in [
        ("rule", "good_rule", "good_rule"),
        ("hero provider", "acme", "acme_provider"),
        ("metric", "acme", "acme_metric"),
        ("report", "good", "good_report"),
    ]:
        assert f"+ {kind} {name}: acme-kit 2.1 ({module})" in lines
    assert "! rule lost: acme-kit 2.1 (lost): ModuleNotFoundError: No module named 'lost'" in lines
    assert any(line.startswith("! codec acme: acme-kit 2.1 (acme_codec): ") and "no ink left" in line for line in lines)
    assert any(line.startswith("! hero provider procedural: ") and "of its own" in line for line in lines)
    assert "pip uninstall acme-kit" in text
    (tried,) = (line for line in lines if line.startswith("! codec acme"))
    assert tried.count("acme-kit 2.1") == 1
    assert "builds try it for each image, without variants where it fails: update or repair" in text
    assert not [check for check in report.checks if check.state is State.BROKEN and check.kind != "plug-in"]
    assert report.exit_code == 0
    assert not caplog.records


def test_pages_are_checked_again_when_a_module_beside_a_rule_changes(tmp_path: Path) -> None:
    site, package = tmp_path / "site", tmp_path / "packages" / "beside_rule"
    write(site, {"index.html": "<main><h1>A</h1><img src=a.png alt=LOUD></main>"})
    write(
        package,
        {
            "__init__.py": "",
            "rule.py": "'A rule.'\nfrom imageseo.model.facts import Problem\n"
            "from imageseo.model.finding import Severity\nfrom beside_rule.words import WORD\n"
            "SEVERITY = Severity.WARN\ndef check(images):\n"
            "    return [Problem(message=WORD, hint='', at=each.ref) for each in images]\n",
        },
    )
    install(package.parent, "beside", {"rules": {"beside_rule": "beside_rule.rule"}}, {})
    for word in ("one", "other"):
        write(package, {"words.py": f"WORD = '{word}'\n"})
        with on_path(package.parent):
            found = imageseo.build_site(site, project=tmp_path).findings
        assert [each.message for each in found if each.rule == "beside-rule"] == [word]
