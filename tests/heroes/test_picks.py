"""`generate --variations`, `pick`, `undo PAGE` and `history`: what is chosen stays, and all of it can be taken back."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from msgspec import structs

from imageseo.cli.commands import generate as generate_command
from imageseo.cli.commands import history, pick, variations
from imageseo.heroes.candidates import contact_sheet
from imageseo.heroes.candidates.author_lines import lines_to_write
from imageseo.heroes.candidates.candidates import Candidates, HeroCandidate
from imageseo.heroes.candidates.contact_sheet import SheetEntry, format_option
from imageseo.heroes.candidates.variations import parse
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.pin_mismatch import why_unpinned
from imageseo.heroes.providers.procedural import Procedural
from imageseo.integrations.progress import Quiet
from imageseo.integrations.project import Project, detect_project
from imageseo.model.errors import ImageseoError, RecipeError, SettingsError, SiteError
from imageseo.model.hero import HeroRequest, Master, Pin, Recipe
from imageseo.model.site import Page, PageHints
from tests.support import small_sites
from tests.support.painters import Modelled

PAGE = "docs/index.md"
FREE = "  provider: procedural\n  width: 96\n  height: 64\n  alt: Art\n"
NOTES: list[str] = []


def source(hero: str = FREE) -> str:
    return f"---\nhero:\n{hero}---\n# Home\n"


def write(project: Project, hero: str) -> None:
    (project.folder / PAGE).write_text(source(hero))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    small_sites.mkdocs_site(tmp_path, files={PAGE: source(), "docs/plain.md": "# Plain\n"})
    NOTES.clear()
    return detect_project(tmp_path, config=None, note=NOTES.append)


def vary(project: Project, text: str, *names: str) -> variations.VariationsReport:
    return variations.run(project, text, names=names or (PAGE,), root=None, progress=Quiet())


def choose(project: Project, choice: str, page: str = PAGE) -> pick.PinChange:
    return pick.pick(project, page, choice, root=None, progress=Quiet())


def undo(project: Project, page: str = PAGE) -> pick.PinChange:
    return pick.undo(project, page, root=None, progress=Quiet())


def generate(project: Project, *, frozen: bool = False) -> Pin:
    report = generate_command.generate(project, names=(), root=None, progress=Quiet(), frozen=frozen)
    assert not report.failed, report.as_text()
    return pin(project)


def pin(project: Project) -> Pin:
    found = locks.read(project.folder / locks.NAME).of_page(PAGE)
    assert found is not None
    return found


def candidates(project: Project) -> tuple[HeroCandidate, ...]:
    return Candidates.of(project.settings.hero, project.folder).of_page(PAGE)


def state(project: Project) -> dict[str, bytes]:
    """The lock file and the masters."""
    files = [project.folder / locks.NAME, *(project.folder / "heroes").glob("*.png")]
    return {path.name: path.read_bytes() for path in files}


class TestVariations:
    def test_candidates_are_made_and_nothing_is_pinned(self, project: Project) -> None:
        report = vary(project, "seed=3 style=ridges,paper")
        (page,) = report.pages
        own = page.candidates[0].pin.recipe.seed
        found = [(each.number, each.pin.recipe.options["style"], each.pin.recipe.seed) for each in page.candidates]
        styles = [*["ridges"] * 3, *["paper"] * 3]
        assert found == [(at + 1, style, own + at % 3) for at, style in enumerate(styles)]
        assert not (project.folder / locks.NAME).exists()
        assert not list((project.folder / "heroes").glob("*.png"))
        assert json.loads(report.as_json())["pages"][0]["candidates"][5]["number"] == 6

    def test_sheet_has_all_in_itself(self, project: Project) -> None:
        (page,) = vary(project, "seed=2 style=ridges,paper").pages
        assert page.sheet is not None
        html = page.sheet.read_text()
        sources = re.findall(r'(?:src|href)="([^"]*)"', html)
        assert len(sources) == 4
        assert all(each.startswith("data:image/webp;base64,") for each in sources)
        for number in range(1, 5):
            assert f"imageseo pick docs/index.md {number}<" in html
        assert html.count("<dt>style</dt><dd>paper</dd>") == 2

    def test_second_run_makes_only_what_is_missing(self, project: Project) -> None:
        assert vary(project, "seed=2").pages[0].made == 2
        (page,) = vary(project, "seed=3").pages
        assert (page.made, [each.number for each in page.candidates]) == (1, [1, 2, 3])

    def test_seeds_begin_at_the_pinned_one(self, project: Project) -> None:
        seed = generate(project).recipe.seed
        found = vary(project, "seed=2").pages[0].candidates
        assert [each.pin.recipe.seed for each in found] == [seed, seed + 1]
        assert found[0].number == 1, "the pinned image is a candidate already"

    def test_sheet_that_cannot_be_written_costs_no_candidate(self, project: Project) -> None:
        place = project.folder / project.settings.cache_dir / "variations"
        place.parent.mkdir(parents=True)
        place.write_text("a file")
        report = vary(project, "seed=2")
        assert (report.failed, report.pages[0].sheet, report.pages[0].made) == (False, None, 2)
        assert "no contact sheet" in NOTES[0]
        assert "2 candidates" in report.as_text()

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("gidance=4", "no option 'gidance'"),
            ("style=ridges,nope", "unknown style 'nope'"),
            ("seed=100 style=ridges,paper width=96,97,98,99,100,101", "1,200 images, the limit is 1,000"),
            ("seed=10000", "10,000 images"),
            ("seed=0", "expected the number of seeds"),
            ("seed=two", "expected the number of seeds"),
            ("seed=2 seed=3", "given twice"),
            ("style", "expected key=value"),
            ("style=", "empty value"),
            ("alt=a,b", "does not change the image"),
            ("src=a.png", "does not change the image"),
            ("  ", "nothing varies"),
            ("width=1", "expected a whole number from 64"),
            ("height.x=2", "not a mapping"),
            ("provider=nope", "unknown hero provider 'nope'"),
        ],
    )
    def test_faults_are_said_before_anything_is_made(self, project: Project, text: str, said: str) -> None:
        with pytest.raises((SettingsError, RecipeError)) as caught:
            vary(project, text)
        assert said in caught.value.message
        assert not list((project.folder / "heroes").glob("*.png"))

    def test_limit_counts_all_pages(self, project: Project) -> None:
        for number in range(3):
            (project.folder / f"docs/more{number}.md").write_text(source())
        with pytest.raises(SettingsError, match="2,000 images for 4 pages"):
            variations.run(project, "seed=500", names=(), root=None, progress=Quiet())

    def test_page_without_a_recipe_is_refused(self, project: Project) -> None:
        with pytest.raises(SiteError, match="requests no hero that is made from a recipe"):
            vary(project, "seed=2", "docs/plain.md")

    def test_values_are_read_as_they_are_written(self) -> None:
        text = (
            """prompt="a fox, at dawn",'3',b colors=["#fff","#000"],{"main":"#123456"} card.title=it's seed=7,9 x=1,1"""
        )
        grid = parse(text)
        assert grid.values == {
            "prompt": ("a fox, at dawn", "3", "b"),
            "colors": (["#fff", "#000"], {"main": "#123456"}),
            "card.title": ("it's",),
            "seed": (7, 9),
            "x": (1,),
        }
        assert (grid.count, grid.seeds) == (12, 0)


def test_four_hundred_candidates_are_paged(tmp_path: Path) -> None:
    recipe = Recipe(provider="modelled", seed=3, width=64, height=64)
    png = Modelled.paint(recipe, "v1")
    hashed = "sha256:" + hashlib.sha256(png).hexdigest()
    made = Pin(
        page=PAGE,
        recipe=recipe,
        recipe_hash=recipe.key,
        file="x.png",
        file_sha256=hashed,
        pixels_sha256=hashed,
        digital_source_type="",
        width=64,
        height=64,
    )
    entries = [
        SheetEntry(
            candidate=HeroCandidate(number=number, record="x", pin=made, options={"style": "<b>&"}),
            read=lambda number=number: None if number == 7 else b"no image" if number == 8 else png,  # type: ignore[misc]
        )
        for number in range(1, 401)
    ]
    for name in ("index-9.html", "mine.html"):
        (tmp_path / name).write_text("x")
    first = contact_sheet.write(tmp_path, PAGE, entries, command=str, failed=[({"seed": 1}, "out of memory")])
    sheets = sorted(path.name for path in tmp_path.iterdir())
    assert sheets == ["index-2.html", "index-3.html", "index-4.html", "index.html", "mine.html"]
    text = first.read_text()
    assert (text.count('<li class="candidate'), text.count("cannot be shown"), "<b>" in text) == (100, 2, False)
    assert "out of memory" in (tmp_path / "index-4.html").read_text()


class TestPick:
    def test_recipe_of_the_picked_image_alone_makes_it_again(self, project: Project) -> None:
        generate(project)
        third = vary(project, "seed=2 style=ridges,paper").pages[0].candidates[2]
        change = choose(project, str(third.number))
        assert not change.contradicts
        assert pin(project).file_sha256 == f"sha256:{third.sha256}"
        assert pin(project).made["status"] == "picked"
        shutil.rmtree(project.folder / "heroes")
        shutil.rmtree(project.folder / project.settings.cache_dir)
        assert generate(project).file_sha256 == f"sha256:{third.sha256}"
        assert pin(project).made["status"] == "picked"

    def test_later_runs_keep_the_picked_image_until_the_author_says_otherwise(self, project: Project) -> None:
        former = generate(project)
        vary(project, "seed=2 style=ridges mode=dark")
        choose(project, candidates(project)[-1].sha256[:8])
        chosen = pin(project)
        assert chosen.picked == ("mode", "seed", "style")
        assert (chosen.recipe.options["style"], chosen.recipe.seed) == ("ridges", former.recipe.seed + 1)
        before = state(project)
        assert generate(project) == generate(project, frozen=True) == chosen
        assert state(project) == before
        write(project, FREE + "  style: paper\n")
        new = generate(project)
        assert (new.recipe.options["style"], new.recipe.options["mode"]) == ("paper", "dark")
        assert new.recipe.seed == chosen.recipe.seed, "a picked seed is kept"
        assert generate(project) == new, "and so is the next run"

    def test_author_who_wrote_a_seed_is_told_what_to_write(self, project: Project) -> None:
        write(project, FREE + "  seed: 7\n  style: topo\n")
        generate(project)
        vary(project, "seed=2 style=topo,paper")
        change = choose(project, str(candidates(project)[-1].number))
        text = change.as_text()
        assert "the page says" in text
        assert "`seed: 7`" in text
        assert "`style: topo`" in text
        lines = text.split("\n    ")[1:]
        write(project, FREE + "".join(f"{line.rstrip()}\n" for line in lines if line.startswith("  ")))
        assert generate(project, frozen=True).file_sha256 == change.pin.file_sha256 if change.pin else False

    def test_build_says_what_to_write_to_keep_the_picked_image(self, project: Project) -> None:
        write(project, FREE + "  seed: 7\n  style: topo\n")
        vary(project, "seed=2 style=paper")
        choose(project, "2")
        recipe = replace(pin(project).recipe, seed=7, options={**pin(project).recipe.options, "style": "topo"})
        said = why_unpinned(recipe, pin(project))
        assert "asks for another image than the one that was picked (seed, style differ" in said
        assert "write `seed: 8` and `style: paper`" in said

    def test_front_matter_takes_precedence_over_a_pick(self, project: Project) -> None:
        write(project, FREE + "  seed: 7\n")
        first = generate(project)
        vary(project, "seed=2")
        choose(project, "2")
        assert generate(project).file_sha256 == first.file_sha256
        assert len(candidates(project)) == 2

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            (
                "---\nhero_provider: procedural\nhero_seed: 7\nhero_width: 96\nhero_height: 64\n---\n# A\n",
                "hero_seed: 8",
            ),
            ('---\nhero: \'{"seed": 7, "width": 96, "height": 64}\'\n---\n# A\n', "hero:\n      seed: 8"),
            ("---\nimage:\n  seed: 7\n  width: 96\n  height: 64\n---\n# A\n", "image:\n      seed: 8"),
        ],
    )
    def test_lines_have_the_form_of_the_page(self, project: Project, text: str, expected: str) -> None:
        (project.folder / PAGE).write_text(text)
        vary(project, "seed=2")
        assert expected in choose(project, "2").as_text()

    @pytest.mark.parametrize(
        ("meta", "expected"),
        [
            ({"hero": {}}, ["hero:", "  card:", "    layout: split", '    title: "no"']),
            ({"hero_seed": "7"}, ['hero_card: {"layout": "split", "title": "no"}']),
        ],
    )
    def test_options_of_one_mapping_are_written_together(self, meta: dict[str, Any], expected: list[str]) -> None:
        page = Page(path=PAGE, hints=PageHints(meta=meta))
        options = {"card.layout": "split", "card.title": "no"}
        assert list(lines_to_write(page, HeroRequest(page=PAGE), options)) == expected

    @pytest.mark.parametrize("value", ["no", "Null", "on", "-5", "7a", "", "a b", "blue-mountains", "straße"])
    def test_written_texts_are_read_back_as_texts(self, value: str) -> None:
        assert yaml.safe_load(f"style: {format_option(value)}") == {"style": value}

    def test_heroes_file_gets_toml(self, project: Project) -> None:
        (project.folder / PAGE).write_text("# Home\n")
        (project.folder / "heroes.toml").write_text('"/" = { seed = 7, style = "topo", width = 96, height = 64 }\n')
        vary(project, "seed=2 style=paper")
        assert 'style = "paper"\n    seed = 8\n' in choose(project, "2").as_text()

    @pytest.mark.parametrize("choice", ["../x", "0", "-1", "x", "abc", "3.5", "", "sha256:", "1e3", "²"])
    def test_what_is_no_candidate_is_refused(self, project: Project, choice: str) -> None:
        vary(project, "seed=2")
        with pytest.raises(SiteError, match="neither the number nor the hash"):
            choose(project, choice)

    def test_unknown_numbers_and_hashes_list_what_there_is(self, project: Project) -> None:
        vary(project, "seed=2")
        with pytest.raises(SiteError, match="no candidate 3, it has the numbers 1, 2"):
            choose(project, "3")
        with pytest.raises(SiteError, match="no candidate whose hash begins with 000000"):
            choose(project, "000000")
        with pytest.raises(SiteError, match="requests no hero"):
            choose(project, "1", "docs/plain.md")

    def test_edited_candidate_is_refused_and_kept(self, project: Project) -> None:
        vary(project, "seed=2")
        path = project.folder / f"heroes/.candidates/{candidates(project)[1].sha256}.png"
        path.write_bytes(b"retouched")
        with pytest.raises(SiteError, match="was edited"):
            choose(project, "2")
        assert not (project.folder / locks.NAME).exists()
        assert vary(project, "seed=2").pages[0].made == 1
        assert choose(project, "2").pin is not None
        assert [each.read_bytes() for each in path.parent.glob("edited-*.png")] == [b"retouched"]

    def test_deleted_candidate_is_made_again(self, project: Project) -> None:
        vary(project, "seed=2")
        second = candidates(project)[1]
        (project.folder / f"heroes/.candidates/{second.sha256}.png").unlink()
        change = choose(project, "2")
        assert change.pin is not None
        assert change.pin.file_sha256 == second.pin.file_sha256

    def test_deleted_candidate_of_another_machine_is_an_error(
        self, project: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vary(project, "seed=2")
        (project.folder / f"heroes/.candidates/{candidates(project)[1].sha256}.png").unlink()

        def produce(_: object, recipes: Iterable[Recipe]) -> Iterator[Master]:
            yield from (Master(png=Modelled.paint(each, "v1"), digital_source_type="") for each in recipes)

        monkeypatch.setattr(Procedural, "produce", produce)
        with pytest.raises(SiteError, match="its recipe makes another one here"):
            choose(project, "2")


class TestUndo:
    def test_undo_restores_equal_bytes(self, project: Project) -> None:
        generate(project)
        states = [state(project)]
        vary(project, "seed=3 style=ridges,paper")
        for number in ("3", "5", "2"):
            choose(project, number)
            states.append(state(project))
        states.pop()
        while states:
            undo(project)
            assert state(project) == states.pop()
        with pytest.raises(SiteError, match="nothing to undo"):
            undo(project)

    def test_undo_after_another_seed_in_the_front_matter(self, project: Project) -> None:
        write(project, FREE + "  seed: 7\n")
        first = generate(project)
        before = state(project)
        write(project, FREE + "  seed: 8\n")
        generate(project)
        change = undo(project)
        assert state(project) == before
        assert "seed: 7" in change.as_text()
        assert "`seed: 8`" in change.as_text()
        assert pin(project) == first

    def test_undone_pins_can_be_picked_again(self, project: Project) -> None:
        generate(project)
        vary(project, "seed=2")
        choose(project, "2")
        second = state(project)
        undo(project)
        choose(project, "2")
        assert state(project) == second
        assert [each.dropped for each in history.of_page(project, PAGE, root=None).past] == [False, True, False]

    def test_pin_that_a_colleague_committed_is_undone_to_the_last_own_one(self, project: Project) -> None:
        first = generate(project)
        own = state(project)
        vary(project, "seed=2")
        choose(project, "2")
        theirs = state(project)
        undo(project)
        shutil.copytree(project.folder / "heroes/.candidates", project.folder / "copy")
        for name, data in theirs.items():  # as git does it: the journal does not hear of it
            (project.folder / (name if name == locks.NAME else f"heroes/{name}")).write_bytes(data)
        undo(project)
        assert pin(project) == first
        assert own.items() <= state(project).items()

    def test_dropped_pin_comes_back(self, project: Project) -> None:
        generate(project)
        before = state(project)
        (project.folder / PAGE).write_text("# Home\n")
        generate_command.generate(project, names=(), root=None, progress=Quiet())
        assert locks.read(project.folder / locks.NAME).pins == ()
        undo(project)
        assert state(project) == before

    @pytest.mark.parametrize("page", [PAGE, "docs/plain.md", "index.html"])
    def test_undo_without_history_is_an_error(self, project: Project, page: str) -> None:
        with pytest.raises(SiteError, match="nothing to undo"):
            undo(project, page)
        assert not list((project.folder / "heroes").glob("*.png"))

    def test_unknown_page_is_an_error(self, project: Project) -> None:
        with pytest.raises(SiteError, match="no such page"):
            undo(project, "docs/nope.md")

    def test_lost_image_that_cannot_be_made_is_an_error(self, project: Project) -> None:
        first = generate(project)
        vary(project, "seed=2")
        choose(project, "2")
        before = state(project)
        for path in (project.folder / "heroes/.candidates").glob(f"{first.file_sha256[7:]}.*.toml"):
            path.write_text(path.read_text() + "#")
        with pytest.raises(SiteError, match="missing or was edited"):
            undo(project)
        assert state(project) == before


def test_bucket_keeps_candidates_and_history(project: Project) -> None:
    place = f"memory://{project.folder.name}/heroes"
    settings = project.settings
    hero = structs.replace(settings.hero, masters=place)
    shared = Project(settings=structs.replace(settings, hero=hero), folder=project.folder, generator=project.generator)
    first = generate(shared)
    before = (project.folder / locks.NAME).read_bytes()
    vary(shared, "seed=2 style=paper")
    choose(shared, "3")
    assert pin(shared).file_sha256 != first.file_sha256
    names = Candidates.of(hero, project.folder).files.names()
    assert sum(name.endswith(".png") for name in names) == 3
    undo(shared)
    assert (project.folder / locks.NAME).read_bytes() == before
    assert len(history.of_page(shared, PAGE, root=None).past) == 2
    assert not list((project.folder / "heroes").glob("*.png"))


class TestHistory:
    def test_newest_is_first(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GIT_AUTHOR_NAME", "Ann")
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        generate(project)
        vary(project, "seed=3 style=paper")
        choose(project, "3")
        choose(project, "4")
        undo(project)
        text = history.of_page(project, PAGE, root=None).as_text()
        assert [line.split(",")[0].split() for line in text.splitlines()[1:4]] == [
            ["4", "undone", "picked"],
            ["3", "now", "picked"],
            ["1", "generated"],
        ]
        assert "2023-11-14T22:13:20Z, Ann" in text
        assert "1 candidate never shown: 2" in text
        data = json.loads(history.of_page(project, PAGE, root=None).as_json())
        assert [each["current"] for each in data["pins"]] == [False, True, False]
        assert data["others"] == [2]

    def test_project_lists_pages_and_faults(self, project: Project) -> None:
        vary(project, "seed=3")
        one, two, _ = candidates(project)
        folder = project.folder / "heroes/.candidates"
        (folder / f"{one.sha256}.png").unlink()
        (folder / two.record).unlink()
        report = history.of_project(project)
        assert f"records without an image: {one.record}" in report.as_text()
        assert json.loads(report.as_json())["orphans"] == [f"{two.sha256}.png"]

    def test_page_without_history_says_so(self, project: Project) -> None:
        assert "no pin of this page is known" in history.of_page(project, "docs/plain.md", root=None).as_text()
        with pytest.raises(ImageseoError):
            history.of_page(project, "docs/nope.md", root=None)
