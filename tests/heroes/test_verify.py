"""Heroes made again: what comes out alike, what does not, and models whose files changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.runner import GenerateResult, generate
from imageseo.heroes.generate.verify import Verified, verify
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.store import FolderMasterStore
from imageseo.model.errors import LockError, ProviderError
from imageseo.model.hero import HeroRequest, Master, Pin, Recipe
from tests.support.fakes import Ticks, clock
from tests.support.painters import Modelled, ask, files
from tests.support.small_sites import tree


class Project:
    """A folder with a model."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.painter = Modelled(paper="v1", ink="v1")
        self.vault = FolderMasterStore(folder, "heroes")
        self.report = folder / "report"

    @property
    def pins(self) -> dict[str, Pin]:
        return {pin.page: pin for pin in locks.read(self.folder / locks.NAME).pins}

    def generate(self, *requests: HeroRequest, accept: bool = False, progress: Ticks | None = None) -> GenerateResult:
        return generate(
            requests,
            providers={"modelled": self.painter},
            vault=self.vault,
            lock_path=self.folder / locks.NAME,
            accept=self.report if accept else None,
            progress=progress,
        )

    def verify(self, *, without: bool = False) -> dict[str, Verified]:
        making = Producer(providers={} if without else {"modelled": self.painter}, clock=clock)
        return {each.page: each for each in verify(self.pins.values(), making=making, vault=self.vault)}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class TestVerify:
    def test_equal_pixels_are_identical_and_nothing_is_written(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 2))
        before = tree(project.folder)
        assert [each.verdict for each in project.verify().values()] == ["identical", "identical"]
        assert tree(project.folder) == before

    def test_what_nobody_can_tell_is_equivalent_and_says_what_differs(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights["paper"] = "v1.1"
        project.painter.env["versions"] = {"torch": "2.14.0"}
        found = project.verify()["a.md"]
        assert found.verdict == "equivalent"
        assert found.alike is not None
        assert (found.alike.bits, 0 < found.alike.delta_e < 1) == (0, True)
        assert "the files of model are other ones" in found.reason
        assert "torch '2.13.0', now '2.14.0'" in found.reason

    def test_another_picture_is_different(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights["paper"] = "v2"
        found = project.verify()["a.md"]
        assert found.verdict == "different"
        assert found.alike is not None
        assert found.alike.bits > 4
        assert found.alike.delta_e > 2

    def test_another_size_is_different_however_alike(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.generate(ask("a.md"))

        def smaller(recipe: Recipe, held: str) -> bytes:
            return paint(replace(recipe, width=300), held)

        paint = Modelled.paint
        monkeypatch.setattr(project.painter, "paint", smaller)
        found = project.verify()["a.md"]
        assert (found.verdict, found.reason) == ("different", "320x180 px, now 300x180 px")

    def test_what_cannot_be_made_here_is_skipped(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", model="ink"))
        del project.painter.weights["ink"]
        found = project.verify()
        assert {page: each.verdict for page, each in found.items()} == {"a.md": "identical", "b.md": "skipped"}
        assert found["b.md"].reason == "the model ink is not there"
        assert {each.verdict for each in project.verify(without=True).values()} == {"skipped"}

    @pytest.mark.parametrize("data", [None, b"other bytes"])
    def test_a_lost_master_is_told_whatever_the_verdict(self, project: Project, data: bytes | None) -> None:
        project.generate(ask("a.md"))
        path = project.folder / project.pins["a.md"].file
        path.unlink()
        if data:
            path.write_bytes(data)
        found = project.verify()["a.md"]
        assert (found.verdict, found.lost) == ("identical", True)
        assert path.name in found.reason
        project.painter.weights["paper"] = "v1.1"
        assert (project.verify()["a.md"].verdict, project.verify()["a.md"].alike) == ("different", None)

    def test_flipped_bits_are_found(self, project: Project) -> None:
        project.generate(ask("a.md"))
        path = project.folder / project.pins["a.md"].file
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        assert project.verify()["a.md"].lost

    def test_equal_recipes_are_made_once(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md"))
        project.painter.asked.clear()
        assert len(project.verify()) == 2
        assert len(project.painter.asked) == 1


class TestAcceptModel:
    def test_changed_files_are_refused_with_both_hashes(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("i.md", model="ink"))
        before = tree(project.folder)
        project.painter.weights["paper"] = "v2"
        project.painter.asked.clear()
        result = project.generate(ask("a.md"), ask("b.md", 2), ask("c.md", 3), ask("d.md", 4, model="ink"))
        assert [made.page for made in result.made] == ["d.md"]
        assert [page for page, _ in result.failed] == ["b.md", "c.md"]
        error = result.failed[0][1]
        assert isinstance(error, LockError)
        assert files("v1") in error.message
        assert files("v2") in error.message
        assert "a.md" in error.message
        assert "imageseo generate --accept-model" in error.hint
        assert [recipe.seed for recipe in project.painter.asked] == [2, 4], "once refused, no more is made with it"
        assert before.items() <= {**tree(project.folder), locks.NAME: before[locks.NAME]}.items()

    def test_a_lock_hit_asks_no_model(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights.clear()
        assert project.generate(ask("a.md")).kept == ("a.md",)

    def test_an_unknown_model_is_no_change(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights["new"] = "v9"
        assert [made.page for made in project.generate(ask("a.md"), ask("b.md", model="new")).made] == ["b.md"]

    def test_accepted_all_heroes_of_the_model_are_made_anew_and_compared(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 2), ask("i.md", model="ink"))
        old = project.pins
        data = tree(project.folder)
        project.painter.weights["paper"] = "v1.1"
        project.painter.asked.clear()
        ticks = Ticks()
        result = project.generate(
            ask("a.md"), ask("b.md", 2), ask("c.md", 3), ask("i.md", model="ink"), accept=True, progress=ticks
        )
        assert [(made.page, made.reason) for made in result.made] == [
            ("a.md", "model"),
            ("b.md", "model"),
            ("c.md", "missing"),
        ]
        assert (result.kept, result.compared, result.failed) == (("i.md",), 2, ())
        new = project.pins
        assert new["i.md"] == old["i.md"]
        assert {new[page].models["model"] for page in ("a.md", "b.md", "c.md")} == {files("v1.1")}
        assert new["a.md"].recipe == old["a.md"].recipe
        assert [new[page].file.partition("-")[0] for page in ("a.md", "b.md")] == ["heroes/a", "heroes/b"]
        report = json.loads((project.report / "regression.json").read_text("utf-8"))
        assert [(hero["page"], hero["verdict"], hero["phash_distance"]) for hero in report["heroes"]] == [
            ("a.md", "equivalent", 0),
            ("b.md", "equivalent", 0),
        ]
        assert report["models"] == [{"model": 'model "paper"', "was": [files("v1")], "now": files("v1.1")}]
        for hero in report["heroes"]:
            page = hero["page"]
            assert (project.report / hero["old"]["file"]).read_bytes() == data[old[page].file]
            assert (project.report / hero["new"]["file"]).read_bytes() == (project.folder / new[page].file).read_bytes()
        sheet = (project.report / "index.html").read_text("utf-8")
        assert all(hero[side]["file"] in sheet for hero in report["heroes"] for side in ("old", "new"))
        assert project.generate(ask("a.md"), ask("b.md", 2), ask("c.md", 3)).made == ()

    def test_the_report_stands_before_anything_is_replaced(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project.generate(ask("a.md"), ask("b.md", 2))
        before = tree(project.folder)
        project.painter.weights["paper"] = "v2"

        def refuse(*_: object) -> str:
            assert len(json.loads((project.report / "regression.json").read_text("utf-8"))["heroes"]) == 2
            assert (project.report / "index.html").is_file()
            raise KeyboardInterrupt

        monkeypatch.setattr(project.vault, "put", refuse)
        with pytest.raises(KeyboardInterrupt):
            project.generate(ask("a.md"), ask("b.md", 2), accept=True)
        assert before.items() <= tree(project.folder).items()

    def test_where_nothing_changed_nothing_is_replaced(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 2))
        before = tree(project.folder)
        project.painter.asked.clear()
        result = project.generate(ask("a.md"), ask("b.md", 2), accept=True)
        assert (result.kept, result.compared) == (("a.md", "b.md"), 0)
        assert tree(project.folder) == before
        assert len(project.painter.asked) == 1, "one hero tells what the files of a model are"

    def test_a_second_run_leaves_the_report_whole(self, project: Project) -> None:
        requests = (ask("a.md"), ask("b.md", 2))
        project.generate(*requests)
        project.painter.weights["paper"] = "v2"
        project.generate(*requests, accept=True)
        before = tree(project.report)
        assert project.generate(*requests, accept=True).compared == 0
        assert tree(project.report) == before

    def test_what_cannot_be_made_anew_keeps_its_pin(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 2))
        old = project.pins
        project.painter = Half(paper="v2")
        result = project.generate(ask("a.md"), ask("b.md", 2), accept=True)
        assert [page for page, _ in result.failed] == ["b.md"]
        assert project.pins["b.md"] == old["b.md"]
        assert project.pins["a.md"].models == {"model": files("v2")}
        report = json.loads((project.report / "regression.json").read_text("utf-8"))
        assert [each["page"] for each in report["failed"]] == ["b.md"]

    def test_owners_and_evidence_of_the_page_stay(self, project: Project) -> None:
        asked = ask("a.md", evidence={"series": "hills"})
        project.generate(asked)
        lock = locks.read(project.folder / locks.NAME)
        locks.write(project.folder / locks.NAME, lock.with_pin(replace(lock.pins[0], owner="Ann")))
        project.painter.weights["paper"] = "v2"
        project.generate(asked, accept=True)
        assert (project.pins["a.md"].owner, project.pins["a.md"].env["series"]) == ("Ann", "hills")

    def test_a_prompt_is_no_markup_in_the_sheet(self, project: Project) -> None:
        asked = ask("<b>.md", prompt="<script>alert(1)</script>")
        project.generate(asked)
        project.painter.weights["paper"] = "v2"
        project.generate(asked, accept=True)
        sheet = (project.report / "index.html").read_text("utf-8")
        assert "<script" not in sheet
        assert "&lt;b&gt;.md" in sheet
        with Image.open(next((project.report / "new").glob("*.png"))) as image:
            assert image.size == (320, 180)


class Half(Modelled):
    """Cannot paint seed 2."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            if recipe.seed == 2:
                raise ProviderError("two is not painted")
            yield from super().produce([recipe])
