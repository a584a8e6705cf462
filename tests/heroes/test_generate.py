"""Recipes to masters: who pins, what is made again, and what a build may and may not draw."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from imageseo.cli.commands.generate_report import GenerateReport
from imageseo.heroes.generate.result import ProviderWork
from imageseo.heroes.generate.runner import GenerateResult, generate
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters import store as vaults
from imageseo.heroes.masters.pin_builder import with_parameters
from imageseo.heroes.masters.resolver import MasterResolver, Resolution
from imageseo.heroes.masters.similarity import phash, pixels_digest
from imageseo.heroes.masters.store import FolderMasterStore
from imageseo.model.errors import LockError, ProviderError, SiteError, StoreError
from imageseo.model.finding import Location, Severity
from imageseo.model.hero import ALGORITHMIC_MEDIA, TRAINED_MEDIA, HeroRequest, Master, Recipe
from imageseo.model.image import Rights
from imageseo.model.protocols import HeroProvider, MasterStore, StoredBlob
from tests.support import painters
from tests.support.fakes import MemoryStore, OneColour, Ticks
from tests.support.painters import Modelled
from tests.support.small_sites import tree

PNG = Modelled.paint(Recipe(provider="modelled", seed=3, width=32, height=18), "v1")
PLACE = Location(page="guide/start/index.html", source="docs/guide/start.md")


def ask(
    page: str = "docs/guide/start.md", seed: int = 7, provider: str = "one-colour", prompt: str = ""
) -> HeroRequest:
    recipe = Recipe(provider=provider, seed=seed, width=32, height=18, options={"prompt": prompt})
    return HeroRequest(page=page, recipe=recipe, origin="front matter key `hero`")


def unseeded(page: str, seed: int, title: str | None = None) -> HeroRequest:
    """What a page asks for whose author wrote no seed, and no title either."""
    options = {"style": "ridges", **({"card": True, "title": title} if title else {})}
    recipe = Recipe(provider="one-colour", seed=seed, width=32, height=18, options=options)
    return HeroRequest(page=page, recipe=recipe, derived=frozenset({"seed", *(["title"] if title else [])}))


class Failing(OneColour):
    """Cannot paint seed 13."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            if recipe.seed == 13:
                raise ProviderError("thirteen is not painted", hint="take another seed")
            yield from super().produce([recipe])


class Fickle(OneColour):
    """Paints something else each time."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            self.asked.append(recipe)
            yield from OneColour().produce([replace(recipe, seed=len(self.asked) * 31)])


class Project:
    """A folder, a provider, and what `generate` and `build` ask of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.provider: OneColour | Modelled = OneColour()
        self.store = MemoryStore()
        self.vault: MasterStore = FolderMasterStore(folder, "heroes")

    @property
    def providers(self) -> dict[str, HeroProvider]:
        return {self.provider.name: self.provider}

    @property
    def lock(self) -> locks.Lock:
        return locks.read(self.folder / locks.NAME)

    @property
    def masters(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "heroes").glob("*"))

    def generate(
        self,
        *requests: HeroRequest,
        prune: bool = False,
        present: tuple[str, ...] | None = None,
        redraw: tuple[str, ...] = (),
        progress: Ticks | None = None,
        frozen: bool = False,
    ) -> GenerateResult:
        return generate(
            requests,
            providers=self.providers,
            vault=self.vault,
            lock_path=self.folder / locks.NAME,
            prune=(lambda page: True) if prune else None,
            present=present,
            redraw=redraw,
            progress=progress,
            frozen=frozen,
            store=self.store,
        )

    def heroes(self, *, frozen: bool = False) -> MasterResolver:
        return MasterResolver(
            lock=self.lock,
            project=self.folder,
            store=self.store,
            providers=self.providers,
            frozen=frozen,
            vault=self.vault,
        )

    def resolve(self, request: HeroRequest, *, frozen: bool = False) -> Resolution:
        return self.heroes(frozen=frozen).resolve(request, PLACE)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class TestGenerate:
    def test_makes_pins_and_says_what_is_true(self, project: Project) -> None:
        result = project.generate(ask())
        assert [(made.page, made.reason, made.notes) for made in result.made] == [
            ("docs/guide/start.md", "missing", ("one colour is all that it paints",))
        ]
        (pin,) = project.lock.pins
        data = (project.folder / pin.file).read_bytes()
        assert pin.file == result.made[0].file == f"heroes/guide-start-{hashlib.sha256(data).hexdigest()[:8]}.png"
        assert pin.file_sha256 == "sha256:" + hashlib.sha256(data).hexdigest()
        with Image.open(io.BytesIO(data)) as image:
            raw = f"RGB {image.width}x{image.height}\n".encode() + image.tobytes()
        assert pin.pixels_sha256 == "sha256:" + hashlib.sha256(raw).hexdigest()
        assert (pin.width, pin.height, pin.digital_source_type) == (32, 18, ALGORITHMIC_MEDIA)

    def test_a_second_run_makes_nothing_and_touches_nothing(self, project: Project) -> None:
        project.generate(ask(), ask("b.md", 8))
        before = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")}
        result = project.generate(ask(), ask("b.md", 8))
        assert (result.made, result.kept) == ((), ("b.md", "docs/guide/start.md"))
        assert {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")} == before
        assert len(project.provider.asked) == 2

    def test_a_changed_recipe_is_made_anew_and_its_old_master_goes(self, project: Project) -> None:
        project.generate(ask(), ask("b.md", 8))
        old = project.masters
        result = project.generate(ask(seed=9), ask("b.md", 8))
        assert [made.reason for made in result.made] == ["changed"]
        assert len(project.masters) == 2
        assert len(set(project.masters) & set(old)) == 1

    def test_an_old_master_that_somebody_touched_stays(self, project: Project) -> None:
        project.generate(ask())
        (name,) = project.masters
        (project.folder / "heroes" / name).write_bytes(b"retouched by hand")
        project.generate(ask(seed=9))
        assert name in project.masters

    def test_a_master_that_is_lost_is_made_again(self, project: Project) -> None:
        path = project.folder / project.generate(ask()).made[0].file
        data = path.read_bytes()
        path.unlink()
        assert [each.reason for each in project.generate(ask()).made] == ["gone"]
        assert path.read_bytes() == data

    def test_a_master_that_somebody_retouched_is_drawn_over_for_named_pages_alone(self, project: Project) -> None:
        path = project.folder / project.generate(ask(), ask("b.md", 8)).made[1].file
        data = path.read_bytes()
        path.write_bytes(b"retouched by hand")
        pins = project.lock
        result = project.generate(ask(), ask("b.md", 8), ask("c.md", 9), prune=True)
        assert [each.page for each in result.made] == ["c.md"]
        ((page, error),) = result.failed
        assert (page, path.name in error.message) == ("docs/guide/start.md", True)
        assert "imageseo generate docs/guide/start.md" in error.hint
        assert path.read_bytes() == b"retouched by hand"
        assert all(pin in project.lock.pins for pin in pins.pins)
        again = project.generate(ask(), redraw=("docs/guide/start.md",))
        assert [each.reason for each in again.made] == ["damaged"]
        assert path.read_bytes() == data

    def test_a_folder_that_cannot_be_written_to_is_the_users_to_mend(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(path: Path, data: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(vaults, "write_atomic", full)
        with pytest.raises(SiteError, match="No space left on device"):
            project.generate(ask())
        assert project.lock.pins == ()

    def test_masters_that_cannot_be_removed_are_named(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.generate(ask())

        def refuse(self: Path, missing_ok: bool = False) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "unlink", refuse)
        with pytest.raises(SiteError, match=r"guide-start-.*Permission denied"):
            project.generate(ask(seed=9))
        assert [pin.recipe.seed for pin in project.lock.pins] == [9]

    def test_a_moved_page_keeps_its_hero(self, project: Project) -> None:
        project.provider = Fickle()
        project.generate(ask("old.md"))
        masters = project.masters
        result = project.generate(ask("new.md"), prune=True)
        assert (result.made, result.shared, result.pruned) == ((), ("new.md",), ("old.md",))
        assert project.masters == masters
        assert [pin.page for pin in project.lock.pins] == ["new.md"]

    def test_a_moved_page_without_a_written_seed_keeps_its_hero(self, project: Project) -> None:
        project.generate(unseeded("old/a.md", 1), unseeded("old/b.md", 2), unseeded("c.md", 3))
        masters, files = project.masters, {pin.page: pin.file for pin in project.lock.pins}
        moved = [unseeded("new/b.md", 12), unseeded("new/a.md", 11), unseeded("c.md", 3)]
        result = project.generate(*moved, prune=True, present=("new/a.md", "new/b.md", "c.md"))
        assert (result.made, result.shared, result.pruned) == ((), ("new/a.md", "new/b.md"), ())
        assert project.masters == masters
        assert {pin.page: (pin.file, pin.recipe.seed) for pin in project.lock.pins} == {
            "c.md": (files["c.md"], 3),
            "new/a.md": (files["old/a.md"], 1),
            "new/b.md": (files["old/b.md"], 2),
        }
        assert project.generate(*moved).kept == ("c.md", "new/a.md", "new/b.md")
        assert project.resolve(moved[0], frozen=True).findings == ()

    @pytest.mark.parametrize("present", [None, ("new.md", "old.md")])
    def test_a_page_that_may_still_be_there_keeps_its_pin(
        self, project: Project, present: tuple[str, ...] | None
    ) -> None:
        project.generate(unseeded("old.md", 1))
        assert [made.page for made in project.generate(unseeded("new.md", 2), present=present).made] == ["new.md"]
        assert [(pin.page, pin.recipe.seed) for pin in project.lock.pins] == [("new.md", 2), ("old.md", 1)]

    def test_a_written_seed_is_never_taken_for_another(self, project: Project) -> None:
        project.generate(unseeded("old.md", 1))
        assert project.generate(ask("new.md", 2), prune=True, present=("new.md",)).pruned == ("old.md",)
        assert [pin.recipe.seed for pin in project.lock.pins] == [2]

    def test_a_typo_mended_in_the_title_leaves_the_hero_until_its_page_is_named(self, project: Project) -> None:
        project.generate(unseeded("a.md", 1, title="Teh sea"))
        mended = unseeded("a.md", 1, title="The sea")
        result = project.generate(mended, prune=True, present=("a.md",))
        assert (result.made, result.kept, result.stale, result.pruned) == ((), (), ("a.md",), ())
        assert result.aged == {"a.md": ("title",)}
        told = GenerateReport(result=result, faults=()).as_text()
        assert "a.md: has changed since its hero was made (title); `imageseo generate a.md`" in told
        resolution = project.resolve(mended, frozen=True)
        (finding,) = resolution.findings
        assert resolution.master is not None
        assert (finding.rule, finding.severity, finding.fails_build) == ("hero-stale", Severity.WARN, False)
        assert "title 'Teh sea', now 'The sea'" in finding.message
        assert "imageseo generate a.md" in finding.hint
        assert [made.reason for made in project.generate(mended, redraw=("a.md",)).made] == ["changed"]
        assert project.resolve(mended).findings == ()

    def test_a_title_that_the_author_wrote_changes_the_recipe(self, project: Project) -> None:
        project.generate(unseeded("a.md", 1, title="Teh sea"))
        written = replace(unseeded("a.md", 1, title="The sea"), derived=frozenset({"seed"}))
        assert [finding.rule for finding in project.resolve(written).findings] == ["hero-unpinned"]
        assert [made.reason for made in project.generate(written).made] == ["changed"]

    def test_equal_recipes_are_made_once(self, project: Project) -> None:
        project.provider = Fickle()
        result = project.generate(ask("a.md"), ask("b.md"))
        assert [made.page for made in result.made] == ["a.md", "b.md"]
        assert len(project.provider.asked) == len(project.masters) == 1

    def test_prune_drops_what_nobody_asks_for(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 8))
        stranger = project.folder / "heroes" / "mine.png"
        stranger.write_bytes(b"author's own")
        project.generate(ask("a.md"))
        assert len(project.masters) == 3
        assert project.generate(ask("a.md"), prune=True).pruned == ("b.md",)
        assert [name.split("-")[0] for name in project.masters] == ["a", "mine.png"]

    def test_one_failure_leaves_the_others_made(self, project: Project) -> None:
        project.provider = Failing()
        ticks = Ticks()
        result = project.generate(ask("a.md", 1), ask("b.md", 13), ask("c.md", 3), ask("d.md", 4), progress=ticks)
        assert [made.page for made in result.made] == ["a.md", "c.md", "d.md"]
        assert [(page, error.message) for page, error in result.failed] == [("b.md", "thirteen is not painted")]
        assert [pin.recipe.seed for pin in project.lock.pins] == [1, 3, 4]
        assert ticks.tasks == {"Heroes": (4, 4)}

    def test_a_provider_that_stops_early_is_a_failure(self, project: Project) -> None:
        class Lazy(OneColour):
            def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
                return super().produce(list(recipes)[:0])

        project.provider = Lazy()
        result = project.generate(ask("a.md", 1), ask("b.md", 2))
        assert [page for page, _ in result.failed] == ["a.md", "b.md"]

    def test_an_unknown_provider_is_named(self, project: Project) -> None:
        result = project.generate(ask(provider="dalle"))
        assert "'dalle'" in result.failed[0][1].message
        assert "one-colour" in result.failed[0][1].hint

    def test_what_was_made_before_an_interrupt_is_pinned(self, project: Project) -> None:
        class Interrupted(OneColour):
            def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
                for number, recipe in enumerate(recipes):
                    if number == 2:
                        raise KeyboardInterrupt
                    yield from super().produce([recipe])

        project.provider = Interrupted()
        requests = [ask(f"{name}.md", seed) for seed, name in enumerate("abcd")]
        with pytest.raises(KeyboardInterrupt):
            project.generate(*requests)
        assert [pin.page for pin in project.lock.pins] == ["a.md", "b.md"]
        project.provider = OneColour()
        assert [made.page for made in project.generate(*requests).made] == ["c.md", "d.md"]

    def test_files_and_switched_off_heroes_are_passed_over(self, project: Project) -> None:
        assert project.generate(HeroRequest(page="a.md", file="x.jpg"), HeroRequest(page="b.md")) == GenerateResult()
        assert not (project.folder / locks.NAME).exists()

    def test_a_broken_lock_stops_the_work(self, project: Project) -> None:
        (project.folder / locks.NAME).write_text("lock_version = 9\n")
        with pytest.raises(LockError):
            project.generate(ask())
        assert project.provider.asked == []


class TestPins:
    """What a pin holds beside hashes, and what its file says."""

    @pytest.fixture
    def modelled(self, project: Project) -> Project:
        project.provider = Modelled(paper="v1")
        return project

    def test_evidence_models_and_the_perceptual_hash(self, modelled: Project) -> None:
        modelled.generate(painters.ask("a.md", evidence={"series": "hills", "template": "scene"}))
        (pin,) = modelled.lock.pins
        assert pin.env == {"device": "cpu", "versions": {"torch": "2.13.0"}, "series": "hills", "template": "scene"}
        assert pin.models == {"model": painters.files("v1")}
        assert pin.digital_source_type == TRAINED_MEDIA
        with Image.open(modelled.folder / pin.file) as image:
            assert pin.phash == phash(image)

    def test_art_from_formulas_has_a_perceptual_hash_too(self, project: Project) -> None:
        project.generate(ask())
        (pin,) = project.lock.pins
        assert len(pin.phash) == 16
        assert (pin.env, pin.models) == ({}, {})

    def test_the_master_says_how_it_was_made_and_always_in_the_same_bytes(self, modelled: Project) -> None:
        (made,) = modelled.generate(painters.ask("a.md", prompt="a hill, (fog:1.3)")).made
        path = modelled.folder / made.file
        data = path.read_bytes()
        with Image.open(path) as image:
            image.load()
            assert isinstance(image, PngImageFile)
            assert image.text == {"parameters": "a hill, (fog:1.3)\nSteps: 4, Seed: 1, Size: 320x180"}
            assert modelled.lock.pins[0].pixels_sha256 == pixels_digest(image)
        assert b"tEXtparameters\0a hill" in data
        path.unlink()
        modelled.generate(painters.ask("a.md", prompt="a hill, (fog:1.3)"))
        assert path.read_bytes() == data
        assert with_parameters(data, "other", "x") == with_parameters(with_parameters(data, "it", "x"), "other", "x")

    def test_a_prompt_beyond_latin_1_is_kept(self, modelled: Project) -> None:
        (made,) = modelled.generate(painters.ask("a.md", prompt="山の 🏔\0")).made
        with Image.open(modelled.folder / made.file) as image:
            image.load()
            assert isinstance(image, PngImageFile)
            assert image.text["parameters"].startswith("山の 🏔\n")

    @pytest.mark.parametrize("data", [b"", b"GIF89a", PNG[:20], PNG[:60]])
    def test_what_is_no_picture_is_the_providers_fault(
        self, modelled: Project, monkeypatch: pytest.MonkeyPatch, data: bytes
    ) -> None:
        monkeypatch.setattr(modelled.provider, "paint", lambda recipe, held: data if recipe.seed == 1 else PNG)
        result = modelled.generate(painters.ask("a.md"), painters.ask("b.md", 2))
        assert [made.page for made in result.made] == ["b.md"]
        ((page, error),) = result.failed
        assert (page, type(error)) == ("a.md", ProviderError)
        assert "modelled gave" in error.message
        assert len(modelled.masters) == 1

    def test_an_owner_stays_when_the_picture_changes_and_when_it_moves(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 8))
        owned = [replace(pin, owner={"a.md": "Ann", "b.md": "Bob"}[pin.page]) for pin in project.lock.pins]
        locks.write(project.folder / locks.NAME, project.lock.with_pins(owned))
        project.generate(ask("a.md", 9), ask("b.md", 9))
        assert {pin.page: pin.owner for pin in project.lock.pins} == {"a.md": "Ann", "b.md": "Bob"}
        project.generate(ask("a.md", 9), ask("c.md", 9), prune=True)
        assert {pin.page: pin.owner for pin in project.lock.pins} == {"a.md": "Ann", "c.md": "Ann"}

    def test_rights_of_a_picture_that_was_found_reach_the_build(self, project: Project) -> None:
        rights = Rights(creator="Jane Doe", license="https://creativecommons.org/licenses/by/4.0/")

        class Found(OneColour):
            def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
                for master in super().produce(recipes):
                    yield replace(master, rights=rights, digital_source_type="")

        project.provider = Found()
        project.generate(ask())
        master = project.resolve(ask(), frozen=True).master
        assert master is not None
        assert (master.rights, master.digital_source_type) == (rights, "")

    def test_masters_elsewhere_are_named_without_a_folder(self, project: Project, tmp_path: Path) -> None:
        project.folder = tmp_path / "project"
        project.vault = vaults.open_master_store(
            (tmp_path / "masters").as_uri(), project.folder, project.folder / "cache"
        )
        (made,) = project.generate(ask()).made
        assert "/" not in made.file
        assert (tmp_path / "masters" / made.file).is_file()
        master = project.resolve(ask(), frozen=True).master
        assert master is not None
        assert master.file is not None
        assert (project.folder / master.file).read_bytes() == master.read()
        assert project.generate(ask(seed=8)).made[0].reason == "changed"
        assert (tmp_path / "masters" / made.file).is_file(), "another branch may name it"


class TestSeries:
    SEEDS = (101, 102, 103)

    def member(self, page: str, seeds: tuple[int, ...] = SEEDS) -> HeroRequest:
        asked = painters.ask(page, seed=7, seeds=seeds, evidence={"series": "hills"})
        return replace(asked, derived=frozenset({"seed"}))

    def test_seeds_come_from_the_list_and_are_spread(self, project: Project) -> None:
        project.provider = Modelled(paper="v1")
        pages = [self.member(f"{name}.md") for name in "abc"]
        project.generate(*pages[:2])
        first = {pin.page: pin.recipe.seed for pin in project.lock.pins}
        assert len(set(first.values())) == 2
        project.generate(*pages)
        assert {pin.recipe.seed for pin in project.lock.pins} == set(self.SEEDS)
        assert first.items() <= {pin.page: pin.recipe.seed for pin in project.lock.pins}.items(), "pins stay"
        shorter = [replace(page, seeds=(101,)) for page in pages]
        assert project.generate(*shorter).kept == ("a.md", "b.md", "c.md")
        assert project.resolve(pages[2], frozen=True).findings == ()

    def test_a_build_shows_the_seeds_that_a_run_would_pin(self, project: Project) -> None:
        project.provider = OneColour()
        seeds = (101, 102, 103, 104, 105)
        pages = [
            replace(ask(f"{name}.md"), seeds=seeds, derived=frozenset({"seed"}), evidence={"series": "hills"})
            for name in "abcde"
        ]
        project.generate(replace(pages[3], recipe=ask(seed=104).recipe, derived=frozenset()))
        unpinned = [page for page in pages if page.page != "d.md"]
        calls = 0

        def beside() -> list[HeroRequest]:
            nonlocal calls
            calls += 1
            return pages

        heroes = project.heroes()
        project.provider.asked.clear()
        for page in reversed(unpinned):
            assert heroes.resolve(page, PLACE, beside=beside).master is not None
        drawn = [recipe.seed for recipe in project.provider.asked]
        shown = dict(zip((page.page for page in reversed(unpinned)), drawn, strict=True))
        assert calls == 1, "one look at the site"
        project.generate(*pages)
        assert shown == {pin.page: pin.recipe.seed for pin in project.lock.pins if pin.page != "d.md"}
        assert len({pin.recipe.seed for pin in project.lock.pins}) == 5
        project.heroes().resolve(pages[0], PLACE, beside=beside)
        assert calls == 1, "a pinned page has its seed"

    def test_a_build_without_a_pin_takes_an_approved_seed_too(self, project: Project) -> None:
        project.provider = OneColour()
        asked = replace(ask("a.md", 7), derived=frozenset({"seed"}), seeds=(11,))
        project.resolve(asked)
        assert [recipe.seed for recipe in project.provider.asked] == [11]


class TestFrozen:
    def test_nothing_is_made_and_what_lacks_is_named(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 8), ask("g.md", 9), ask("d.md", 10), unseeded("old.md", 11))
        files = {pin.page: project.folder / pin.file for pin in project.lock.pins}
        files["g.md"].unlink()
        files["d.md"].write_bytes(b"touched")
        before = tree(project.folder)
        project.provider.asked.clear()
        result = project.generate(
            *(ask("a.md"), ask("b.md", 5), ask("g.md", 9), ask("d.md", 10), ask("n.md", 6), unseeded("new.md", 12)),
            frozen=True,
            prune=True,
            present=("a.md", "b.md", "g.md", "d.md", "n.md", "new.md"),
        )
        assert result.missing == (("b.md", "changed"), ("g.md", "gone"), ("n.md", "missing"), ("new.md", "moved"))
        assert [page for page, _ in result.failed] == ["d.md"]
        assert (result.kept, result.made, result.pruned) == (("a.md",), (), ())
        assert (tree(project.folder), project.provider.asked) == (before, [])

    def test_what_a_frozen_build_takes_is_not_missing(self, project: Project) -> None:
        project.generate(ask("old.md"), unseeded("t.md", 1, title="Teh sea"))
        asked = [ask("new.md"), unseeded("t.md", 1, title="The sea")]
        result = project.generate(*asked, frozen=True)
        assert (result.missing, result.shared, result.stale) == ((), ("new.md",), ("t.md",))
        assert all(project.resolve(each, frozen=True).master for each in asked)


class TestRuns:
    def test_what_a_build_drew_is_not_drawn_again(self, project: Project) -> None:
        project.resolve(ask())
        result = project.generate(ask(), ask("b.md", 8))
        assert [(made.page, made.stored) for made in result.made] == [("docs/guide/start.md", True), ("b.md", False)]
        assert [recipe.seed for recipe in project.provider.asked] == [7, 8]
        (work,) = result.work
        assert (work.provider, len(work.seconds), work.stored) == ("one-colour", 1, 1)

    def test_damage_in_the_store_is_drawn_over(self, project: Project) -> None:
        master = project.resolve(ask()).master
        assert master is not None
        project.store.damaged.add(master.sha256)
        assert [made.stored for made in project.generate(ask()).made] == [False]

    def test_what_models_made_is_never_taken_from_the_store(self, project: Project) -> None:
        project.resolve(ask())
        project.provider = OneColour(reproducible=False)
        assert [made.stored for made in project.generate(ask()).made] == [False]

    def test_seconds_are_told_as_percentiles(self) -> None:
        work = ProviderWork(provider="x", seconds=tuple(float(number) for number in range(1, 101)))
        assert (work.p50, work.p95) == (50.0, 95.0)
        assert (ProviderWork(provider="x").p50, ProviderWork(provider="x", seconds=(3.0,)).p95) == (None, 3.0)

    def test_what_somebody_else_pins_meanwhile_stays(self, project: Project) -> None:
        path = project.folder / locks.NAME
        project.generate(ask("a.md"), ask("gone.md", 3))

        class Meanwhile(OneColour):
            def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
                for recipe in recipes:
                    if recipe.seed == 9:
                        mine = locks.read(path).of_page("a.md")
                        assert mine is not None
                        locks.write(path, locks.read(path).with_pin(replace(mine, page="theirs.md")))
                    yield from super().produce([recipe])

        project.provider = Meanwhile()
        project.generate(ask("a.md"), ask("b.md", 8), ask("c.md", 9), ask("d.md", 10), prune=True)
        assert [pin.page for pin in project.lock.pins] == ["a.md", "b.md", "c.md", "d.md", "theirs.md"]


class TestResolve:
    def test_a_pin_is_fetched_and_never_made_again(self, project: Project) -> None:
        project.generate(ask())
        project.provider.asked.clear()
        resolution = project.resolve(ask(), frozen=True)
        assert resolution.findings == ()
        master = resolution.master
        assert master is not None
        data = master.read()
        assert hashlib.sha256(data).hexdigest() == master.sha256
        assert (master.width, master.height, master.digital_source_type) == (32, 18, ALGORITHMIC_MEDIA)
        assert master.file == project.lock.pins[0].file
        assert (project.provider.asked, project.store.keys) == ([], {})

    def test_a_pin_needs_no_provider(self, project: Project) -> None:
        project.generate(ask())
        heroes = replace(project.heroes(), providers={})
        assert heroes.resolve(ask(), PLACE).master is not None

    def test_a_moved_page_finds_its_pin_by_recipe(self, project: Project) -> None:
        project.generate(ask("old.md"))
        resolution = project.resolve(ask("new.md"))
        assert (resolution.master is not None, resolution.findings) == (True, ())

    def test_unpinned_art_is_drawn_into_the_store_once(self, project: Project) -> None:
        first, second = project.resolve(ask()), project.resolve(ask())
        assert first.master is not None
        assert second.master is not None
        assert first.master.read() == second.master.read()
        assert len(project.provider.asked) == 1
        (finding,) = first.findings
        assert second.findings == (finding,)
        assert (finding.rule, finding.severity, finding.fails_build) == ("hero-unpinned", Severity.WARN, False)
        assert "imageseo generate docs/guide/start.md" in finding.hint
        assert "one colour is all that it paints" in finding.message
        assert finding.location == PLACE
        assert not (project.folder / locks.NAME).exists()
        assert list(project.folder.iterdir()) == []

    def test_another_version_draws_anew(self, project: Project) -> None:
        project.resolve(ask())
        project.provider.version = "2"
        project.resolve(ask())
        assert len(project.provider.asked) == 2

    def test_what_the_store_lost_meanwhile_is_drawn_again(self, project: Project) -> None:
        master = project.resolve(ask()).master
        assert master is not None
        data = master.read()
        project.store.damaged.add(master.sha256)
        assert master.read() == data
        assert len(project.provider.asked) == 2

    def test_a_changed_recipe_says_what_changed(self, project: Project) -> None:
        project.generate(ask(seed=1, prompt="sea"))
        (finding,) = project.resolve(ask(seed=2, prompt="hills")).findings
        assert finding.rule == "hero-unpinned"
        assert "changed since it was pinned (prompt, seed)" in finding.message

    def test_frozen_makes_a_missing_pin_an_error(self, project: Project) -> None:
        resolution = project.resolve(ask(), frozen=True)
        (finding,) = resolution.findings
        assert resolution.master is None
        assert (finding.severity, finding.fails_build) == (Severity.ERROR, True)
        assert "imageseo generate docs/guide/start.md" in finding.hint
        assert project.provider.asked == []

    def test_a_provider_that_is_not_reproducible_is_never_asked_by_a_build(self, project: Project) -> None:
        project.provider = OneColour(reproducible=False)
        resolution = project.resolve(ask())
        assert resolution.master is None
        assert (resolution.findings[0].rule, resolution.findings[0].fails_build) == ("hero-unpinned", True)
        assert "imageseo generate docs/guide/start.md" in resolution.findings[0].hint
        assert project.provider.asked == []

    @pytest.mark.parametrize("state", ["gone", "damaged"])
    def test_a_lost_master_is_an_error_and_not_drawn_over(self, project: Project, state: str) -> None:
        path = project.folder / project.generate(ask()).made[0].file
        if state == "gone":
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-1])
        project.provider.asked.clear()
        resolution = project.resolve(ask())
        (finding,) = resolution.findings
        assert (resolution.master, finding.rule, finding.fails_build) == (None, "hero-master", True)
        assert path.name in finding.message
        assert "imageseo generate docs/guide/start.md" in finding.hint
        assert project.provider.asked == []

    def test_damage_after_resolving_is_noticed(self, project: Project) -> None:
        path = project.folder / project.generate(ask()).made[0].file
        master = project.resolve(ask()).master
        path.write_bytes(b"")
        assert master is not None
        with pytest.raises(LockError, match="not the file that was pinned"):
            master.read()

    def test_faults_of_drawing_are_findings(self, project: Project) -> None:
        project.provider = Failing()
        (finding,) = project.resolve(ask(seed=13)).findings
        assert (finding.rule, finding.message, finding.hint) == (
            "hero-provider",
            "thirteen is not painted",
            "take another seed",
        )
        (unknown,) = project.resolve(ask(provider="dalle")).findings
        assert "front matter key `hero`" in unknown.message
        assert "'dalle'" in unknown.message

    def test_a_store_that_cannot_keep_is_a_finding(self, project: Project) -> None:
        class Full(MemoryStore):
            def put(self, key: str, data: bytes) -> StoredBlob:
                raise StoreError("the disk is full")

        project.store = Full()
        (finding,) = project.resolve(ask()).findings
        assert (finding.rule, finding.fails_build) == ("hero-store", True)

    def test_a_file_is_not_for_us(self, project: Project) -> None:
        with pytest.raises(ValueError, match="a file, not a recipe"):
            project.resolve(HeroRequest(page="a.md", file="x.jpg"))
