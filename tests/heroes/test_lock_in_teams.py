"""The lock file in a team: merges by git, mixed entries, conflicts with their line, and who made a pin."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec import structs

from imageseo.cli.commands import doctor_merge, lock_check
from imageseo.cli.commands import generate as generate_command
from imageseo.heroes.candidates.authorship import Authorship
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.check import check_text
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.integrations.setup import attributes_file, project_setup, record
from imageseo.model.errors import LockError
from tests.support import small_sites

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
HERO = "---\nhero: {{style: topo, seed: {}, width: 64, height: 64, alt: A}}\n---\n# A\n"


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout}{done.stderr}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    pages: Mapping[str, str | bytes] = {f"docs/{name}.md": HERO.format(seed) for seed, name in enumerate("bdf", 1)}
    small_sites.mkdocs_site(tmp_path, files={**pages, "docs/index.md": "# Home\n"})
    return detect_project(tmp_path, config=None, note=lambda _: None)


def generate(project: Project) -> None:
    assert not generate_command.generate(project, names=(), root=None, progress=Quiet()).failed


def repository(project: Project, *, union: bool = True) -> Path:
    folder = project.folder
    generate(project)
    (folder / ".gitignore").write_text(".cache/\n")
    if union:
        (folder / ".gitattributes").write_text(f"{attributes_file.LINE}\n")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "start")):
        assert git(folder, *words).startswith("0"), words
    return folder


def merge(project: Project, ours: Mapping[str, str], theirs: Mapping[str, str], *, union: bool = True) -> str:
    """Merge two branches that generate heroes of other pages each, and return what git says."""
    folder = repository(project, union=union)
    for branch, pages in (("ours", ours), ("theirs", theirs)):
        git(folder, "checkout", "-q", "-b", branch, "main")
        for name, text in pages.items():
            (folder / name).write_text(text)
        generate(project)
        git(folder, "add", "-A")
        assert git(folder, "commit", "-qm", branch).startswith("0")
    git(folder, "checkout", "-q", "ours")
    return git(folder, "merge", "--no-edit", "theirs")


@needs_git
class TestMerges:
    @pytest.mark.parametrize(
        ("ours", "theirs"),
        [
            ({"docs/a.md": HERO.format(11)}, {"docs/c.md": HERO.format(12)}),
            ({"docs/c.md": HERO.format(11)}, {"docs/c2.md": HERO.format(12)}),
            ({"docs/x.md": HERO.format(11), "docs/y.md": HERO.format(12)}, {"docs/z.md": HERO.format(13)}),
            ({"docs/b.md": HERO.format(11)}, {"docs/d.md": HERO.format(12)}),
        ],
    )
    def test_heroes_of_both_sides_are_kept(
        self, project: Project, ours: Mapping[str, str], theirs: Mapping[str, str]
    ) -> None:
        assert merge(project, ours, theirs).startswith("0")
        report = lock_check.check(project)
        assert report.exit_code == 0, report.as_text()
        pages = {pin.page for pin in locks.read(project.folder / locks.NAME).pins}
        assert pages == {"docs/b.md", "docs/d.md", "docs/f.md", *ours, *theirs}
        before = (project.folder / locks.NAME).read_bytes()
        generate(project)
        assert len(locks.read(project.folder / locks.NAME).pins) == len(pages), before

    def test_page_that_both_sides_pinned_is_named(self, project: Project) -> None:
        said = merge(project, {"docs/d.md": HERO.format(11)}, {"docs/d.md": HERO.format(12)})
        assert said.startswith("1"), "the page itself is in conflict"
        report = lock_check.check(project)
        assert report.exit_code == 2
        assert {each.page for each in report.faults} == {"docs/d.md"}
        assert all(each.line for each in report.faults)
        assert "both sides of a merge have pinned it" in report.as_text()
        with pytest.raises(LockError):
            locks.read(project.folder / locks.NAME)

    def test_conflict_markers_are_a_sentence_with_the_line(self, project: Project) -> None:
        merge(project, {"docs/x.md": HERO.format(11)}, {"docs/y.md": HERO.format(12)}, union=False)
        text = (project.folder / locks.NAME).read_text()
        line = 1 + text[: text.index("<<<<<<<")].count("\n")
        report = lock_check.check(project)
        assert report.exit_code == 2
        assert f"imageseo.lock:{line}: unresolved merge conflict in or after the entry of docs/f.md" in report.as_text()

    def test_doctor_offers_the_line(self, project: Project) -> None:
        folder = repository(project, union=False)
        (check,) = doctor_merge.check_merge(folder)
        assert "imageseo.lock merge=union" in check.hint
        (folder / ".gitattributes").write_text("*.lock merge=ours-driver\n")
        (check,) = doctor_merge.check_merge(folder)
        assert "merge driver ours-driver, which is not set up in this clone" in check.detail
        git(folder, "config", "merge.ours-driver.driver", "true")
        assert not list(doctor_merge.check_merge(folder))
        (folder / ".gitattributes").write_text(f"{attributes_file.LINE}\n")
        assert [each.hint for each in doctor_merge.check_merge(folder)] == [""]

    def test_init_adds_the_line_and_takes_it_back(self, project: Project) -> None:
        folder = project.folder
        assert ".gitattributes" not in {each.path for each in project_setup.plan(folder).changes}
        git(folder, "init", "-q")
        own = "*.png binary\r\n"
        (folder / ".gitattributes").write_bytes(own.encode())
        changes = project_setup.plan(folder).changes
        record.write(folder, changes)
        assert (folder / ".gitattributes").read_bytes().endswith(b"\r\nimageseo.lock merge=union\r\n")
        assert git(folder, "check-attr", "merge", "--", "imageseo.lock").strip().endswith("union")
        assert not project_setup.plan(folder).changes
        record.undo(folder, record.plan_undo(folder))
        assert (folder / ".gitattributes").read_bytes() == own.encode()


class TestCheck:
    def text(self, project: Project) -> str:
        generate(project)
        return (project.folder / locks.NAME).read_text()

    def entries(self, text: str) -> list[str]:
        head, *blocks = text.split("[[hero]]")
        return [head, *(f"[[hero]]{block}" for block in blocks)]

    def test_all_is_well(self, project: Project) -> None:
        assert "no lock file" in lock_check.check(project).as_text()
        self.text(project)
        report = lock_check.check(project)
        assert (report.exit_code, report.as_text()) == (0, "lock check: 3 valid pins, 0 faults\n")

    def test_output_of_another_entry_is_found(self, project: Project) -> None:
        """As a web merge does it: the recipe of one hero with the image of another one."""
        head, one, two, three = self.entries(self.text(project))
        own, sep, _ = one.partition("[hero.output]")
        other = two.partition("[hero.output]")[2]
        checked = check_text(Path("imageseo.lock"), head + own + sep + other + two + three)
        assert [each.page for each in checked.faults] == ["docs/b.md"]
        assert "its checksum does not match" in checked.faults[0].message
        assert [pin.page for pin in checked.pins] == ["docs/d.md", "docs/f.md"]

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('by = "', 'by = "x'),
            ("width = 64", "width = 65"),
            ('status = "generated"', 'status = "picked"'),
            ("algorithmicMedia", "trainedAlgorithmicMedia"),
            ('file = "heroes/b', 'file = "heroes/c'),
        ],
    )
    def test_every_edited_value_is_found(
        self, project: Project, old: str, new: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
        text = self.text(project)
        output = text.index("[hero.output]")
        edited = text[:output] + text[output:].replace(old, new, 1)
        assert edited != text
        assert len(check_text(Path("x"), edited).faults) == 1

    def test_added_picked_keys_are_found(self, project: Project) -> None:
        edited = self.text(project).replace("checksum = ", 'picked = ["style"]\nchecksum = ', 1)
        (fault,) = check_text(Path("x"), edited).faults
        assert "its checksum does not match" in fault.message

    def test_owner_may_be_edited(self, project: Project) -> None:
        text = self.text(project)
        assert not check_text(Path("x"), text.replace("checksum = ", 'owner = "Ann"\nchecksum = ', 1)).faults

    def test_all_faults_are_reported_with_their_lines(self, project: Project) -> None:
        head, one, two, three = self.entries(self.text(project))
        text = head + one + two.replace("seed = 2", "seed = 5") + one + three.replace('page = "', "page = ")
        checked = check_text(Path("imageseo.lock"), text)
        lines = text.split("\n")
        starts = [number for number, line in enumerate(lines, 1) if line.startswith("[[hero]]")]
        found = [next(at for at, start in enumerate(starts[::-1]) if start <= each.line) for each in checked.faults]
        assert found == [2, 1, 0]
        assert "pinned twice, in the entries of line" in checked.faults[1].message

    def test_old_entries_without_checksum_are_valid(self, project: Project) -> None:
        text = "".join(
            line for line in self.text(project).splitlines(keepends=True) if not line.startswith("checksum = ")
        )
        checked = check_text(Path("x"), text)
        assert (checked.faults, checked.unsealed) == ((), ("docs/b.md", "docs/d.md", "docs/f.md"))

    def test_lost_masters_exit_with_1(self, project: Project) -> None:
        self.text(project)
        one, two, _ = locks.read(project.folder / locks.NAME).pins
        (project.folder / one.file).unlink()
        (project.folder / two.file).write_bytes(b"edited")
        report = lock_check.check(project)
        assert report.exit_code == 1
        assert [each.page for each in report.masters] == [one.page, two.page]
        assert "is missing" in report.as_text()

    @pytest.mark.parametrize(
        "text", ["lock_version = 2\n", "lock_version = 1\nx = 1\n", "[[hero]\n", "=======\n", "\x00"]
    )
    def test_files_that_are_none_are_reported(self, project: Project, text: str) -> None:
        (project.folder / locks.NAME).write_text(text)
        report = lock_check.check(project)
        assert report.exit_code == 2
        assert report.faults[0].line == (2 if "x =" in text else 1)


class TestWhoAndWhen:
    @pytest.mark.parametrize(("kind", "by"), [("name", "Ann B"), ("email", "ann@example.org"), ("off", None)])
    def test_setting_decides_what_is_recorded(
        self, project: Project, kind: str, by: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GIT_AUTHOR_NAME", " Ann\n B ")
        monkeypatch.setenv("GIT_AUTHOR_EMAIL", "ann@example.org")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
        settings = project.settings
        hero = structs.replace(settings.hero, made_by=kind)
        changed = Project(
            settings=structs.replace(settings, hero=hero), folder=project.folder, generator=project.generator
        )
        generate(changed)
        made = locks.read(project.folder / locks.NAME).pins[0].made
        assert made.get("by") == by
        assert (made["when"], made["status"]) == ("1970-01-01", "generated")

    @needs_git
    def test_name_of_the_repository_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GIT_AUTHOR_NAME", raising=False)
        git(tmp_path, "init", "-q")
        git(tmp_path, "config", "user.name", "Bea")
        assert Authorship.of("name", tmp_path).who() == "Bea"

    @pytest.mark.parametrize("epoch", ["", "x", "99999999999999999999", "-1e9"])
    def test_wrong_source_date_is_ignored(self, epoch: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        assert Authorship(who=str).table()["when"] >= "2025"
