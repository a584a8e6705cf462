"""imageseo.lock: written in one way only, and every hand edit found with its line."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.recipes.diff import changed_keys
from imageseo.model.errors import LockError
from imageseo.model.hero import ALGORITHMIC_MEDIA, Pin, Recipe
from imageseo.model.image import Rights


def recipe(seed: int = 7, **options: object) -> Recipe:
    return Recipe(provider="procedural", seed=seed, width=1600, height=900, options=options or {"style": "ridges"})


def pin(page: str, pinned_recipe: Recipe | None = None, file: str = "") -> Pin:
    pinned_recipe = pinned_recipe or recipe()
    return Pin(
        page=page,
        recipe=pinned_recipe,
        recipe_hash=pinned_recipe.key,
        file=file or f"heroes/{page.replace('/', '-')}.png",
        file_sha256="sha256:" + "a" * 64,
        pixels_sha256="sha256:" + "b" * 64,
        digital_source_type=ALGORITHMIC_MEDIA,
        width=1600,
        height=900,
    )


def diffusers_pin(page: str) -> Pin:
    """A pin with all fields that a diffusion model sets."""
    pinned_recipe = Recipe(
        provider="diffusers",
        seed=4711,
        width=1344,
        height=768,
        options={
            "prompt": 'a "paper-cut" mountain\nrange',
            "steps": 30,
            "guidance": 6.5,
            "model": "org/name@" + "0" * 40,
            "loras": [{"file": "paper.safetensors", "weight": 0.7}],
            "refiner": {"model": "models/refiner", "start": 0.8},
        },
    )
    return replace(
        pin(page, pinned_recipe),
        phash="9da8b1c2d3e4f506",
        env={"device": "cuda", "batch": 1, "versions": {"torch": "2.13.0", "diffusers": "0.42.1"}, "tf32": False},
        models={"model": "sha256:" + "c" * 64, "lora:paper.safetensors": "sha256:" + "d" * 64},
        rights=Rights(creator="Jane Doe", license="https://creativecommons.org/licenses/by/4.0/"),
        checks={"sharpness": 9.3},
        owner="Ann",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / locks.NAME


class TestFind:
    def test_pin_is_found_by_recipe_before_page(self) -> None:
        moved, other = pin("old.md", recipe(1)), pin("new.md", recipe(2))
        lock = Lock().with_pin(moved).with_pin(other)
        assert lock.find(recipe(1).key, "new.md") == moved

    def test_own_pin_is_preferred_among_equal_recipes(self) -> None:
        lock = Lock().with_pin(pin("a.md")).with_pin(pin("b.md"))
        found = lock.find(recipe().key, "b.md")
        assert found is not None
        assert found.page == "b.md"

    def test_page_alone_does_not_find_a_pin(self) -> None:
        lock = Lock().with_pin(pin("a.md", recipe(1)))
        assert lock.find(recipe(2).key, "a.md") is None
        assert lock.of_page("a.md") is not None

    def test_second_pin_of_a_page_replaces_the_first(self) -> None:
        lock = Lock().with_pin(pin("a.md", recipe(1))).with_pin(pin("a.md", recipe(2)))
        assert [each.recipe.seed for each in lock.pins] == [2]
        assert lock.without(["a.md"]) == Lock()

    def test_changed_keys_are_listed(self) -> None:
        assert changed_keys(recipe(1, style="topo"), recipe(2, style="topo", prompt="x")) == ("prompt", "seed")

    def test_changed_key_of_a_table_has_its_path(self) -> None:
        old = recipe(1, style="topo", card={"title": "A", "brand": "B"})
        assert changed_keys(old, recipe(1, style="topo", card={"title": "C", "brand": "B"})) == ("card.title",)
        assert changed_keys(old, recipe(1, style="topo", card={"title": "A"})) == ("card.brand",)

    def test_table_of_only_one_recipe_is_one_difference(self) -> None:
        plain, card = recipe(1, style="topo"), recipe(1, style="topo", card={"title": "A"})
        assert changed_keys(plain, card) == changed_keys(card, plain) == ("card",)
        lock = Lock().with_pin(pin("a.md", plain))
        assert lock.stale_pin(card, "a.md", {"card.title"}) is None, "to ask for a card is no change of its title"


class TestWrite:
    def test_missing_file_is_an_empty_lock(self, path: Path) -> None:
        assert locks.read(path) == Lock()

    def test_written_lock_is_read_back_sorted_and_equal(self, path: Path) -> None:
        deep = recipe(2**63 - 1, colors=["#0b1f3a", "#fff000"], card={"title": 'Say "hi" — naïve\\', "brand": "B"})
        lock = Lock().with_pin(pin("z/ü.md", deep)).with_pin(pin("a.md"))
        locks.write(path, lock)
        assert locks.read(path) == lock
        text = path.read_text("utf-8")
        assert text.index('"a.md"') < text.index('"z/ü.md"')
        assert text.startswith("# Written by")
        assert all(line.count(" = ") <= 1 for line in text.splitlines() if not line.startswith("title"))
        assert tomllib.loads(text)["hero"][1]["recipe"]["options"] == deep.options

    def test_all_fields_of_a_pin_are_read_back(self, path: Path) -> None:
        locks.write(path, Lock().with_pin(diffusers_pin("a.md")).with_pin(pin("b.md")))
        assert locks.read(path).of_page("a.md") == diffusers_pin("a.md")
        data = tomllib.loads(path.read_text("utf-8"))["hero"]
        assert list(data[0]) == [
            "page",
            "recipe_hash",
            "checksum",
            "owner",
            "recipe",
            "env",
            "models",
            "output",
            "rights",
            "checks",
        ]
        assert list(data[1]) == ["page", "recipe_hash", "checksum", "recipe", "output"], "what is empty is left out"
        assert data[0]["output"]["phash"] == "9da8b1c2d3e4f506"
        assert data[0]["recipe"]["options"]["loras"] == [{"file": "paper.safetensors", "weight": 0.7}]

    def test_every_key_has_its_own_line(self, path: Path) -> None:
        locks.write(path, Lock().with_pin(diffusers_pin("a.md")))

        def keys(table: dict[str, object]) -> Iterator[str]:
            for key, value in table.items():
                if isinstance(value, dict):
                    yield from keys(value)
                else:
                    yield key

        lines = [line.partition(" = ")[0].strip('"') for line in path.read_text("utf-8").splitlines() if " = " in line]
        assert lines[1:] == list(keys(tomllib.loads(path.read_text("utf-8"))["hero"][0]))

    def test_lock_of_an_older_version_is_read(self, path: Path) -> None:
        """As the first release wrote it."""
        pinned_recipe = recipe()
        path.write_text(
            f"""# Written by `imageseo generate`: commit it, never edit it. The pictures that it names lie beside it.
lock_version = 1

[[hero]]
page = "a.md"
recipe_hash = "{pinned_recipe.key}"

[hero.recipe]
provider = "procedural"
seed = 7
width = 1600
height = 900

[hero.recipe.options]
style = "ridges"

[hero.output]
file = "heroes/a.md.png"
sha256 = "sha256:{"a" * 64}"
pixels = "sha256:{"b" * 64}"
width = 1600
height = 900
digital_source_type = "{ALGORITHMIC_MEDIA}"
""",
            "utf-8",
        )
        assert locks.read(path) == Lock((pin("a.md"),))

    @pytest.mark.parametrize(
        "text", ["a\u2028[[hero]]", "a\x85b", "tab\tand\x7f", "\u00ad ﬁ 🏔", "\"\"\"\n[[hero]]\n'''"]
    )
    def test_line_of_a_fault_is_right_for_any_prompt(self, path: Path, text: str) -> None:
        lock = Lock().with_pin(pin("a.md", recipe(1, prompt=text))).with_pin(pin(f"{text}.md", recipe(2)))
        locks.write(path, lock)
        assert locks.read(path) == lock
        broken = path.read_text("utf-8").replace("seed = 2", "seed = 3")
        path.write_text(broken, "utf-8")
        with pytest.raises(LockError) as caught:
            locks.read(path)
        number = int(caught.value.message.split(":")[1])
        assert broken.split("\n")[number - 1].startswith("recipe_hash")

    def test_unpaired_surrogate_is_rejected(self, path: Path) -> None:
        with pytest.raises(LockError, match="unpaired surrogate"):
            locks.write(path, Lock().with_pin(pin("a.md", recipe(1, prompt="\ud800"))))

    @given(st.integers(0, 2**63 - 1), st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
    def test_any_text_is_read_back(self, seed: int, options: dict[str, str]) -> None:
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            path = Path(folder) / locks.NAME
            lock = Lock().with_pin(pin("a.md", Recipe(provider="p", seed=seed, width=1, height=1, options=options)))
            locks.write(path, lock)
            assert locks.read(path) == lock

    def test_unchanged_lock_is_not_written(self, path: Path) -> None:
        locks.write(path, Lock().with_pin(pin("a.md")))
        path.chmod(0o444)
        before = path.stat()
        locks.write(path, Lock().with_pin(pin("a.md")))
        assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    def test_text_does_not_depend_on_the_order_of_pinning(self, path: Path) -> None:
        one, two = pin("a.md"), pin("b.md", recipe(2))
        locks.write(path, Lock().with_pin(one).with_pin(two))
        first = path.read_bytes()
        path.unlink()
        locks.write(path, Lock().with_pin(two).with_pin(one))
        assert path.read_bytes() == first

    def test_failed_write_leaves_the_old_file(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        locks.write(path, Lock().with_pin(pin("a.md")))
        before = path.read_bytes()

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(LockError, match="No space left"):
            locks.write(path, Lock())
        assert path.read_bytes() == before
        assert [each.name for each in path.parent.iterdir()] == [locks.NAME]

    def test_null_is_rejected(self, path: Path) -> None:
        with pytest.raises(LockError, match="null"):
            locks.write(path, Lock().with_pin(pin("a.md", recipe(1, style=None))))


class TestFaults:
    @pytest.fixture
    def text(self, path: Path) -> str:
        locks.write(path, Lock().with_pin(pin("a.md")).with_pin(pin("b.md", recipe(2))))
        return path.read_text("utf-8")

    def fault(self, path: Path, text: str) -> LockError:
        path.write_text(text, "utf-8")
        with pytest.raises(LockError) as caught:
            locks.read(path)
        assert caught.value.hint
        return caught.value

    def line(self, text: str, part: str, nth: int = 0) -> int:
        return [n for n, line in enumerate(text.splitlines(), 1) if part in line][nth]

    def test_edited_recipe_is_reported(self, path: Path, text: str) -> None:
        broken = text.replace("seed = 2", "seed = 3")
        error = self.fault(path, broken)
        assert f":{self.line(broken, 'recipe_hash', 1)}:" in error.message
        assert "does not match" in error.message
        assert "'b.md'" in error.message

    def test_edited_hash_is_reported(self, path: Path, text: str) -> None:
        wrong = "sha256:" + hashlib.sha256(b"other").hexdigest()
        error = self.fault(path, text.replace(recipe(2).key, wrong))
        assert "does not match" in error.message

    def test_merge_conflict_is_reported(self, path: Path, text: str) -> None:
        broken = text.replace("seed = 2\n", "<<<<<<< HEAD\nseed = 2\n=======\nseed = 3\n>>>>>>> theirs\n")
        error = self.fault(path, broken)
        assert f":{self.line(broken, '<<<<<<<')}:" in error.message
        assert "merge" in error.message

    def test_second_pin_of_a_page_is_reported(self, path: Path, text: str) -> None:
        broken = text.replace('page = "b.md"', 'page = "a.md"')
        error = self.fault(path, broken)
        assert f":{self.line(broken, 'page =', 1)}:" in error.message

    def test_repeated_key_is_reported(self, path: Path, text: str) -> None:
        broken = text.replace("seed = 2\n", "seed = 2\nseed = 2\n")
        assert f":{self.line(broken, 'seed = 2', 1)}:" in self.fault(path, broken).message

    @pytest.mark.parametrize(
        ("old", "new", "part"),
        [
            ("lock_version = 1", "lock_version = 2", "lock_version"),
            ("lock_version = 1", "lock_version = true", "lock_version"),
            ("lock_version = 1", "extra = 1\nlock_version = 1", "extra"),
            ("seed = 2", 'seed = "2"', "seed"),
            ("seed = 2", "seed = true", "seed"),
            ("seed = 2", "seed = -2", "seed"),
            ("seed = 2", "sead = 2", "sead"),
            ('file = "heroes/b.md.png"', 'file = "../b.png"', "inside the project"),
            ('file = "heroes/b.md.png"', 'file = "/etc/passwd"', "inside the project"),
            ('file = "heroes/b.md.png"', "file = 7", "file"),
            ('file = "heroes/b.md.png"', 'file = "."', "inside the project"),
            ('file = "heroes/b.md.png"', 'file = "heroes/a\\u0000b.png"', "inside the project"),
            ("sha256:aaaa", "sha256:AAAA", "sha256"),
        ],
    )
    def test_invalid_edit_is_reported_with_its_line(self, path: Path, text: str, old: str, new: str, part: str) -> None:
        assert old in text
        last = text.rfind(old)
        broken = text[:last] + new + text[last + len(old) :]
        error = self.fault(path, broken)
        assert part in error.message
        number = int(error.message.split(":")[1])
        assert new.splitlines()[0] in broken.splitlines()[number - 1]

    def test_missing_key_is_reported_with_its_table(self, path: Path, text: str) -> None:
        broken = text.replace("seed = 2\n", "")
        error = self.fault(path, broken)
        assert "no 'seed'" in error.message
        assert f":{self.line(broken, '[hero.recipe]', 1)}:" in error.message

    @pytest.mark.parametrize(
        ("old", "new", "part"),
        [
            ('phash = "9da8b1c2d3e4f506"', 'phash = "9DA8"', "phash"),
            ('owner = "Ann"', "owner = 3", "owner"),
            ('owner = "Ann"', 'owner = " "', "owner"),
            ('"lora:paper.safetensors" = "sha256:dd', '"lora:paper.safetensors" = "sha1:dd', "lora:paper"),
            ('model = "sha256:', 'model = "sha1:', "model"),
            ('creator = "Jane Doe"', "creator = 3", "creator"),
            ('creator = "Jane Doe"', 'author = "Jane Doe"', "author"),
            ('device = "cuda"', "device = 2026-11-22", "hero.env"),
            ("sharpness = 9.3", "sharpness = nan", "hero.checks"),
            ("width = 1600", 'width = "1600"', "width"),
            ("height = 900", "height = 0", "height"),
        ],
    )
    def test_invalid_optional_field_is_reported_with_its_line(self, path: Path, old: str, new: str, part: str) -> None:
        locks.write(path, Lock().with_pin(diffusers_pin("a.md")).with_pin(diffusers_pin("b.md")))
        text = path.read_text("utf-8")
        last = text.rfind(old)
        assert last >= 0
        broken = text[:last] + new + text[last + len(old) :]
        error = self.fault(path, broken)
        assert part in error.message
        line = broken.splitlines()[int(error.message.split(":")[1]) - 1]
        assert new in line or part in line

    @pytest.mark.parametrize(
        "text", ["hero = 3\nlock_version = 1\n", "lock_version = 1\nhero = [{page = 1}]\n", "\x00"]
    )
    def test_file_that_is_no_lock_is_rejected(self, path: Path, text: str) -> None:
        self.fault(path, text)

    def test_too_deep_nesting_is_rejected(self, path: Path, text: str) -> None:
        deep = "[" * 5000 + "]" * 5000
        assert "too deeply" in self.fault(path, f"{text}\n[hero.checks]\nx = {deep}\n").message

    def test_file_that_is_not_utf_8_is_rejected(self, path: Path) -> None:
        path.write_bytes(b"\xff\xfe")
        with pytest.raises(LockError, match="cannot be read"):
            locks.read(path)


class TestMasters:
    def test_name_contains_page_and_hash(self) -> None:
        assert locks.master_name("docs/guide/start.md", "1a2b3c4d5e") == "guide-start-1a2b3c4d.png"
        assert locks.master_name("docs/guide/index.md", "1a2b3c4d5e") == "guide-1a2b3c4d.png"
        assert locks.master_name("index.html", "1a2b3c4d5e") == "index-1a2b3c4d.png"
        assert locks.master_name("docs/Über uns.md", "1a2b3c4d5e") == "uber-uns-1a2b3c4d.png"
        assert locks.master_name("docs/中文.md", "1a2b3c4d5e") == "hero-1a2b3c4d.png"


class TestMerge:
    """Two authors, one lock, real git."""

    @pytest.fixture
    def git(self, tmp_path: Path) -> Git:
        return Git(tmp_path)

    @pytest.mark.parametrize("style", ["merge", "diff3"])
    def test_two_new_heroes_conflict_as_whole_blocks(self, git: Git, style: str) -> None:
        """Of one series: all but page, seed and hashes is equal, and each block stays in one piece."""
        git.run("config", "merge.conflictStyle", style)
        git.commit(diffusers_pin("a.md"), diffusers_pin("z.md"))
        git.run("checkout", "-q", "-b", "theirs")
        git.commit(diffusers_pin("a.md"), diffusers_pin("c.md"), diffusers_pin("z.md"))
        git.run("checkout", "-q", "main")
        git.commit(diffusers_pin("a.md"), diffusers_pin("b.md"), diffusers_pin("z.md"))
        assert git.run("merge", "-q", "theirs", fails=True) == 1
        text = git.path.read_text("utf-8")
        assert (text.count("<<<<<<<"), text.count(">>>>>>>")) == (1, 1)
        with pytest.raises(LockError, match="unresolved merge conflict"):
            locks.read(git.path)
        both = "".join(
            line for line in text.splitlines(True) if line[:7] not in ("<<<<<<<", "=======", "|||||||", ">>>>>>>")
        )
        git.path.write_text(both, "utf-8")
        assert locks.read(git.path).pins == (
            diffusers_pin("a.md"),
            diffusers_pin("b.md"),
            diffusers_pin("c.md"),
            diffusers_pin("z.md"),
        )

    def test_distant_heroes_merge_without_conflict(self, git: Git) -> None:
        git.commit(pin("a.md"), pin("m.md", recipe(2)), pin("z.md", recipe(3)))
        git.run("checkout", "-q", "-b", "theirs")
        git.commit(pin("a.md", recipe(4)), pin("m.md", recipe(2)), pin("z.md", recipe(3)))
        git.run("checkout", "-q", "main")
        git.commit(pin("a.md"), pin("m.md", recipe(2)), pin("z.md", recipe(5)))
        git.run("merge", "-q", "theirs")
        assert [each.recipe.seed for each in locks.read(git.path).pins] == [4, 2, 5]

    def test_two_versions_of_a_hero_conflict_as_one_block(self, git: Git) -> None:
        git.commit(pin("a.md"), pin("m.md"))
        git.run("checkout", "-q", "-b", "theirs")
        git.commit(pin("a.md", recipe(4)), pin("m.md"))
        git.run("checkout", "-q", "main")
        git.commit(pin("a.md", recipe(5)), pin("m.md"))
        assert git.run("merge", "-q", "theirs", fails=True) == 1
        git.run("checkout", "-q", "--theirs", locks.NAME)
        assert [each.recipe.seed for each in locks.read(git.path).pins] == [4, 7]


class Git:
    """A repository that contains a lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / locks.NAME
        self.run("init", "-q", "-b", "main")

    def commit(self, *pins: Pin) -> None:
        self.path.unlink(missing_ok=True)
        locks.write(self.path, Lock(pins))
        self.run("add", locks.NAME)
        self.run("commit", "-q", "-m", "heroes")

    def run(self, *arguments: str, fails: bool = False) -> int:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, env=environment, capture_output=True, text=True
        )
        assert fails or done.returncode == 0, done.stderr
        return done.returncode


class TestManyPins:
    def test_find_does_not_compare_other_pins(self) -> None:
        """A locked build searches twice per page: a list would compare each pin with each page."""
        compared = 0

        class Counted(str):
            def __eq__(self, other: object) -> bool:
                nonlocal compared
                compared += 1
                return str.__eq__(self, other)

            __hash__ = str.__hash__

        base = pin("x.md")
        pins = [replace(base, page=Counted(f"{number:04}.md"), recipe_hash=Counted(number)) for number in range(500)]
        lock = Lock(tuple(pins))
        compared = 0
        for number in range(500):
            assert lock.of_page(f"{number:04}.md") is pins[number]
            assert lock.find(str(number), f"{number:04}.md") is pins[number]
        assert compared < 5 * 500
