"""The audit log: one line for all that happens, chained, repaired when torn, and merged by git without a conflict."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from imageseo.cli.commands import adopt, pick, variations
from imageseo.cli.commands import generate as generate_command
from imageseo.cli.commands.doctor_check import Check, State
from imageseo.cli.commands.doctor_project import check_project
from imageseo.cli.commands.records import evidence
from imageseo.heroes.audit.entry import AuditEntry
from imageseo.heroes.audit.log import AuditLog, path_of
from imageseo.heroes.audit.verify import VerifiedLog, verify
from imageseo.heroes.lock import lock as locks
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.model.errors import AuditError
from imageseo.model.hero import Recipe
from tests.support import pictures, small_sites

PAGE = "docs/index.md"
HERO = "---\nhero: {{style: topo, seed: {}, prompt: a secret canary, width: 64, height: 64, alt: A}}\n---\n# A\n"
_PROCESSES, _EACH = 8, 40


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    small_sites.mkdocs_site(tmp_path, files={PAGE: HERO.format(1), "docs/b.md": "# B\n"})
    return detect_project(tmp_path, config=None, note=lambda _: None)


def path(project: Project) -> Path:
    return path_of(project.settings.hero.masters, project.folder)


def lines(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path(project).read_text().splitlines()]


def doctor(project: Project) -> list[Check]:
    return [each for each in check_project(project) if each.name == "audit log"]


def generate(project: Project, seed: int | None = None, page: str = PAGE) -> None:
    if seed is not None:
        (project.folder / page).write_text(HERO.format(seed))
    assert not generate_command.generate(project, names=(), root=None, progress=Quiet()).failed


def log(file: Path, **more: Any) -> AuditLog:
    return AuditLog(path=file, when=lambda: "2026-11-30T20:00:00Z", who=lambda: "Ann", **more)


def written(file: Path, count: int = 6) -> list[bytes]:
    for number in range(count):
        log(file).append(AuditEntry(event="generated", page=f"docs/{number}.md"))
    return file.read_bytes().splitlines(keepends=True) if count else []


def _append(file: Path, worker: int) -> None:
    for number in range(_EACH):
        log(file).append(AuditEntry(event="generated", page=f"docs/{worker}-{number}.md"))


class TestWhatIsRecorded:
    def test_every_change_of_a_hero_is_one_line(self, project: Project, tmp_path: Path) -> None:
        generate(project)
        generate(project)
        variations.run(project, "seed=2", names=(PAGE,), root=None, progress=Quiet())
        pick.pick(project, PAGE, "2", root=None, progress=Quiet())
        pick.undo(project, PAGE, root=None, progress=Quiet())
        (tmp_path / "own.png").write_bytes(pictures.save(pictures.photo(64, 64), "PNG"))
        adopt.adopt(project, tmp_path / "own.png", PAGE, root=None, source_type=None, progress=Quiet())
        (project.folder / PAGE).write_text("# Home\n")
        generate(project)
        found = lines(project)
        assert [each["event"] for each in found] == [
            *("generated", "candidate", "picked", "undone", "adopted", "unpinned")
        ]
        assert verify(path(project).read_bytes()).intact
        first = found[0]
        assert (first["page"], first["by"], first["when"]) == (PAGE, "Ann", "2023-11-14T22:13:20Z")
        assert first["seed"] == 1
        assert first["provider"] == "procedural"
        assert all(first[key].startswith("sha256:") for key in ("recipe", "prompt", "image"))
        assert "canary" not in path(project).read_text()
        assert found[2]["details"]["replaces"] == first["image"]

    def test_prompts_are_recorded_only_if_the_settings_say_so(self, project: Project) -> None:
        (project.folder / "imageseo.toml").write_text("[policy]\nlog_prompts = true\n")
        allowed = detect_project(project.folder, config=None, note=lambda _: None)
        generate(allowed)
        assert lines(allowed)[0]["text"] == "a secret canary"

    def test_without_a_log_and_in_a_dry_run_nothing_is_written(self, project: Project) -> None:
        generate_command.dry_run(project, names=(), root=None, progress=Quiet())
        (project.folder / "imageseo.toml").write_text("[policy]\naudit = false\n")
        generate(detect_project(project.folder, config=None, note=lambda _: None))
        assert not path(project).parent.exists()

    def test_failure_is_recorded_with_its_reason(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        from imageseo.heroes.providers.procedural import Procedural

        monkeypatch.setattr(Procedural, "produce", lambda self, recipes: iter(()))
        report = generate_command.generate(project, names=(), root=None, progress=Quiet())
        assert report.failed
        (line,) = lines(project)
        assert (line["event"], line["page"]) == ("failed", PAGE)
        assert line["reason"]

    def test_log_changes_no_lock_and_no_master(self, project: Project) -> None:
        generate(project)
        before = (project.folder / locks.NAME).read_bytes()
        shutil.rmtree(project.folder / "heroes")
        (project.folder / locks.NAME).unlink()
        (project.folder / "imageseo.toml").write_text("[policy]\naudit = false\n")
        generate(detect_project(project.folder, config=None, note=lambda _: None))
        assert (project.folder / locks.NAME).read_bytes() == before


class TestSecrets:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            ("https://user:canary@host.example:8443/a/b.png?key=canary#canary", "https://host.example:8443/a/b.png"),
            ("http://[::1]:8188/view?token=canary", "http://[::1]:8188/view"),
            ("https://host.example:port/canary", ""),
            ("canary", ""),
        ],
    )
    def test_source_has_no_key(self, url: str, shown: str) -> None:
        recipe = Recipe(provider="openverse", seed=1, width=64, height=64, options={})
        entry = AuditEntry.of_fetch(PAGE, recipe, url, b"x")
        line, _ = entry.line(when="", by="", previous=())
        assert entry.source == shown
        assert b"canary" not in line

    def test_keys_of_the_environment_are_written_nowhere(
        self, project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.setenv(name, "canary-5f3b")
        generate(project)
        variations.run(project, "seed=2", names=(PAGE,), root=None, progress=Quiet())
        evidence.run(project, PAGE, root=None, output=tmp_path / "evidence")
        files = [each for each in tmp_path.rglob("*") if each.is_file()]
        assert len(files) > 10
        assert not [each for each in files if b"canary-5f3b" in each.read_bytes()]


class TestTampering:
    @pytest.mark.parametrize(
        ("change", "line", "words"),
        [
            (lambda rows: [*rows[:2], *rows[3:]], 3, "the line before it is missing"),
            (lambda rows: [*rows[1:]], 1, "the line before it is missing"),
            (lambda rows: [*rows[:2], rows[2].replace(b"Ann", b"Eve"), *rows[3:]], 3, "was edited"),
            (lambda rows: [*rows[:2], rows[3], rows[2], *rows[4:]], 3, "was moved"),
            (lambda rows: [*rows[:2], rows[2][:40] + b"\n", *rows[3:]], 3, "is damaged"),
            (lambda rows: [*rows[:2], b"\n", *rows[3:]], 3, "is empty"),
            (lambda rows: [*rows[:2], b"<<<<<<< HEAD\n", *rows[2:]], 3, "unresolved merge conflict"),
            (lambda rows: [*rows[:2], rows[2].replace(b'"hash":"', b'"hash":"0'), *rows[3:]], 3, "is damaged"),
            (lambda rows: [*rows[:2], b"\xff\x00" * 50 + b"\n", *rows[2:]], 3, "is damaged"),
            (lambda rows: [*rows[:2], b"[" * 9000 + b"\n", *rows[2:]], 3, "is damaged"),
        ],
    )
    def test_line_is_named(self, tmp_path: Path, change: Any, line: int, words: str) -> None:
        rows = written(tmp_path / "log.jsonl")
        assert verify(b"".join(rows)).intact
        found = verify(b"".join(change(rows)))
        assert (found.faults[0].line, words in found.faults[0].message) == (line, True), found.faults

    def test_cut_end_is_found_in_the_last_commit(self, tmp_path: Path) -> None:
        rows = written(tmp_path / "log.jsonl")
        found = verify(b"".join(rows[:-2]), committed=b"".join(rows))
        assert [each.message for each in found.faults] == ["2 lines of the last commit are missing, from its line 5 on"]

    @pytest.mark.parametrize("end", [b"\r\n", b"\n"])
    def test_line_ends_of_windows_are_no_fault(self, tmp_path: Path, end: bytes) -> None:
        rows = written(tmp_path / "log.jsonl")
        assert verify(b"".join(row.replace(b"\n", end) for row in rows)).intact

    def test_doctor_names_the_line(self, project: Project) -> None:
        for seed in (1, 2, 3):
            generate(project, seed)
        (check,) = doctor(project)
        assert (check.state, "3 lines, none cut, edited or moved" in check.detail) == (State.OK, True)
        rows = path(project).read_bytes().splitlines(keepends=True)
        path(project).write_bytes(rows[0] + rows[2])
        (check,) = doctor(project)
        assert check.state is State.BROKEN
        assert f"{path(project)}:2: the line before it is missing" in check.detail
        assert check.hint


class TestWriting:
    def test_eight_processes_leave_one_chain(self, tmp_path: Path) -> None:
        context = multiprocessing.get_context("fork")
        workers = [context.Process(target=_append, args=(tmp_path / "log.jsonl", each)) for each in range(_PROCESSES)]
        for each in workers:
            each.start()
        for each in workers:
            each.join(60)
        found = verify((tmp_path / "log.jsonl").read_bytes())
        assert found.intact
        assert (len(found.lines), len(found.ends), found.starts) == (_PROCESSES * _EACH, 1, 1)
        pages = {line.values["page"] for _, line in found.lines}
        assert len(pages) == _PROCESSES * _EACH

    @pytest.mark.parametrize("cut", [1, 2, 60])
    def test_torn_last_line_is_repaired_and_said(self, tmp_path: Path, cut: int) -> None:
        file = tmp_path / "log.jsonl"
        whole = b"".join(written(file))
        file.write_bytes(whole[:-cut])
        assert bool(verify(whole[:-cut]).torn) == (cut > 1), "a line without its line feed is complete"
        said: list[str] = []
        log(file, note=said.append).append(AuditEntry(event="generated", page="docs/new.md"))
        found = verify(file.read_bytes())
        assert found.intact
        events = [line.values["event"] for _, line in found.lines]
        if cut == 1:
            assert (events[-2:], said) == (["generated", "generated"], [])
        else:
            assert events[-2:] == ["repaired", "generated"]
            assert found.lines[-2][1].values["details"]["bytes"] > 0
            assert "its last line was torn" in said[0]

    def test_conflict_is_refused_before_anything_is_made(self, project: Project) -> None:
        generate(project)
        path(project).write_bytes(b"<<<<<<< HEAD\n" + path(project).read_bytes() + b"=======\n>>>>>>> b\n")
        before = (project.folder / locks.NAME).read_bytes()
        with pytest.raises(AuditError, match=r"log\.jsonl:1: unresolved merge conflict"):
            generate_command.generate(project, names=(PAGE,), root=None, progress=Quiet())
        assert (project.folder / locks.NAME).read_bytes() == before

    @pytest.mark.parametrize("kind", ["folder", "pipe"])
    def test_file_that_is_none_is_one_sentence(self, tmp_path: Path, kind: str) -> None:
        import os

        file = tmp_path / "log.jsonl"
        file.mkdir() if kind == "folder" else os.mkfifo(file)
        with pytest.raises(AuditError, match=r"log\.jsonl: cannot be written"):
            log(file).append(AuditEntry(event="generated"))

    def test_former_lines_stay_byte_for_byte(self, tmp_path: Path) -> None:
        before = b"".join(written(tmp_path / "log.jsonl"))
        assert b"".join(written(tmp_path / "log.jsonl")).startswith(before)


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    return subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
class TestMerges:
    def branches(self, folder: Path, file: Path, *, base: int) -> None:
        git(folder, "init", "-q", "-b", "main")
        written(file, base)
        (folder / "readme").write_text("x")
        git(folder, "add", "-A")
        assert git(folder, "commit", "-qm", "start").returncode == 0
        for branch, count in (("ours", 2), ("theirs", 3)):
            git(folder, "checkout", "-q", "-b", branch, "main")
            for number in range(count):
                log(file).append(AuditEntry(event="generated", page=f"docs/{branch}-{number}.md"))
            git(folder, "add", "-A")
            assert git(folder, "commit", "-qm", branch).returncode == 0
        git(folder, "checkout", "-q", "ours")

    def verified(self, file: Path) -> VerifiedLog:
        return verify(file.read_bytes())

    @pytest.mark.parametrize("base", [0, 2])
    @pytest.mark.parametrize("how", [("merge", "--no-edit"), ("merge", "--squash"), ("rebase",)])
    def test_lines_of_both_branches_stay_one_proof(self, tmp_path: Path, base: int, how: tuple[str, ...]) -> None:
        file = tmp_path / "heroes/.audit/log.jsonl"
        self.branches(tmp_path, file, base=base)
        done = git(tmp_path, *how, "theirs")
        assert done.returncode == 0, done.stdout + done.stderr
        found = self.verified(file)
        assert found.intact, found.faults
        assert (len(found.lines), len(found.ends)) == (base + 5, 2)
        log(file).append(AuditEntry(event="generated", page="docs/after.md"))
        after = self.verified(file)
        assert (after.intact, len(after.ends)) == (True, 1), "the next line names both ends"
        rows = file.read_bytes().splitlines(keepends=True)
        for cut in range(len(rows) - 1):
            assert not verify(b"".join(rows[:cut] + rows[cut + 1 :])).intact, "a cut line is found after a merge, too"
