"""The manual's own heroes: drawn by us and credited so, pinned, and nobody else's picture is called ours."""

from __future__ import annotations

from pathlib import Path

from imageseo import compose, lock
from imageseo.hosts.project import at_hand
from imageseo.model.hero import HeroRequest
from imageseo.vault import FolderVault

ROOT = Path(__file__).parent.parent
SITE = ROOT / "site_example"


def requests(folder: Path) -> list[HeroRequest]:
    here = at_hand(folder, config=None, note=lambda text: None)
    read = compose.reader(
        here.settings, here.folder, compose.providers(here.settings, here.folder), base_url=here.base_url
    )
    asked = [read(page) for page in here.pages()[0]]
    return [request for request in asked if request is not None]


def test_drawn_heroes_say_who_drew_them_and_photographs_do_not() -> None:
    found = requests(SITE)
    drawn = [request for request in found if request.recipe is not None]
    assert len(drawn) == 10
    assert all(request.rights.known for request in drawn), "search engines pass over an image that is nobody's"
    assert {request.rights.credit for request in drawn} == {"Drawn by imageseo from a formula"}
    photographs = [request for request in found if request.file is not None]
    assert photographs
    for request in photographs:
        assert "imageseo" not in f"{request.rights.creator} {request.rights.credit}", "NASA's and a photographer's"


def test_what_is_said_of_a_hero_is_no_part_of_its_recipe() -> None:
    for folder in (SITE, SITE / "pelican"):
        pins = lock.read(folder / lock.NAME)
        for request in requests(folder):
            if request.recipe is not None:
                pin = pins.find(request.recipe.key, request.page)
                assert pin is not None, request.page
                assert FolderVault(folder, "heroes").digest(pin.file) == pin.file_sha256
