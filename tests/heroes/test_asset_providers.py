"""Library images: queries from the page, one image per page, and texts from sidecars."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from imageseo.config.heroes import HeroSettings
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
LIBRARY_FILES = {
    "a-dawn.jpg": f'title = "Harbour at dawn"\ntags = ["sea"]\n{FREE}',
    "b-noon.jpg": f'title = "Harbour at noon"\ntags = ["sea"]\n{FREE}',
    "c-tower.jpg": f'title = "A tower"\n{FREE}',
}


class Project:
    """A project with an image library."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for number, (name, text) in enumerate(LIBRARY_FILES.items()):
            small_sites.write(folder, {f"library/{name}": small_sites.photo(320, 200, seed=number + 1)})
            small_sites.write(folder, {f"library/{name}.toml": text})
        self.vault = FolderMasterStore(folder, "heroes")

    @property
    def providers(self) -> dict[str, HeroProvider]:
        context = ProviderContext(project=self.folder, cache=self.folder / ".cache")
        providers = {"library": LIBRARY.configure(context), "procedural": PROCEDURAL.configure(context)}
        return cast("dict[str, HeroProvider]", providers)

    def ask(self, page: str, title: str | None = None, **meta: Any) -> HeroRequest:
        front_matter = {"hero": {"provider": "library", "width": 160, "height": 90, **meta.pop("hero", {})}, **meta}
        hints = PageHints(source=Path(page), title=title, meta=front_matter)
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
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


class TestPageTexts:
    def test_title_tags_and_summary_form_a_derived_query(self, project: Project) -> None:
        found = project.ask("a.md", "At *sea*", tags=["boats", "harbour"], summary="How we sail.")
        assert found.recipe is not None
        assert found.recipe.options["query"] == "At *sea* boats harbour How we sail."
        assert found.derived == {"seed", "query"}
        written = project.ask("a.md", "At sea", hero={"query": "tower"})
        assert written.derived == {"seed"}
        tagged = project.ask("a.md", "Noon", hero={"tags": ["sea"]})
        assert tagged.recipe is not None
        assert tagged.recipe.options["near"] == "Noon"
        assert tagged.derived == {"seed", "near"}

    def test_changed_title_makes_hero_stale_and_keeps_image(self, project: Project) -> None:
        project.generate(project.ask("a.md", "Harbour at noon"))
        assert project.shown == {"a.md": "b-noon.jpg"}
        renamed = project.ask("a.md", "The tower")
        assert project.generate(renamed).stale == ("a.md",)
        resolution = project.resolve(renamed)
        assert resolution.master is not None
        assert [finding.rule for finding in resolution.findings] == ["hero-stale"]
        assert "query 'Harbour at noon', now 'The tower'" in resolution.findings[0].message
        project.generate(renamed, redraw={"a.md"})
        assert project.shown == {"a.md": "c-tower.jpg"}

    def test_other_providers_get_no_page_texts(self, project: Project) -> None:
        found = project.ask("a.md", "Noon", hero={"provider": "procedural", "style": "topo"})
        assert found.recipe is not None
        assert not {"page", "query", "near"} & set(found.recipe.options)
        assert found.derived == {"seed"}

    def test_option_page_is_rejected(self, project: Project) -> None:
        with pytest.raises(RecipeError, match=r"`hero.page`: is set from the page itself"):
            project.ask("a.md", "Noon", hero={"page": {"title": "x"}})
        with pytest.raises(RecipeError, match="there is no `query`, and the page has no title"):
            project.ask("a.md")


class TestOneImagePerPage:
    def test_each_page_gets_another_image_also_in_later_runs(self, project: Project) -> None:
        first = project.ask("a.md", hero={"query": "harbour"})
        wide = project.ask("b.md", hero={"query": "harbour", "width": 200})
        project.generate(first)
        project.generate(first, wide)
        assert project.shown == {"a.md": "a-dawn.jpg", "b.md": "b-noon.jpg"}
        shared = project.ask("c.md", hero={"query": "harbour", "share": True})
        named = project.ask("d.md", hero={"picture": "a-dawn.jpg"})
        project.generate(first, wide, shared, named)
        assert {project.shown["c.md"], project.shown["d.md"]} == {"a-dawn.jpg"}

    def test_changed_recipe_may_find_the_same_image(self, project: Project) -> None:
        project.generate(project.ask("a.md", hero={"query": "harbour"}))
        changed = project.generate(project.ask("a.md", hero={"query": "harbour", "width": 200}))
        assert [made.reason for made in changed.made] == ["changed"]
        assert project.shown == {"a.md": "a-dawn.jpg"}

    def test_equal_recipes_get_an_image_each_unless_shared(self, project: Project) -> None:
        own = {"query": "harbour", "seed": 4}
        first, second = project.ask("a.md", hero=own), project.ask("b.md", hero=own)
        assert first.recipe == second.recipe
        assert len(project.generate(first, second).made) == 2
        assert project.shown == {"a.md": "a-dawn.jpg", "b.md": "b-noon.jpg"}
        assert project.generate(first, second).kept == ("a.md", "b.md")
        assert [project.resolve(each).findings for each in (first, second)] == [(), ()]

        third = project.ask("c.md", hero=own)
        assert [finding.rule for finding in project.resolve(third).findings] == ["hero-unpinned"]

        both = {**own, "share": True, "width": 200}
        shared = [project.ask(page, hero=both) for page in ("d.md", "e.md")]
        project.generate(first, second, *shared)
        assert project.lock.of_page("d.md").file == project.lock.of_page("e.md").file  # type: ignore[union-attr]

    def test_moved_page_keeps_its_image(self, project: Project) -> None:
        own = {"query": "harbour", "seed": 4}
        project.generate(project.ask("a.md", hero=own), project.ask("old/b.md", hero=own))
        moved = [project.ask("a.md", hero=own), project.ask("new/b.md", hero=own)]
        result = project.generate(*moved, present={"a.md", "new/b.md"})
        assert (result.made, result.shared) == ((), ("new/b.md",))
        assert project.shown == {"a.md": "a-dawn.jpg", "new/b.md": "b-noon.jpg"}

    def test_remade_hero_is_the_same_although_a_better_image_is_in_use(self, project: Project) -> None:
        own = {"query": "harbour", "seed": 4}
        requests = [project.ask("z.md", hero=own), project.ask("a.md", hero=own)]
        project.generate(requests[0])
        project.generate(*requests)
        assert project.shown == {"z.md": "a-dawn.jpg", "a.md": "b-noon.jpg"}
        before = project.lock

        providers = asset_providers.with_pictures_in_use(
            project.providers, asset_providers.pictures_in_use(before.pins)
        )
        producer = Producer(providers=providers, clock=lambda: 0.0)
        assert [each.verdict for each in verify(before.pins, making=producer, vault=project.vault)] == ["identical"] * 2

        for pin in before.pins:
            (project.folder / pin.file).unlink()
        assert {made.reason for made in project.generate(*requests).made} == {"gone"}
        assert project.lock == before

    def test_edited_image_is_accepted_for_its_page_only(self, project: Project) -> None:
        own = {"query": "harbour", "seed": 4}
        requests = [project.ask("z.md", hero=own), project.ask("a.md", hero=own)]
        project.generate(requests[0])
        project.generate(*requests)
        small_sites.write(project.folder, {"library/b-noon.jpg": small_sites.photo(320, 200, seed=9)})
        result = project.generate(*requests, accept=project.folder / "report")
        assert [(made.page, made.reason) for made in result.made] == [("a.md", "model")]
        assert project.shown == {"z.md": "a-dawn.jpg", "a.md": "b-noon.jpg"}


@pytest.mark.slow
def test_sidecar_texts_are_used_unless_front_matter_sets_them(tmp_path: Path) -> None:
    """Alternative text, caption, label and crops in a real build."""
    small_sites.installed()
    texts = 'title = "Harbour"\nalt = "Boats under a pale sky"\ncaption = "Brixham, 2025"\ndepicts = "realistic"\n'
    rights = f'focal = [1.0, 0.5]\ndigital_source_type = "trainedAlgorithmicMedia"\n{FREE}'
    page = "---\ntitle: {}\nhero:\n  provider: library\n{}---\n# {}\n\nText.\n"
    small_sites.mkdocs_site(
        tmp_path,
        config="plugins:\n  - imageseo:\n      hero:\n        width: 640\n        height: 360\n"
        "        crops: ['1:1']\n",
        files={
            "library/harbour.jpg": small_sites.photo(960, 540, seed=3),
            "library/harbour.jpg.toml": texts + rights,
            "docs/index.md": page.format("The harbour", "  share: true\n", "Home"),
            "docs/guide/README.md": page.format(
                "Our harbour",
                "  share: true\n  alt: A quay\n  caption: Torbay\n  depicts: illustration\n  focal: [0, 0.5]\n",
                "Guide",
            ),
        },
    )
    generated = small_sites.run("imageseo", "generate", cwd=tmp_path)
    assert generated.returncode == 0, generated.stderr
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
    published = sorted((tmp_path / "site/assets/heroes").glob("*.jpg"))
    assert sorted(path.name.count("-1x1") for path in published) == [0, 1, 1], "one hero for both pages"
    assert {path.name[:22] for path in published} == {"boats-under-a-pale-sky"}
    square = [path.read_bytes() for path in published if "-1x1" in path.name]
    assert square[0] != square[1], "focal points: sidecar at the right, front matter at the left"


def test_invalid_evidence_is_ignored() -> None:
    assert PictureText.of({"alt": 3, "caption": ["x"], "depicts": "a cat", "focal": [0.5, "x"]}) == PictureText()
    assert PictureText.of({"focal": [0.5, 2]}) == PictureText.of({"focal": [True, False]}) == PictureText()
    assert PictureText.of({"alt": "", "focal": [0, 1]}) == PictureText(alt="", focal=(0.0, 1.0))
