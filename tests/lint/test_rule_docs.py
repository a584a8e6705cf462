"""The manual's own heroes: credits, pins, and rights of foreign images; the options table of the diffusers page."""

from __future__ import annotations

import dataclasses
import re
from itertools import takewhile
from pathlib import Path

from imageseo.heroes.lock import lock
from imageseo.heroes.masters.store import FolderMasterStore
from imageseo.heroes.providers.diffusers import DiffusersOptions
from imageseo.heroes.providers.diffusion import options, schedulers
from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions
from imageseo.integrations.project import detect_project
from imageseo.model.hero import HeroRequest
from imageseo.pipeline import composition

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site_example"


def requests(folder: Path) -> list[HeroRequest]:
    project = detect_project(folder, config=None, note=lambda text: None)
    read = composition.request_reader(
        project.settings,
        project.folder,
        composition.providers(project.settings, project.folder),
        base_url=project.base_url,
    )
    all_requests = [read(page) for page in project.pages()[0]]
    return [request for request in all_requests if request is not None]


def test_procedural_heroes_are_credited_and_photographs_are_not_credited_to_imageseo() -> None:
    found = requests(SITE)
    made = [request for request in found if request.recipe is not None]
    drawn = [request for request in made if request.recipe and request.recipe.provider == "procedural"]
    assert (len(drawn), len(made)) == (10, 12)
    assert {request.rights.credit for request in drawn} == {"Drawn by imageseo from a formula"}
    by = {request.recipe.provider: request for request in made if request.recipe}
    assert by.keys() == {"procedural", "library", "diffusers"}, "a page for each provider"
    pins = lock.read(SITE / lock.NAME)
    for request in made:
        pin = pins.of_page(request.page)
        assert pin is not None
        assert request.rights.or_else(pin.rights).known, "search engines ignore an image without rights"
    found_one = pins.of_page(by["library"].page)
    assert found_one is not None
    assert (by["library"].alt, by["library"].rights.known) == (None, False), "its page declares neither"
    assert found_one.env["alt"].startswith("Australia seen from space")
    assert "NASA" in str(found_one.rights.creator)
    assert "random weights" in str(by["diffusers"].rights.credit), "generated noise is credited as such"
    photographs = [request for request in found if request.file is not None]
    assert photographs
    for request in photographs:
        assert "imageseo" not in f"{request.rights.creator} {request.rights.credit}", (
            "photographs are by NASA and a photographer"
        )


def test_pins_match_the_recipes_of_the_manual() -> None:
    for folder in (SITE, SITE / "pelican"):
        pins = lock.read(folder / lock.NAME)
        for request in requests(folder):
            if request.recipe is not None:
                pin = pins.find(request.recipe.key, request.page)
                assert pin is not None, request.page
                assert FolderMasterStore(folder, "heroes").digest(pin.file) == pin.file_sha256


def rows(page: str, heading: str) -> dict[str, str]:
    """Return the table below a heading: first cell without backticks -> last cell."""
    text = (SITE / "docs" / page).read_text(encoding="utf-8").split(f"{heading}\n", 1)[1]
    lines = takewhile(lambda line: line.startswith("|"), text.lstrip().splitlines())
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines][2:]
    return {first.strip("`"): last.strip("`") for first, *_, last in cells}


def test_diffusers_page_documents_every_option_and_scheduler() -> None:
    table = rows("reference/diffusers.md", "## What a recipe may say")
    assert tuple(table) == options.KEYS
    defaults = {field.name: field.default for field in dataclasses.fields(RecipeOptions)}
    assert {key: table[key] for key in ("steps", "guidance")} == {
        key: str(defaults[key]) for key in ("steps", "guidance")
    }
    settings = rows("reference/diffusers.md", "## Offline and safe")
    assert {key: value for key, value in settings.items() if value} == {
        field.name: str(field.default).lower()
        for field in dataclasses.fields(DiffusersOptions)
        if field.default not in (None, dataclasses.MISSING)
    }
    keys = {key.strip("` ") for row in settings for key in row.split(",")}
    assert keys == {field.name for field in dataclasses.fields(DiffusersOptions)}
    text = (SITE / "docs/reference/diffusers.md").read_text(encoding="utf-8")
    scheduler_list = text.split("### Schedulers\n", 1)[1].split("Behind most", 1)[0]
    names = re.findall(r"`([^`]+)`", scheduler_list)
    assert [schedulers.canonical_name(name) for name in names] == names
    assert set(names) == set(schedulers._SAMPLERS)
