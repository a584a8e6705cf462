"""`imageseo lock merge`: three versions of the lock file, merged entry by entry, by hand and by git."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imageseo.cli.commands import doctor_merge
from imageseo.cli.commands.doctor_check import State
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock import serializer
from imageseo.heroes.lock.check import check_text
from imageseo.heroes.lock.merge import MergedLock, merge
from imageseo.integrations.setup import attributes_file
from imageseo.model.errors import LockError
from imageseo.model.hero import Pin, Recipe
from tests.support import small_sites


def pin(page: str, seed: int = 1, **more: Any) -> Pin:
    recipe = Recipe(provider="procedural", seed=seed, width=64, height=64, options={"style": "topo", "prompt": "a\nb"})
    digest = f"sha256:{seed:064x}"
    values: dict[str, Any] = {
        "made": {"when": "2026-11-30", "by": "Ann", "status": "generated"},
        "env": {"numpy": "2.4", "deep": {"x": [1, 2]}},
    }
    return Pin(
        page=page,
        recipe=recipe,
        recipe_hash=recipe.key,
        file=f"heroes/{page[5:-3]}-{seed}.png",
        file_sha256=digest,
        pixels_sha256=digest,
        digital_source_type="algorithmicMedia",
        width=64,
        height=64,
        **{**values, **more},
    )


def text(*pins: Pin) -> str:
    return serializer.dump(pins)


def approval(role: str, image: Pin) -> Mapping[str, str]:
    return {"role": role, "by": "Ann", "at": "2026-11-30T20:00:00Z", "image": image.file_sha256}


def pins(merged: MergedLock) -> dict[str, Pin]:
    assert not merged.conflicts
    assert not check_text(Path("imageseo.lock"), merged.text).faults, "every checksum fits"
    return {each.page: each for each in serializer.parse(Path("x"), merged.text)}


A, B, C = pin("docs/a.md"), pin("docs/b.md"), pin("docs/c.md")
BASE = text(A, B, C)


def test_changes_of_different_heroes_are_all_kept() -> None:
    found = pins(merge(BASE, text(pin("docs/a.md", 2), B), text(A, B, C, pin("docs/d.md"))))
    assert {page: each.recipe.seed for page, each in found.items()} == {"docs/a.md": 2, "docs/b.md": 1, "docs/d.md": 1}
    both = text(pin("docs/a.md", 2), B, C)
    assert merge(BASE, both, both).text == both
    assert merge("", text(A), text(B)).text == text(A, B)
    assert merge(BASE, BASE, BASE).text == BASE


def test_sides_may_be_swapped() -> None:
    one, two = text(pin("docs/a.md", 2), B, C), text(A, replace(B, owner="Eve"))
    assert merge(BASE, one, two).text == merge(BASE, two, one).text


def test_owner_and_image_of_two_sides_are_joined() -> None:
    found = pins(merge(BASE, text(pin("docs/a.md", 2), B, C), text(replace(A, owner="Eve"), B, C)))
    assert (found["docs/a.md"].recipe.seed, found["docs/a.md"].owner) == (2, "Eve")


def test_notes_on_an_equal_image_are_joined_by_key() -> None:
    one = replace(A, checks={"sharpness": 3}, made={**A.made, "when": "2026-11-29"})
    two = replace(A, checks={"contrast": 4}, env={**A.env, "numpy": "2.5"})
    found = pins(merge(BASE, text(one, B, C), text(two, B, C)))["docs/a.md"]
    assert found.checks == {"sharpness": 3, "contrast": 4}
    assert found.env["numpy"] == "2.5"
    assert found.made["when"] == "2026-11-29"


def test_approvals_stay_with_their_image() -> None:
    brand, legal = replace(A, approved=(approval("brand", A),)), replace(A, approved=(approval("legal", A),))
    found = pins(merge(BASE, text(brand, B, C), text(legal, B, C)))["docs/a.md"]
    assert [each["role"] for each in found.approved] == ["brand", "legal"]
    new = pin("docs/a.md", 2)
    assert not pins(merge(BASE, text(brand, B, C), text(new, B, C)))["docs/a.md"].approved
    kept = replace(new, approved=(approval("brand", new),))
    assert pins(merge(BASE, text(kept, B, C), text(legal, B, C)))["docs/a.md"].approved == kept.approved


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (text(pin("docs/a.md", 2), B, C), text(pin("docs/a.md", 3), B, C)),
        (text(B, C), text(pin("docs/a.md", 3), B, C)),
        (text(pin("docs/a.md", 2), B, C), text(B, C)),
        (text(replace(A, owner="Eve"), B, C), text(replace(A, owner="Bob"), B, C)),
    ],
)
def test_two_changes_of_one_hero_are_left_to_a_person(ours: str, theirs: str) -> None:
    merged = merge(BASE, ours, theirs, labels=("main", "topic"))
    assert merged.conflicts == ("docs/a.md",)
    checked = check_text(Path("imageseo.lock"), merged.text)
    assert [each.message.partition(" in or")[0] for each in checked.faults] == ["unresolved merge conflict"]
    with pytest.raises(LockError, match="unresolved merge conflict"):
        serializer.parse(Path("x"), merged.text)
    head, rest = merged.text.split("<<<<<<< main\n")
    mine, rest = rest.split("=======\n")
    other, tail = rest.split(">>>>>>> topic\n")
    assert head + mine + tail in (ours, ours.replace("\n\n\n", "\n\n")) or not mine
    for side in (mine, other):
        assert not check_text(Path("x"), head + side + tail).faults, "either side alone is valid"


def test_edited_approval_is_found() -> None:
    written = text(replace(A, approved=(approval("brand", A),)))
    assert serializer.parse(Path("x"), written)[0].approved == (approval("brand", A),)
    for old, new in (('role = "brand"', 'role = "legal"'), ('by = "Ann", image', 'by = "Eve", image')):
        assert "checksum" in check_text(Path("x"), written.replace(old, new)).faults[0].message
    for new in ('approved = ["brand"]', 'approved = "x"', "approved = [{ role = 1 }]"):
        line = next(each for each in written.splitlines() if each.startswith("approved = "))
        (fault,) = check_text(Path("x"), written.replace(line, new)).faults
        assert "approved must be a list of tables" in fault.message
        assert fault.line


def test_entry_without_approvals_keeps_its_checksum() -> None:
    assert "approved" not in BASE


def git(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    return subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
class TestGit:
    def merge(self, folder: Path, ours: str, theirs: str, *, base: str = BASE) -> subprocess.CompletedProcess[str]:
        git(folder, "init", "-q", "-b", "main")
        driver = f"{sys.executable} -m imageseo lock merge %O %A %B --marker-size %L"
        git(folder, "config", "merge.imageseo.driver", driver)
        (folder / ".gitattributes").write_text("imageseo.lock merge=imageseo\n")
        for branch, content in (("main", base), ("topic", theirs), ("main", ours)):
            git(folder, "checkout", "-q", *(["-b"] if branch == "topic" else []), branch)
            (folder / locks.NAME).write_text(content)
            git(folder, "add", "-A")
            assert git(folder, "commit", "-qm", branch).returncode == 0
        return git(folder, "merge", "--no-edit", "topic")

    def test_image_and_owner_of_one_hero(self, tmp_path: Path) -> None:
        done = self.merge(
            tmp_path, text(pin("docs/a.md", 2), B, C), text(replace(A, owner="Eve"), B, pin("docs/c.md", 9))
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found = locks.read(tmp_path / locks.NAME)
        assert [(each.recipe.seed, each.owner) for each in found.pins] == [(2, "Eve"), (1, None), (9, None)]

    def test_conflict_is_one_for_git_too(self, tmp_path: Path) -> None:
        done = self.merge(tmp_path, text(pin("docs/a.md", 2), B), text(pin("docs/a.md", 3), B, C))
        assert done.returncode == 1
        assert "docs/a.md: both sides have changed this hero" in done.stdout + done.stderr
        assert "UU imageseo.lock" in git(tmp_path, "status", "--short").stdout
        assert "docs/c.md" not in (tmp_path / locks.NAME).read_text(), "what one side has removed is gone"

    def test_invalid_side_loses_nothing(self, tmp_path: Path) -> None:
        done = self.merge(tmp_path, BASE.replace("seed = 1", "seed = one", 1), text(A, B, C, pin("docs/d.md")))
        merged = (tmp_path / locks.NAME).read_text()
        assert "seed = one" in merged
        assert "docs/d.md" in merged
        assert "merged line by line, because one side is invalid" in done.stdout + done.stderr

    def test_doctor_knows_the_driver(self, tmp_path: Path) -> None:
        small_sites.mkdocs_site(tmp_path, files={"docs/index.md": "# A\n"})
        git(tmp_path, "init", "-q")
        (tmp_path / locks.NAME).write_text(BASE)
        (absent,) = doctor_merge.check_merge(tmp_path)
        assert f"merge={attributes_file.DRIVER}" in absent.hint
        (tmp_path / ".gitattributes").write_text("imageseo.lock merge=imageseo\n")
        (check,) = doctor_merge.check_merge(tmp_path)
        assert check.state is State.LIMITED
        assert "git config merge.imageseo.driver" in check.hint
        git(tmp_path, "config", "merge.imageseo.driver", "imageseo lock merge %O %A %B")
        (check,) = doctor_merge.check_merge(tmp_path)
        assert check.state is State.OK
