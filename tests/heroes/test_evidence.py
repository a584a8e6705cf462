"""Model cards and the evidence of a page: complete, deterministic, and plain about what is not in order."""

from __future__ import annotations

import hashlib
import json
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageseo.cli.commands import generate as generate_command
from imageseo.cli.commands.generation.inputs import record_models
from imageseo.cli.commands.records import evidence
from imageseo.config.policy import PolicySettings, RiskSettings
from imageseo.heroes.audit.log import path_of
from imageseo.heroes.evidence.model_cards import cards
from imageseo.heroes.evidence.requirements import missing
from imageseo.heroes.lock import lock as locks
from imageseo.integrations import runner
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.model.errors import SiteError
from imageseo.model.hero import HeroTerms, Pin, Recipe
from tests.support import small_sites

PAGE = "docs/index.md"
HERO = (
    "---\nhero:\n  style: topo\n  prompt: hills\n  seed: 1\n  width: 96\n  height: 64\n  alt: Hills\n"
    "  consent: HR-2026-17\n  risk: high\n  usage: {from: 2026-01-01, until: 2099-12-31}\n---\n# A\n"
)
POLICY = '[policy]\nwords = ["gun"]\n[policy.risk.high]\ngates = ["contrast"]\napproval = ["brand"]\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780272000")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
    small_sites.mkdocs_site(tmp_path, files={PAGE: HERO, "docs/b.md": "# B\n"})
    (tmp_path / "imageseo.toml").write_text(POLICY)
    found = detect_project(tmp_path, config=None, note=lambda _: None)
    assert not generate_command.generate(found, names=(), root=None, progress=Quiet()).failed
    return found


def opened(place: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(place) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def approve(project: Project) -> None:
    path = project.folder / locks.NAME
    lock = locks.read(path)
    (pin,) = lock.pins
    approval = {"role": "brand", "by": "Ann", "at": "2026-06-01T00:00:00Z", "image": pin.file_sha256}
    locks.write(path, lock.with_pin(replace(pin, approved=(approval,), checks={"contrast": {"verdict": "pass"}})))


def test_bundle_has_all_and_equal_bytes(project: Project, tmp_path: Path) -> None:
    approve(project)
    first = evidence.run(project, PAGE, root=None, output=tmp_path / "a.zip")
    assert (first.exit_code, first.evidence.problems) == (0, ())
    evidence.run(project, PAGE, root=None, output=tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    files = opened(tmp_path / "a.zip")
    evidence.run(project, PAGE, root=None, output=tmp_path / "folder")
    assert {name: (tmp_path / "folder" / name).read_bytes() for name in files} == files
    (pin,) = locks.read(project.folder / locks.NAME).pins
    assert json.loads(files["recipe.json"])["recipe"]["options"]["prompt"] == "hills"
    assert json.loads(files["master.json"])["found"] == pin.file_sha256
    assert json.loads(files["rights.json"])["terms"]["consent"] == "HR-2026-17"
    assert json.loads(files["approvals.json"])["approved"][0]["role"] == "brand"
    assert json.loads(files["policy.json"])["words"] == ["gun"]
    assert json.loads(files["audit/verification.json"])["intact"] is True
    for line in files["audit/page.jsonl"].splitlines():
        body, digest = line.split(b',"hash":"')
        assert hashlib.sha256(body).hexdigest() == digest[:64].decode()
    assert tomllib.loads(files["lock-entry.toml"].decode())["hero"][0]["page"] == PAGE
    assert "Not in order" not in files["README.txt"].decode()


def test_what_is_not_in_order_is_named(project: Project, tmp_path: Path) -> None:
    (pin,) = locks.read(project.folder / locks.NAME).pins
    (project.folder / pin.file).write_bytes(b"x")
    log = path_of("heroes", project.folder)
    log.write_bytes(log.read_bytes().replace(b"Ann", b"Eve"))
    found = evidence.run(project, PAGE, root=None, output=tmp_path / "a.zip")
    assert found.exit_code == 1
    for words in ("'contrast'", "approval of 'brand'", "not the pinned file", "line 1: was edited"):
        assert words in found.as_text(), words
        assert words in opened(tmp_path / "a.zip")["README.txt"].decode()


def test_published_files_with_their_metadata(project: Project, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "index.html").write_text('<html lang="en"><head><title>A</title></head><body><h1>A</h1></body></html>')
    runner.build(project.site(site), project.settings, progress=Quiet(), config=None)
    evidence.run(project, PAGE, root=site, output=tmp_path / "a.zip")
    (found, *_) = json.loads(opened(tmp_path / "a.zip")["published.json"])
    assert (site / found["file"]).is_file()
    assert found["sha256"] == f"sha256:{hashlib.sha256((site / found['file']).read_bytes()).hexdigest()}"
    assert found["metadata"]["digital_source_type"].endswith("algorithmicMedia")


def test_page_without_a_hero_is_one_sentence(project: Project) -> None:
    with pytest.raises(SiteError, match="no pinned hero"):
        evidence.run(project, "docs/b.md", root=None, output=None)


def _pin(page: str, model: str, digest: str, **options: Any) -> Pin:
    recipe = Recipe(provider="diffusers", seed=1, width=64, height=64, options={"model": model, **options})
    some = f"sha256:{'0' * 64}"
    return Pin(
        page=page,
        recipe=recipe,
        recipe_hash=recipe.key,
        file="heroes/x.png",
        file_sha256=some,
        pixels_sha256=some,
        digital_source_type="trainedAlgorithmicMedia",
        width=64,
        height=64,
        models={"model": f"sha256:{digest * 64}"},
    )


def test_card_of_each_model_is_kept_and_stable(tmp_path: Path) -> None:
    (tmp_path / "models/ours").mkdir(parents=True)
    card = '---\nlicense: mit\n---\n# Ours\n\n## Limitations\n\nDraws no "hands".\n\n## Training\n\nx\n'
    (tmp_path / "models/ours/README.md").write_text(card)
    pins = [_pin("a.md", "models/ours", "1"), _pin("b.md", "models/ours", "2"), _pin("c.md", "FLUX.1-dev", "3")]
    locks.write(tmp_path / locks.NAME, locks.Lock().with_pins(pins))
    project = Project(settings=detect_project(tmp_path, config=None, note=lambda _: None).settings, folder=tmp_path)
    record_models(project)
    folder = tmp_path / "heroes/models"
    assert sorted(path.name for path in folder.iterdir()) == ["diffusers-flux-1-dev.toml", "diffusers-models-ours.toml"]
    ours = tomllib.loads((folder / "diffusers-models-ours.toml").read_text())
    assert (ours["license"], ours["limits"]) == ("mit", 'Draws no "hands".')
    assert sorted(ours["files"]) == [f"sha256:{digit * 64}" for digit in "12"]
    assert tomllib.loads((folder / "diffusers-flux-1-dev.toml").read_text())["commercial_use"] == "no"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    record_models(project)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    swapped = [each.as_toml() for each in cards(reversed(pins), PolicySettings(), tmp_path)]
    assert swapped == [path.read_text() for path in sorted(folder.iterdir())]


def test_risk_class_needs_passed_checks_and_approvals_of_this_image() -> None:
    policy = PolicySettings(risk={"high": RiskSettings(gates=("ocr",), approval=("legal",))}, default_risk="high")
    pin = _pin("a.md", "m", "1")
    assert len(list(missing(pin, HeroTerms(), policy))) == 2
    other = {"role": "legal", "by": "Ann", "at": "2026-06-01", "image": f"sha256:{'f' * 64}"}
    assert len(list(missing(replace(pin, approved=(other,), checks={"ocr": "skipped"}), HeroTerms(), policy))) == 2
    own = {**other, "image": pin.file_sha256}
    assert not list(missing(replace(pin, approved=(own,), checks={"ocr": "pass"}), HeroTerms(), policy))
    assert not list(missing(pin, HeroTerms(), PolicySettings()))
    assert "not declared" in next(missing(pin, HeroTerms(risk="hihg"), policy))
