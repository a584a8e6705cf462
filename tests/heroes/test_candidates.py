"""Candidates: everything that is made is kept, checked by its hash, and nothing is deleted before a named prune."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from imageseo.cli.commands import candidates as commands
from imageseo.cli.commands import generate as generate_command
from imageseo.heroes.candidates.candidates import Candidates
from imageseo.heroes.candidates.inventory import take_inventory
from imageseo.heroes.lock import lock as locks
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.model.errors import SiteError
from imageseo.model.hero import Pin
from tests.support import small_sites

PAGE = "docs/index.md"
_HERO = "---\nhero:\n  style: topo\n  seed: {seed}\n  width: 96\n  height: 64\n  alt: Lines\n---\n# Home\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    small_sites.mkdocs_site(tmp_path, files={"docs/index.md": _HERO.format(seed=7)})
    return detect_project(tmp_path, config=None, note=lambda _: None)


def generate(project: Project, seed: int | None = None) -> Pin:
    if seed is not None:
        (project.folder / PAGE).write_text(_HERO.format(seed=seed))
    report = generate_command.generate(project, names=(), root=None, progress=Quiet())
    assert not report.failed, report.as_text()
    return pin(project)


def pin(project: Project) -> Pin:
    found = locks.read(project.folder / locks.NAME).of_page(PAGE)
    assert found is not None
    return found


def master(project: Project) -> bytes:
    return (project.folder / pin(project).file).read_bytes()


def open_candidates(project: Project) -> Candidates:
    return Candidates.of(project.settings.hero, project.folder)


def folder(project: Project) -> Path:
    return project.folder / "heroes/.candidates"


def pictures(project: Project) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in folder(project).glob("*.png")}


def test_another_seed_keeps_the_former_image(project: Project) -> None:
    generate(project)
    first = master(project)
    generate(project, seed=8)
    assert pictures(project) == {hashlib.sha256(each).hexdigest(): each for each in (first, master(project))}
    found = open_candidates(project).of_page(PAGE)
    assert [(each.number, each.pin.recipe.seed) for each in found] == [(1, 7), (2, 8)]
    assert found[0].pin.recipe.provider == "procedural"
    generate(project, seed=7)
    assert master(project) == first
    assert len(open_candidates(project).of_page(PAGE)) == 2


def test_records_have_no_time_and_are_equal_in_every_run(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = []
    for epoch in ("1000000000", "1700000000"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        shutil.rmtree(project.folder / "heroes", ignore_errors=True)
        (project.folder / locks.NAME).unlink(missing_ok=True)
        made = generate(project).made
        texts.append({path.name: path.read_bytes() for path in folder(project).glob("*.toml")})
    assert made["when"] == "2023-11-14"
    assert texts[0] == texts[1] != {}


def test_images_of_a_lock_of_an_older_version_are_kept_too(project: Project) -> None:
    former = generate(project)
    first = master(project)
    shutil.rmtree(folder(project))
    generate(project, seed=8)
    history = open_candidates(project).history(PAGE)
    assert [(each.line.how, each.candidate.pin.recipe.seed) for each in history if each.line and each.candidate] == [
        ("generated", 8),
        ("found", 7),
    ]
    assert pictures(project)[former.file_sha256.removeprefix("sha256:")] == first


def test_dropped_pin_keeps_its_image(project: Project) -> None:
    generate(project)
    first = master(project)
    (project.folder / PAGE).write_text("# Home\n")
    generate_command.generate(project, names=(), root=None, progress=Quiet())
    assert list(pictures(project).values()) == [first]
    assert open_candidates(project).history(PAGE)[0].candidate is None


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_ignores_candidates_and_not_masters(project: Project) -> None:
    generate(project)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=project.folder, check=True, capture_output=True)
    listed = subprocess.run(["git", "ls-files"], cwd=project.folder, check=True, capture_output=True, text=True).stdout
    assert pin(project).file in listed
    assert ".candidates" not in listed


class TestFilesThatSomeoneChanged:
    def candidates(self, project: Project) -> Candidates:
        generate(project)
        generate(project, seed=8)
        return open_candidates(project)

    def test_deleted_image_is_a_ghost(self, project: Project) -> None:
        candidates = self.candidates(project)
        first = candidates.of_page(PAGE)[0]
        (folder(project) / f"{first.sha256}.png").unlink()
        assert take_inventory(candidates).ghosts == (first.record,)
        assert candidates.read(first) is None

    def test_deleted_record_leaves_an_orphan(self, project: Project) -> None:
        candidates = self.candidates(project)
        first = candidates.of_page(PAGE)[0]
        (folder(project) / first.record).unlink()
        assert take_inventory(candidates).orphans == (f"{first.sha256}.png",)
        assert [each.number for each in open_candidates(project).of_page(PAGE)] == [2]
        assert [each.fault != "" for each in open_candidates(project).history(PAGE)] == [False, True]

    def test_edited_image_is_refused(self, project: Project) -> None:
        candidates = self.candidates(project)
        first = candidates.of_page(PAGE)[0]
        path = folder(project) / f"{first.sha256}.png"
        path.write_bytes(path.read_bytes() + b"x")
        with pytest.raises(SiteError, match="was edited"):
            candidates.read(first)
        assert take_inventory(candidates).edited == (path.name,)

    @pytest.mark.parametrize(
        "edit", [("seed = 7", "seed = 9"), ("topo", "ridges"), ("width = 96", "width = 97"), ('"', "'")]
    )
    def test_edited_record_is_refused(self, project: Project, edit: tuple[str, str]) -> None:
        candidates = self.candidates(project)
        first = candidates.of_page(PAGE)[0]
        path = folder(project) / first.record
        path.write_text(path.read_text().replace(*edit))
        assert [each.number for each in open_candidates(project).of_page(PAGE)] == [2]
        assert take_inventory(open_candidates(project)).edited == (first.record,)

    @pytest.mark.parametrize(
        "damage",
        [b"", b"{not json\n", b'\xff\xfe{"event": "made"}\n', b"[1]\n", b'{"event": "undone", "made": []}\n'],
    )
    def test_journal_is_rebuilt_or_read_as_far_as_possible(self, project: Project, damage: bytes) -> None:
        self.candidates(project)
        (journal,) = (folder(project) / "pages").iterdir()
        lines = journal.read_bytes()
        journal.write_bytes(lines + damage if damage else b"")
        if not damage:
            journal.unlink()
        found = open_candidates(project).of_page(PAGE)
        assert {each.pin.recipe.seed for each in found} == {7, 8}
        assert bool(open_candidates(project).journal(PAGE).damaged) is bool(damage)
        generate(project, seed=9)
        assert {each.pin.recipe.seed for each in open_candidates(project).of_page(PAGE)} == {7, 8, 9}

    def test_strange_files_are_left_alone(self, project: Project) -> None:
        candidates = self.candidates(project)
        (folder(project) / "notes.txt").write_text("mine")
        assert take_inventory(candidates).strangers == ("notes.txt",)
        commands.prune(project, "text", dry=False)
        assert (folder(project) / "notes.txt").read_text() == "mine"


def test_prune_removes_only_what_no_page_shows(project: Project) -> None:
    generate(project)
    first = master(project)
    generate(project, seed=8)
    assert "1 candidate would be removed" in commands.prune(project, "text", dry=True)
    assert len(pictures(project)) == 2
    assert "1 candidate removed" in commands.prune(project, "text", dry=False)
    assert list(pictures(project).values()) == [master(project)]
    generate(project, seed=7)
    assert master(project) == first
    assert len(pictures(project)) == 2


def test_a_folder_that_cannot_be_written_to_loses_no_image(project: Project) -> None:
    former = generate(project)
    first = master(project)
    shutil.rmtree(folder(project))
    folder(project).write_text("a file where the folder should be")
    (project.folder / PAGE).write_text(_HERO.format(seed=8))
    with pytest.raises(SiteError, match="cannot be"):
        generate_command.generate(project, names=(), root=None, progress=Quiet())
    assert pin(project) == former
    assert master(project) == first


def test_bucket_holds_its_candidates(tmp_path: Path, project: Project) -> None:
    from msgspec import structs

    bucket = tmp_path.parent / f"{tmp_path.name}-bucket"
    settings = project.settings
    hero = structs.replace(settings.hero, masters=bucket.as_uri())
    shared = Project(settings=structs.replace(settings, hero=hero), folder=project.folder, generator=project.generator)
    generate(shared_first := shared)
    generate(shared_first, seed=8)
    assert len(list((bucket / ".candidates").glob("*.png"))) == 2
    assert not list((project.folder / "heroes").glob("*.png"))
