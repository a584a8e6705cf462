"""Names of published heroes: words of the alternative text, unless the page shows the hero by its own name."""

from __future__ import annotations

import pytest

from imageseo.heroes.masters.published_names import PublishedNames
from imageseo.model.hero import HeroRequest, Recipe
from imageseo.model.site import Page

RECIPE = Recipe(provider="procedural", seed=1, width=64, height=64)


def path(markup: str = "", *, by: str = "alt", page: str = "guide/start/index.html", **texts: str) -> str:
    request = HeroRequest(page="docs/guide/start.md", recipe=RECIPE, **texts)  # type: ignore[arg-type]
    names = PublishedNames(
        folder="assets/heroes",
        by=by,  # type: ignore[arg-type]
        requests=lambda: [request],
        may_overwrite=lambda path: True,
        mentions=lambda page, text: text in markup,
    )
    return names.hero_path(Page(path=page), request, "c0ffee")


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="/assets/heroes/guide--start.jpg">',
        '<a style="background:url(../../assets/heroes/guide--start.jpg)">',
        '<meta property="og:image" content="https://e.org/assets/heroes/guide--start.jpg">',
    ],
)
def test_page_that_shows_its_hero_by_the_former_name_keeps_it(markup: str) -> None:
    assert path(alt="Blue hills") == "assets/heroes/blue-hills.jpg"
    assert path(markup, alt="Blue hills") == "assets/heroes/guide--start.jpg"
    assert path(markup, alt="Blue hills", file_name="hills") == "assets/heroes/hills.jpg", "the author's own word"


def test_names_by_page_and_without_words() -> None:
    assert path(by="page", alt="Blue hills") == "assets/heroes/guide--start.jpg"
    assert path(alt="") == path() == "assets/heroes/guide--start.jpg"
