"""Masters of recipes: which heroes `generate` makes and pins, and which a build may draw."""

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

PNG = Modelled.paint(Recipe(provider="modelled", seed=3, width=320, height=180), "v1")
LOCATION = Location(page="guide/start/index.html", source="docs/guide/start.md")


def ask(
    page: str = "docs/guide/start.md", seed: int = 7, provider: str = "one-colour", prompt: str = ""
) -> HeroRequest:
    recipe = Recipe(provider=provider, seed=seed, width=32, height=18, options={"prompt": prompt})
    return HeroRequest(page=page, recipe=recipe, origin="front matter key `hero`")


def unseeded(page: str, seed: int, title: str | None = None) -> HeroRequest:
    """A request whose seed, and title if given, are derived from the page."""
    options = {"style": "ridges", **({"card": True, "title": title} if title else {})}
    recipe = Recipe(provider="one-colour", seed=seed, width=32, height=18, options=options)
    return HeroRequest(page=page, recipe=recipe, derived=frozenset({"seed", *(["title"] if title else [])}))


class Failing(OneColour):
    """Fails for seed 13."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            if recipe.seed == 13:
                raise ProviderError("seed 13 is not supported", hint="use another seed")
            yield from super().produce([recipe])


class NotReproducible(OneColour):
    """Makes a different image on each call."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        for recipe in recipes:
            self.asked.append(recipe)
            yield from OneColour().produce([replace(recipe, seed=len(self.asked) * 31)])


class Project:
    """A project folder with a provider, a cache and a master store."""

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
        return self.heroes(frozen=frozen).resolve(request, LOCATION)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class TestGenerate:
    def test_hero_is_made_and_pinned(self, project: Project) -> None:
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

    def test_second_run_writes_nothing(self, project: Project) -> None:
        project.generate(ask(), ask("b.md", 8))
        before = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")}
        result = project.generate(ask(), ask("b.md", 8))
        assert (result.made, result.kept) == ((), ("b.md", "docs/guide/start.md"))
        assert {path: path.stat().st_mtime_ns for path in project.folder.rglob("*")} == before
        assert len(project.provider.asked) == 2

    def test_changed_recipe_replaces_the_master(self, project: Project) -> None:
        project.generate(ask(), ask("b.md", 8))
        old = project.masters
        result = project.generate(ask(seed=9), ask("b.md", 8))
        assert [made.reason for made in result.made] == ["changed"]
        assert len(project.masters) == 2
        assert len(set(project.masters) & set(old)) == 1

    def test_edited_old_master_is_not_removed(self, project: Project) -> None:
        project.generate(ask())
        (name,) = project.masters
        (project.folder / "heroes" / name).write_bytes(b"edited by hand")
        project.generate(ask(seed=9))
        assert name in project.masters

    def test_missing_master_is_remade(self, project: Project) -> None:
        path = project.folder / project.generate(ask()).made[0].file
        data = path.read_bytes()
        path.unlink()
        assert [made.reason for made in project.generate(ask()).made] == ["gone"]
        assert path.read_bytes() == data

    def test_edited_master_is_overwritten_for_named_pages_only(self, project: Project) -> None:
        path = project.folder / project.generate(ask(), ask("b.md", 8)).made[1].file
        data = path.read_bytes()
        path.write_bytes(b"edited by hand")
        pins = project.lock
        result = project.generate(ask(), ask("b.md", 8), ask("c.md", 9), prune=True)
        assert [made.page for made in result.made] == ["c.md"]
        ((page, error),) = result.failed
        assert (page, path.name in error.message) == ("docs/guide/start.md", True)
        assert "imageseo generate docs/guide/start.md" in error.hint
        assert path.read_bytes() == b"edited by hand"
        assert all(pin in project.lock.pins for pin in pins.pins)
        again = project.generate(ask(), redraw=("docs/guide/start.md",))
        assert [made.reason for made in again.made] == ["damaged"]
        assert path.read_bytes() == data

    def test_full_disk_raises_site_error(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(path: Path, data: bytes) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(vaults, "write_atomic", full)
        with pytest.raises(SiteError, match="No space left on device"):
            project.generate(ask())
        assert project.lock.pins == ()

    def test_master_that_cannot_be_removed_is_named(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        project.generate(ask())

        def refuse(self: Path, missing_ok: bool = False) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "unlink", refuse)
        with pytest.raises(SiteError, match=r"guide-start-.*Permission denied"):
            project.generate(ask(seed=9))
        assert [pin.recipe.seed for pin in project.lock.pins] == [9]

    def test_moved_page_keeps_its_hero(self, project: Project) -> None:
        project.provider = NotReproducible()
        project.generate(ask("old.md"))
        masters = project.masters
        result = project.generate(ask("new.md"), prune=True)
        assert (result.made, result.shared, result.pruned) == ((), ("new.md",), ("old.md",))
        assert project.masters == masters
        assert [pin.page for pin in project.lock.pins] == ["new.md"]

    def test_moved_page_without_written_seed_keeps_its_hero(self, project: Project) -> None:
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
    def test_page_that_may_still_exist_keeps_its_pin(self, project: Project, present: tuple[str, ...] | None) -> None:
        project.generate(unseeded("old.md", 1))
        assert [made.page for made in project.generate(unseeded("new.md", 2), present=present).made] == ["new.md"]
        assert [(pin.page, pin.recipe.seed) for pin in project.lock.pins] == [("new.md", 2), ("old.md", 1)]

    def test_written_seed_gets_no_moved_pin(self, project: Project) -> None:
        project.generate(unseeded("old.md", 1))
        assert project.generate(ask("new.md", 2), prune=True, present=("new.md",)).pruned == ("old.md",)
        assert [pin.recipe.seed for pin in project.lock.pins] == [2]

    def test_changed_title_keeps_the_hero_until_its_page_is_named(self, project: Project) -> None:
        project.generate(unseeded("a.md", 1, title="Teh sea"))
        renamed = unseeded("a.md", 1, title="The sea")
        result = project.generate(renamed, prune=True, present=("a.md",))
        assert (result.made, result.kept, result.stale, result.pruned) == ((), (), ("a.md",), ())
        assert result.aged == {"a.md": ("title",)}
        text = GenerateReport(result=result, faults=()).as_text()
        assert "a.md: has changed since its hero was made (title); `imageseo generate a.md`" in text
        resolution = project.resolve(renamed, frozen=True)
        (finding,) = resolution.findings
        assert resolution.master is not None
        assert (finding.rule, finding.severity, finding.fails_build) == ("hero-stale", Severity.WARN, False)
        assert "title 'Teh sea', now 'The sea'" in finding.message
        assert "imageseo generate a.md" in finding.hint
        assert [made.reason for made in project.generate(renamed, redraw=("a.md",)).made] == ["changed"]
        assert project.resolve(renamed).findings == ()

    def test_written_title_changes_the_recipe(self, project: Project) -> None:
        project.generate(unseeded("a.md", 1, title="Teh sea"))
        written = replace(unseeded("a.md", 1, title="The sea"), derived=frozenset({"seed"}))
        assert [finding.rule for finding in project.resolve(written).findings] == ["hero-unpinned"]
        assert [made.reason for made in project.generate(written).made] == ["changed"]

    def test_equal_recipes_are_made_once(self, project: Project) -> None:
        project.provider = NotReproducible()
        result = project.generate(ask("a.md"), ask("b.md"))
        assert [made.page for made in result.made] == ["a.md", "b.md"]
        assert len(project.provider.asked) == len(project.masters) == 1

    def test_prune_drops_unrequested_pins(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 8))
        foreign_file = project.folder / "heroes" / "mine.png"
        foreign_file.write_bytes(b"author's own")
        project.generate(ask("a.md"))
        assert len(project.masters) == 3
        assert project.generate(ask("a.md"), prune=True).pruned == ("b.md",)
        assert [name.split("-")[0] for name in project.masters] == ["a", "mine.png"]

    def test_failure_does_not_stop_other_heroes(self, project: Project) -> None:
        project.provider = Failing()
        ticks = Ticks()
        result = project.generate(ask("a.md", 1), ask("b.md", 13), ask("c.md", 3), ask("d.md", 4), progress=ticks)
        assert [made.page for made in result.made] == ["a.md", "c.md", "d.md"]
        assert [(page, error.message) for page, error in result.failed] == [("b.md", "seed 13 is not supported")]
        assert [pin.recipe.seed for pin in project.lock.pins] == [1, 3, 4]
        assert ticks.tasks == {"Heroes": (4, 4)}

    def test_provider_that_stops_early_is_a_failure(self, project: Project) -> None:
        class Empty(OneColour):
            def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
                return super().produce(list(recipes)[:0])

        project.provider = Empty()
        result = project.generate(ask("a.md", 1), ask("b.md", 2))
        assert [page for page, _ in result.failed] == ["a.md", "b.md"]

    def test_unknown_provider_is_named(self, project: Project) -> None:
        result = project.generate(ask(provider="dalle"))
        assert "'dalle'" in result.failed[0][1].message
        assert "one-colour" in result.failed[0][1].hint

    def test_heroes_made_before_an_interrupt_are_pinned(self, project: Project) -> None:
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

    def test_files_and_switched_off_heroes_are_ignored(self, project: Project) -> None:
        assert project.generate(HeroRequest(page="a.md", file="x.jpg"), HeroRequest(page="b.md")) == GenerateResult()
        assert not (project.folder / locks.NAME).exists()

    def test_invalid_lock_stops_the_run(self, project: Project) -> None:
        (project.folder / locks.NAME).write_text("lock_version = 9\n")
        with pytest.raises(LockError):
            project.generate(ask())
        assert project.provider.asked == []


class TestPins:
    """Evidence, models and rights of a pin, and the parameters in its master."""

    @pytest.fixture
    def modelled(self, project: Project) -> Project:
        project.provider = Modelled(paper="v1")
        return project

    def test_pin_has_evidence_models_and_perceptual_hash(self, modelled: Project) -> None:
        modelled.generate(painters.ask("a.md", evidence={"series": "hills", "template": "scene"}))
        (pin,) = modelled.lock.pins
        assert pin.env == {"device": "cpu", "versions": {"torch": "2.13.0"}, "series": "hills", "template": "scene"}
        assert pin.models == {"model": painters.files("v1")}
        assert pin.digital_source_type == TRAINED_MEDIA
        with Image.open(modelled.folder / pin.file) as image:
            assert pin.phash == phash(image)

    def test_procedural_pin_has_a_perceptual_hash(self, project: Project) -> None:
        project.generate(ask())
        (pin,) = project.lock.pins
        assert len(pin.phash) == 16
        assert (pin.env, pin.models) == ({}, {})

    def test_master_contains_its_parameters_in_reproducible_bytes(self, modelled: Project) -> None:
        (made,) = modelled.generate(painters.ask("a.md", prompt="a hill, (fog:1.3)")).made
        path = modelled.folder / made.file
        data = path.read_bytes()
        with Image.open(path) as image:
            image.load()
            assert isinstance(image, PngImageFile)
            assert image.text.keys() == {"parameters", "XML:com.adobe.xmp"}
            assert image.text["parameters"] == "a hill, (fog:1.3)\nSteps: 4, Seed: 1, Size: 320x180"
            assert TRAINED_MEDIA in image.text["XML:com.adobe.xmp"]
            assert modelled.lock.pins[0].pixels_sha256 == pixels_digest(image)
        assert b"tEXtparameters\0a hill" in data
        path.unlink()
        modelled.generate(painters.ask("a.md", prompt="a hill, (fog:1.3)"))
        assert path.read_bytes() == data
        assert with_parameters(data, "other", "x") == with_parameters(with_parameters(data, "it", "x"), "other", "x")

    def test_prompt_beyond_latin_1_is_stored(self, modelled: Project) -> None:
        (made,) = modelled.generate(painters.ask("a.md", prompt="山の 🏔\0")).made
        with Image.open(modelled.folder / made.file) as image:
            image.load()
            assert isinstance(image, PngImageFile)
            assert image.text["parameters"].startswith("山の 🏔\n")

    @pytest.mark.parametrize("data", [b"", b"GIF89a", PNG[:20], PNG[:60]])
    def test_invalid_image_is_a_provider_error(
        self, modelled: Project, monkeypatch: pytest.MonkeyPatch, data: bytes
    ) -> None:
        monkeypatch.setattr(modelled.provider, "paint", lambda recipe, weights: data if recipe.seed == 1 else PNG)
        result = modelled.generate(painters.ask("a.md"), painters.ask("b.md", 2))
        assert [made.page for made in result.made] == ["b.md"]
        ((page, error),) = result.failed
        assert (page, type(error)) == ("a.md", ProviderError)
        assert "modelled returned" in error.message
        assert len(modelled.masters) == 1

    def test_owner_is_kept_when_the_hero_changes_or_moves(self, project: Project) -> None:
        project.generate(ask("a.md"), ask("b.md", 8))
        owned = [replace(pin, owner={"a.md": "Ann", "b.md": "Bob"}[pin.page]) for pin in project.lock.pins]
        locks.write(project.folder / locks.NAME, project.lock.with_pins(owned))
        project.generate(ask("a.md", 9), ask("b.md", 9))
        assert {pin.page: pin.owner for pin in project.lock.pins} == {"a.md": "Ann", "b.md": "Bob"}
        project.generate(ask("a.md", 9), ask("c.md", 9), prune=True)
        assert {pin.page: pin.owner for pin in project.lock.pins} == {"a.md": "Ann", "c.md": "Ann"}

    def test_rights_of_a_library_image_reach_the_build(self, project: Project) -> None:
        rights = Rights(creator="Jane Doe", license="https://creativecommons.org/licenses/by/4.0/")

        class Library(OneColour):
            def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
                for master in super().produce(recipes):
                    yield replace(master, rights=rights, digital_source_type="")

        project.provider = Library()
        project.generate(ask())
        master = project.resolve(ask(), frozen=True).master
        assert master is not None
        assert (master.rights, master.digital_source_type) == (rights, "")

    def test_master_in_another_folder_is_pinned_by_name(self, project: Project, tmp_path: Path) -> None:
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
        assert (tmp_path / "masters" / made.file).is_file(), "another branch may pin it"


class TestSeries:
    SEEDS = (101, 102, 103)

    def request(self, page: str, seeds: tuple[int, ...] = SEEDS) -> HeroRequest:
        request = painters.ask(page, seed=7, seeds=seeds, evidence={"series": "hills"})
        return replace(request, derived=frozenset({"seed"}))

    def test_seeds_are_spread_over_the_series(self, project: Project) -> None:
        project.provider = Modelled(paper="v1")
        pages = [self.request(f"{name}.md") for name in "abc"]
        project.generate(*pages[:2])
        first = {pin.page: pin.recipe.seed for pin in project.lock.pins}
        assert len(set(first.values())) == 2
        project.generate(*pages)
        assert {pin.recipe.seed for pin in project.lock.pins} == set(self.SEEDS)
        assert first.items() <= {pin.page: pin.recipe.seed for pin in project.lock.pins}.items(), "pins are kept"
        shorter = [replace(page, seeds=(101,)) for page in pages]
        assert project.generate(*shorter).kept == ("a.md", "b.md", "c.md")
        assert project.resolve(pages[2], frozen=True).findings == ()

    def test_build_uses_the_seeds_that_generate_would_pin(self, project: Project) -> None:
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
            assert heroes.resolve(page, LOCATION, beside=beside).master is not None
        drawn = [recipe.seed for recipe in project.provider.asked]
        shown = dict(zip((page.page for page in reversed(unpinned)), drawn, strict=True))
        assert calls == 1, "requests are read once"
        project.generate(*pages)
        assert shown == {pin.page: pin.recipe.seed for pin in project.lock.pins if pin.page != "d.md"}
        assert len({pin.recipe.seed for pin in project.lock.pins}) == 5
        project.heroes().resolve(pages[0], LOCATION, beside=beside)
        assert calls == 1, "a pinned page has a seed"

    def test_build_without_pin_uses_an_approved_seed(self, project: Project) -> None:
        project.provider = OneColour()
        request = replace(ask("a.md", 7), derived=frozenset({"seed"}), seeds=(11,))
        project.resolve(request)
        assert [recipe.seed for recipe in project.provider.asked] == [11]


class TestFrozen:
    def test_frozen_run_lists_missing_heroes_and_writes_nothing(self, project: Project) -> None:
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

    def test_shared_and_stale_heroes_are_not_missing(self, project: Project) -> None:
        project.generate(ask("old.md"), unseeded("t.md", 1, title="Teh sea"))
        requests = [ask("new.md"), unseeded("t.md", 1, title="The sea")]
        result = project.generate(*requests, frozen=True)
        assert (result.missing, result.shared, result.stale) == ((), ("new.md",), ("t.md",))
        assert all(project.resolve(request, frozen=True).master for request in requests)


class TestRuns:
    def test_hero_drawn_by_a_build_is_reused(self, project: Project) -> None:
        project.resolve(ask())
        result = project.generate(ask(), ask("b.md", 8))
        assert [(made.page, made.stored) for made in result.made] == [("docs/guide/start.md", True), ("b.md", False)]
        assert [recipe.seed for recipe in project.provider.asked] == [7, 8]
        (work,) = result.work
        assert (work.provider, len(work.seconds), work.stored) == ("one-colour", 1, 1)

    def test_damaged_hero_in_the_store_is_redrawn(self, project: Project) -> None:
        master = project.resolve(ask()).master
        assert master is not None
        project.store.damaged.add(master.sha256)
        assert [made.stored for made in project.generate(ask()).made] == [False]

    def test_hero_of_a_model_is_never_reused_from_the_store(self, project: Project) -> None:
        project.resolve(ask())
        project.provider = OneColour(reproducible=False)
        assert [made.stored for made in project.generate(ask()).made] == [False]

    def test_work_reports_percentiles(self) -> None:
        work = ProviderWork(provider="x", seconds=tuple(float(number) for number in range(1, 101)))
        assert (work.p50, work.p95) == (50.0, 95.0)
        assert (ProviderWork(provider="x").p50, ProviderWork(provider="x", seconds=(3.0,)).p95) == (None, 3.0)

    def test_pin_written_by_another_process_is_kept(self, project: Project) -> None:
        path = project.folder / locks.NAME
        project.generate(ask("a.md"), ask("gone.md", 3))

        class WritesLock(OneColour):
            def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
                for recipe in recipes:
                    if recipe.seed == 9:
                        own = locks.read(path).of_page("a.md")
                        assert own is not None
                        locks.write(path, locks.read(path).with_pin(replace(own, page="theirs.md")))
                    yield from super().produce([recipe])

        project.provider = WritesLock()
        project.generate(ask("a.md"), ask("b.md", 8), ask("c.md", 9), ask("d.md", 10), prune=True)
        assert [pin.page for pin in project.lock.pins] == ["a.md", "b.md", "c.md", "d.md", "theirs.md"]


class TestResolve:
    def test_pinned_master_is_read_and_not_remade(self, project: Project) -> None:
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

    def test_pinned_master_needs_no_provider(self, project: Project) -> None:
        project.generate(ask())
        heroes = replace(project.heroes(), providers={})
        assert heroes.resolve(ask(), LOCATION).master is not None

    def test_moved_page_finds_its_pin_by_recipe(self, project: Project) -> None:
        project.generate(ask("old.md"))
        resolution = project.resolve(ask("new.md"))
        assert (resolution.master is not None, resolution.findings) == (True, ())

    def test_unpinned_hero_is_drawn_into_the_store_once(self, project: Project) -> None:
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
        assert finding.location == LOCATION
        assert not (project.folder / locks.NAME).exists()
        assert list(project.folder.iterdir()) == []

    def test_new_provider_version_redraws(self, project: Project) -> None:
        project.resolve(ask())
        project.provider.version = "2"
        project.resolve(ask())
        assert len(project.provider.asked) == 2

    def test_hero_lost_from_the_store_is_redrawn(self, project: Project) -> None:
        master = project.resolve(ask()).master
        assert master is not None
        data = master.read()
        project.store.damaged.add(master.sha256)
        assert master.read() == data
        assert len(project.provider.asked) == 2

    def test_finding_names_the_changed_keys(self, project: Project) -> None:
        project.generate(ask(seed=1, prompt="sea"))
        (finding,) = project.resolve(ask(seed=2, prompt="hills")).findings
        assert finding.rule == "hero-unpinned"
        assert "changed since it was pinned (prompt, seed)" in finding.message

    def test_missing_pin_is_an_error_in_frozen_builds(self, project: Project) -> None:
        resolution = project.resolve(ask(), frozen=True)
        (finding,) = resolution.findings
        assert resolution.master is None
        assert (finding.severity, finding.fails_build) == (Severity.ERROR, True)
        assert "imageseo generate docs/guide/start.md" in finding.hint
        assert project.provider.asked == []

    def test_build_never_runs_a_provider_that_is_not_reproducible(self, project: Project) -> None:
        project.provider = OneColour(reproducible=False)
        resolution = project.resolve(ask())
        assert resolution.master is None
        assert (resolution.findings[0].rule, resolution.findings[0].fails_build) == ("hero-unpinned", True)
        assert "imageseo generate docs/guide/start.md" in resolution.findings[0].hint
        assert project.provider.asked == []

    @pytest.mark.parametrize("state", ["gone", "damaged"])
    def test_lost_master_is_an_error_and_not_redrawn(self, project: Project, state: str) -> None:
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

    def test_damage_after_resolving_raises_lock_error(self, project: Project) -> None:
        path = project.folder / project.generate(ask()).made[0].file
        master = project.resolve(ask()).master
        path.write_bytes(b"")
        assert master is not None
        with pytest.raises(LockError, match="not the pinned file"):
            master.read()

    def test_provider_errors_are_findings(self, project: Project) -> None:
        project.provider = Failing()
        (finding,) = project.resolve(ask(seed=13)).findings
        assert (finding.rule, finding.message, finding.hint) == (
            "hero-provider",
            "seed 13 is not supported",
            "use another seed",
        )
        (unknown,) = project.resolve(ask(provider="dalle")).findings
        assert "front matter key `hero`" in unknown.message
        assert "'dalle'" in unknown.message

    def test_store_error_is_a_finding(self, project: Project) -> None:
        class Full(MemoryStore):
            def put(self, key: str, data: bytes) -> StoredBlob:
                raise StoreError("the disk is full")

        project.store = Full()
        (finding,) = project.resolve(ask()).findings
        assert (finding.rule, finding.fails_build) == ("hero-store", True)

    def test_file_request_raises_value_error(self, project: Project) -> None:
        with pytest.raises(ValueError, match="a file, not a recipe"):
            project.resolve(HeroRequest(page="a.md", file="x.jpg"))
