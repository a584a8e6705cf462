"""Pictures that are found: the page's own words, one picture a page, and what the shelf says of each."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from imageseo.config.settings import HeroSettings
from imageseo.heroes.generate.producer import Producer
from imageseo.heroes.generate.runner import GenerateResult, generate
from imageseo.heroes.generate.verify import verify
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.resolver import MasterResolver, Resolution
from imageseo.heroes.masters.store import FolderMasterStore
from imageseo.heroes.providers.library import PROVIDER as LIBRARY
from imageseo.heroes.providers.procedural import PROVIDER as PROCEDURAL
from imageseo.heroes.recipes import asset_providers, request_parser
from imageseo.heroes.recipes.request_reader import completer
from imageseo.model.errors import RecipeError
from imageseo.model.finding import Location
from imageseo.model.hero import HeroRequest, PictureText
from imageseo.model.protocols import HeroProvider, ProviderContext
from imageseo.model.site import Page, PageHints
from tests.support import small_sites
from tests.support.fakes import MemoryStore

FREE = 'license = "CC0-1.0"\n'
SHELF = {
    "a-dawn.jpg": f'title = "Harbour at dawn"\ntags = ["sea"]\n{FREE}',
    "b-noon.jpg": f'title = "Harbour at noon"\ntags = ["sea"]\n{FREE}',
    "c-tower.jpg": f'title = "A tower"\n{FREE}',
}


class Team:
    """A project with a library, at work without a host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for number, (name, text) in enumerate(SHELF.items()):
            small_sites.write(folder, {f"library/{name}": small_sites.photo(320, 200, seed=number + 1)})
            small_sites.write(folder, {f"library/{name}.toml": text})
        self.vault = FolderMasterStore(folder, "heroes")

    @property
    def providers(self) -> dict[str, HeroProvider]:
        place = ProviderContext(project=self.folder, cache=self.folder / ".cache")
        found = {"library": LIBRARY.configure(place), "procedural": PROCEDURAL.configure(place)}
        return cast("dict[str, HeroProvider]", found)

    def ask(self, page: str, title: str | None = None, **meta: Any) -> HeroRequest:
        said = {"hero": {"provider": "library", "width": 160, "height": 90, **meta.pop("hero", {})}, **meta}
        hints = PageHints(source=Path(page), title=title, meta=said)
        found = request_parser.request(
            Page(path=f"{page}.html", hints=hints),
            settings=HeroSettings(),
            complete=completer(self.providers),
            reads=partial(asset_providers.reads_page, self.providers),
        )
        assert found is not None
        return found

    def generate(self, *requests: HeroRequest, **options: Any) -> GenerateResult:
        lock = self.folder / locks.NAME
        result = generate(requests, providers=self.providers, vault=self.vault, lock_path=lock, **options)
        assert not result.failed, result.failed
        return result

    @property
    def lock(self) -> locks.Lock:
        return locks.read(self.folder / locks.NAME)

    @property
    def shown(self) -> dict[str, str]:
        return {pin.page: pin.env["picture"] for pin in self.lock.pins}

    def resolve(self, request: HeroRequest) -> Resolution:
        heroes = MasterResolver(
            lock=self.lock, project=self.folder, store=MemoryStore(), providers=self.providers, vault=self.vault
        )
        return heroes.resolve(request, Location(page="x.html"))


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


class TestThePagesWords:
    def test_title_tags_and_summary_are_the_query_and_come_from_the_page(self, team: Team) -> None:
        found = team.ask("a.md", "At *sea*", tags=["boats", "harbour"], summary="How we sail.")
        assert found.recipe is not None
        assert found.recipe.options["query"] == "At *sea* boats harbour How we sail."
        assert found.derived == {"seed", "query"}
        written = team.ask("a.md", "At sea", hero={"query": "tower"})
        assert written.derived == {"seed"}
        tagged = team.ask("a.md", "Noon", hero={"tags": ["sea"]})
        assert tagged.recipe is not None
        assert tagged.recipe.options["near"] == "Noon"
        assert tagged.derived == {"seed", "near"}

    def test_another_title_makes_a_hero_stale_and_finds_no_other_one(self, team: Team) -> None:
        team.generate(team.ask("a.md", "Harbour at noon"))
        assert team.shown == {"a.md": "b-noon.jpg"}
        mended = team.ask("a.md", "The tower")
        assert team.generate(mended).stale == ("a.md",)
        resolution = team.resolve(mended)
        assert resolution.master is not None
        assert [finding.rule for finding in resolution.findings] == ["hero-stale"]
        assert "query 'Harbour at noon', now 'The tower'" in resolution.findings[0].message
        team.generate(mended, redraw={"a.md"})
        assert team.shown == {"a.md": "c-tower.jpg"}

    def test_other_providers_know_nothing_of_the_page(self, team: Team) -> None:
        found = team.ask("a.md", "Noon", hero={"provider": "procedural", "style": "topo"})
        assert found.recipe is not None
        assert not {"page", "query", "near"} & set(found.recipe.options)
        assert found.derived == {"seed"}

    def test_nobody_writes_the_page(self, team: Team) -> None:
        with pytest.raises(RecipeError, match=r"`hero.page`: is what the page says itself"):
            team.ask("a.md", "Noon", hero={"page": {"title": "x"}})
        with pytest.raises(RecipeError, match="there is no `query`, and the page has no title"):
            team.ask("a.md")


class TestOnePictureAPage:
    def test_pages_of_other_sizes_and_later_runs_get_other_pictures(self, team: Team) -> None:
        first = team.ask("a.md", hero={"query": "harbour"})
        wide = team.ask("b.md", hero={"query": "harbour", "width": 200})
        team.generate(first)
        team.generate(first, wide)
        assert team.shown == {"a.md": "a-dawn.jpg", "b.md": "b-noon.jpg"}
        shared = team.ask("c.md", hero={"query": "harbour", "share": True})
        named = team.ask("d.md", hero={"picture": "a-dawn.jpg"})
        team.generate(first, wide, shared, named)
        assert {team.shown["c.md"], team.shown["d.md"]} == {"a-dawn.jpg"}

    def test_a_page_with_another_recipe_may_keep_its_picture(self, team: Team) -> None:
        team.generate(team.ask("a.md", hero={"query": "harbour"}))
        changed = team.generate(team.ask("a.md", hero={"query": "harbour", "width": 200}))
        assert [made.reason for made in changed.made] == ["changed"]
        assert team.shown == {"a.md": "a-dawn.jpg"}

    def test_equal_recipes_are_a_picture_each_unless_it_is_shared(self, team: Team) -> None:
        own = {"query": "harbour", "seed": 4}
        first, second = team.ask("a.md", hero=own), team.ask("b.md", hero=own)
        assert first.recipe == second.recipe
        assert len(team.generate(first, second).made) == 2
        assert team.shown == {"a.md": "a-dawn.jpg", "b.md": "b-noon.jpg"}
        assert team.generate(first, second).kept == ("a.md", "b.md")
        assert [team.resolve(each).findings for each in (first, second)] == [(), ()]

        third = team.ask("c.md", hero=own)
        assert [finding.rule for finding in team.resolve(third).findings] == ["hero-unpinned"]

        both = {**own, "share": True, "width": 200}
        shared = [team.ask(page, hero=both) for page in ("d.md", "e.md")]
        team.generate(first, second, *shared)
        assert team.lock.of_page("d.md").file == team.lock.of_page("e.md").file  # type: ignore[union-attr]

    def test_a_moved_page_keeps_its_picture(self, team: Team) -> None:
        own = {"query": "harbour", "seed": 4}
        team.generate(team.ask("a.md", hero=own), team.ask("old/b.md", hero=own))
        moved = [team.ask("a.md", hero=own), team.ask("new/b.md", hero=own)]
        result = team.generate(*moved, present={"a.md", "new/b.md"})
        assert (result.made, result.shared) == ((), ("new/b.md",))
        assert team.shown == {"a.md": "a-dawn.jpg", "new/b.md": "b-noon.jpg"}

    def test_what_is_made_again_is_the_same_although_others_show_what_fits_better(self, team: Team) -> None:
        own = {"query": "harbour", "seed": 4}
        asked = [team.ask("z.md", hero=own), team.ask("a.md", hero=own)]
        team.generate(asked[0])
        team.generate(*asked)
        assert team.shown == {"z.md": "a-dawn.jpg", "a.md": "b-noon.jpg"}
        before = team.lock

        providers = asset_providers.with_pictures_in_use(team.providers, asset_providers.pictures_in_use(before.pins))
        making = Producer(providers=providers, clock=lambda: 0.0)
        assert [each.verdict for each in verify(before.pins, making=making, vault=team.vault)] == ["identical"] * 2

        for pin in before.pins:
            (team.folder / pin.file).unlink()
        assert {made.reason for made in team.generate(*asked).made} == {"gone"}
        assert team.lock == before

    def test_an_edited_picture_is_accepted_for_the_page_that_shows_it(self, team: Team) -> None:
        own = {"query": "harbour", "seed": 4}
        asked = [team.ask("z.md", hero=own), team.ask("a.md", hero=own)]
        team.generate(asked[0])
        team.generate(*asked)
        small_sites.write(team.folder, {"library/b-noon.jpg": small_sites.photo(320, 200, seed=9)})
        result = team.generate(*asked, accept=team.folder / "report")
        assert [(made.page, made.reason) for made in result.made] == [("a.md", "model")]
        assert team.shown == {"z.md": "a-dawn.jpg", "a.md": "b-noon.jpg"}


def test_the_shelf_speaks_where_the_author_is_silent(tmp_path: Path) -> None:
    """Through a real build: text, caption, label and crops."""
    small_sites.installed()
    said = 'title = "Harbour"\nalt = "Boats under a pale sky"\ncaption = "Brixham, 2025"\ndepicts = "realistic"\n'
    drawn = f'focal = [1.0, 0.5]\ndigital_source_type = "trainedAlgorithmicMedia"\n{FREE}'
    page = "---\ntitle: {}\nhero:\n  provider: library\n{}---\n# {}\n\nText.\n"
    small_sites.mkdocs_site(
        tmp_path,
        config="plugins:\n  - imageseo:\n      hero:\n        width: 640\n        height: 360\n"
        "        crops: ['1:1']\n",
        files={
            "library/harbour.jpg": small_sites.photo(960, 540, seed=3),
            "library/harbour.jpg.toml": said + drawn,
            "docs/index.md": page.format("The harbour", "  share: true\n", "Home"),
            "docs/guide/README.md": page.format(
                "Our harbour",
                "  share: true\n  alt: A quay\n  caption: Torbay\n  depicts: illustration\n  focal: [0, 0.5]\n",
                "Guide",
            ),
        },
    )
    made = small_sites.run("imageseo", "generate", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    shutil.rmtree(tmp_path / "library")
    built = small_sites.run("mkdocs", "build", "--strict", cwd=tmp_path, env={"IMAGESEO_FROZEN": "1"})
    assert built.returncode == 0, built.stderr
    home, guide = ((tmp_path / "site" / name).read_text() for name in ("index.html", "guide/index.html"))
    assert 'alt="Boats under a pale sky"' in home
    assert "Brixham, 2025" in home
    assert 'alt="A quay"' in guide
    assert "Torbay" in guide
    assert "Boats under" not in guide
    assert "Brixham" not in guide
    assert ("ai-overlay" in home.split("</head>")[1], "ai-overlay" in guide) == (True, False), "realistic, illustration"
    square = [(tmp_path / f"site/assets/heroes/{name}-1x1.jpg").read_bytes() for name in ("index", "guide")]
    assert square[0] != square[1], "the shelf's focal point is at the right, the author's at the left"


def test_evidence_that_is_none_is_passed_over() -> None:
    assert PictureText.of({"alt": 3, "caption": ["x"], "depicts": "a cat", "focal": [0.5, "x"]}) == PictureText()
    assert PictureText.of({"focal": [0.5, 2]}) == PictureText.of({"focal": [True, False]}) == PictureText()
    assert PictureText.of({"alt": "", "focal": [0, 1]}) == PictureText(alt="", focal=(0.0, 1.0))
