"""Verification of pinned heroes, and acceptance of models whose files changed."""

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
    """A project with a model whose weights can be changed."""

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

    def verify(self, *, without_provider: bool = False) -> dict[str, Verified]:
        producer = Producer(providers={} if without_provider else {"modelled": self.painter}, clock=clock)
        return {hero.page: hero for hero in verify(self.pins.values(), making=producer, vault=self.vault)}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class TestVerify:
    def test_equal_pixels_are_identical_and_nothing_is_written(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 2))
        before = tree(project.folder)
        assert [hero.verdict for hero in project.verify().values()] == ["identical", "identical"]
        assert tree(project.folder) == before

    def test_invisible_difference_is_equivalent_and_names_its_cause(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights["paper"] = "v1.1"
        project.painter.env["versions"] = {"torch": "2.14.0"}
        found = project.verify()["a.md"]
        assert found.verdict == "equivalent"
        assert found.alike is not None
        assert (found.alike.bits, 0 < found.alike.delta_e < 1) == (0, True)
        assert "the files of model have changed" in found.reason
        assert "torch '2.13.0', now '2.14.0'" in found.reason

    def test_other_image_is_different(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights["paper"] = "v2"
        found = project.verify()["a.md"]
        assert found.verdict == "different"
        assert found.alike is not None
        assert found.alike.bits > 4
        assert found.alike.delta_e > 2

    def test_other_size_is_different(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.generate(ask("a.md"))

        def smaller(recipe: Recipe, weights: str) -> bytes:
            return paint(replace(recipe, width=300), weights)

        paint = Modelled.paint
        monkeypatch.setattr(project.painter, "paint", smaller)
        found = project.verify()["a.md"]
        assert (found.verdict, found.reason) == ("different", "320x180 px, now 300x180 px")

    def test_hero_that_cannot_be_made_is_skipped(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", model="ink"))
        del project.painter.weights["ink"]
        found = project.verify()
        assert {page: hero.verdict for page, hero in found.items()} == {"a.md": "identical", "b.md": "skipped"}
        assert found["b.md"].reason == "the model ink is not there"
        assert {hero.verdict for hero in project.verify(without_provider=True).values()} == {"skipped"}

    @pytest.mark.parametrize("data", [None, b"other bytes"])
    def test_lost_master_is_reported_with_any_verdict(self, project: Project, data: bytes | None) -> None:
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

    def test_damaged_master_is_reported(self, project: Project) -> None:
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
    def test_changed_model_is_rejected_with_both_hashes(self, project: Project) -> None:
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
        assert [recipe.seed for recipe in project.painter.asked] == [2, 4], "a rejected model makes no other recipe"
        assert before.items() <= {**tree(project.folder), locks.NAME: before[locks.NAME]}.items()

    def test_pinned_hero_needs_no_model(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights.clear()
        assert project.generate(ask("a.md")).kept == ("a.md",)

    def test_new_model_is_not_a_change(self, project: Project) -> None:
        project.generate(ask("a.md"))
        project.painter.weights["new"] = "v9"
        assert [made.page for made in project.generate(ask("a.md"), ask("b.md", model="new")).made] == ["b.md"]

    def test_accepted_model_regenerates_and_compares_all_its_heroes(self, project: Project) -> None:
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

    def test_report_is_written_before_any_hero_is_replaced(
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

    def test_unchanged_model_replaces_nothing(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 2))
        before = tree(project.folder)
        project.painter.asked.clear()
        result = project.generate(ask("a.md"), ask("b.md", 2), accept=True)
        assert (result.kept, result.compared) == (("a.md", "b.md"), 0)
        assert tree(project.folder) == before
        assert len(project.painter.asked) == 1, "one hero is enough to hash the files of a model"

    def test_second_run_does_not_change_the_report(self, project: Project) -> None:
        requests = (ask("a.md"), ask("b.md", 2))
        project.generate(*requests)
        project.painter.weights["paper"] = "v2"
        project.generate(*requests, accept=True)
        before = tree(project.report)
        assert project.generate(*requests, accept=True).compared == 0
        assert tree(project.report) == before

    def test_hero_that_cannot_be_regenerated_keeps_its_pin(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 2))
        old = project.pins
        project.painter = FailsOnSeedTwo(paper="v2")
        result = project.generate(ask("a.md"), ask("b.md", 2), accept=True)
        assert [page for page, _ in result.failed] == ["b.md"]
        assert project.pins["b.md"] == old["b.md"]
        assert project.pins["a.md"].models == {"model": files("v2")}
        report = json.loads((project.report / "regression.json").read_text("utf-8"))
        assert [failure["page"] for failure in report["failed"]] == ["b.md"]

    def test_owner_and_evidence_of_the_page_are_kept(self, project: Project) -> None:
        request = ask("a.md", evidence={"series": "hills"})
        project.generate(request)
        lock = locks.read(project.folder / locks.NAME)
        locks.write(project.folder / locks.NAME, lock.with_pin(replace(lock.pins[0], owner="Ann")))
        project.painter.weights["paper"] = "v2"
        project.generate(request, accept=True)
        assert (project.pins["a.md"].owner, project.pins["a.md"].env["series"]) == ("Ann", "hills")

    def test_prompt_is_escaped_in_the_report(self, project: Project) -> None:
        request = ask("<b>.md", prompt="<script>alert(1)</script>")
        project.generate(request)
        project.painter.weights["paper"] = "v2"
        project.generate(request, accept=True)
        sheet = (project.report / "index.html").read_text("utf-8")
        assert "<script" not in sheet
        assert "&lt;b&gt;.md" in sheet
        with Image.open(next((project.report / "new").glob("*.png"))) as image:
            assert image.size == (320, 180)


class FailsOnSeedTwo(Modelled):
    """Fails for seed 2."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            if recipe.seed == 2:
                raise ProviderError("seed 2 is not supported")
            yield from super().produce([recipe])
