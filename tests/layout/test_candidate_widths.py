"""Widths of variants: sharp on real screens, few, of whole heights; or chosen from a given ladder."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.layout import image_widths
from imageseo.layout.candidate_widths import SAME, SCREENS, SHARP, candidate_widths, ladder_widths
from imageseo.layout.image_widths import ColumnLayout, layout_for
from imageseo.layout.themes import known_themes
from imageseo.model.finding import Viewport
from imageseo.model.image import Asset
from imageseo.web.srcset.candidates import Candidate, choose
from imageseo.web.srcset.sizes import source_size
from tests.support.browser import chromium, needs_chromium

SHARP_ON = ((1440, 2), (1728, 2), (2560, 1), (390, 3), (412, 1.75))
THEMES = tuple(known_themes())
LADDER = (320, 480, 640, 720, 880, 1000, 1120, 1280, 1600, 1920)
MATERIAL = layout_for("mkdocs-material-9.8.1")
COLUMN = "(min-width: 800px) 700px, 100vw"


def asset(width: int, height: int, kind: str = "jpeg", css: tuple[int, int] | None = None) -> Asset:
    return Asset(path="x", sha256="0" * 64, bytes=1, format=kind, width=width, height=height, css_size=css)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (asset(4000, 3000), (688, 1076, 1440)),
        (asset(1600, 900), (688, 1088, 1440)),
        (asset(1000, 667), (703, 1000)),
        (asset(700, 500), (700,)),
        (asset(48, 48), (48,)),
        (asset(2800, 1800, "png"), (700, 1400, 2800)),  # whole parts
        (asset(2400, 1500, "png"), (800, 1200, 2400)),
        (asset(1400, 901, "png"), (693, 1083, 1400)),  # without whole parts
        (asset(800, 20_000, "png"), (800,)),
        (asset(9001, 1, "png"), (688, 1074, 1439)),
    ],
)
def test_widths_of_the_column_of_material(source: Asset, expected: tuple[int, ...]) -> None:
    assert image_widths.widths(None, source, MATERIAL) == expected


def test_unknown_column_may_be_as_wide_as_the_screen() -> None:
    assert image_widths.widths(None, asset(6000, 4000), ColumnLayout()) == (723, 1350, 2562)
    assert image_widths.widths(None, asset(1200, 800), ColumnLayout()) == (723, 1200)


def test_density_of_the_file_counts() -> None:
    """A file of 2,000 px that browsers show at 1,000 is no wider than that, and all its pixels are of use at 2x."""
    dense = asset(2000, 1500, css=(1000, 750))
    assert candidate_widths(dense, COLUMN, known=True)[-1] >= 1400 * SHARP


def picked(widths: tuple[int, ...], slot: float, dpr: float) -> int:
    candidates = [Candidate(url=str(width), width=width, density=None) for width in widths]
    chosen = choose(candidates, slot, dpr)
    assert chosen is not None
    return int(chosen.url)


@given(
    width=st.integers(1, 9000),
    height=st.integers(1, 9000),
    kind=st.sampled_from(["jpeg", "png"]),
    sizes=st.sampled_from([*(theme.sizes for theme in THEMES), COLUMN, "300px", "100vw"]),
)
def test_every_screen_gets_a_sharp_candidate(width: int, height: int, kind: str, sizes: str) -> None:
    source = asset(width, height, kind)
    found = candidate_widths(source, sizes, known=True)
    assert list(found) == sorted(set(found))
    assert 1 <= found[0] <= found[-1] <= width
    assert len(found) <= len(SCREENS)
    for screen in SCREENS:
        slot = source_size(sizes, screen)
        assert picked(found, slot, screen.dpr) >= min(slot * screen.dpr, width) * SHARP - 1


def test_whole_heights_are_chosen_where_they_exist() -> None:
    for width, height in ((4000, 3000), (1600, 900), (3000, 2000), (5184, 3456), (1920, 1200)):
        for each in candidate_widths(asset(width, height), COLUMN, known=True):
            assert each * height % width == 0


@needs_chromium
@pytest.mark.browser
def test_browser_chooses_sharp_candidates_in_known_themes() -> None:
    with chromium() as browser:
        for width, dpr in SHARP_ON:
            tab = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=dpr)
            tab.route("**/*", lambda route: route.abort())
            for theme, source in product(THEMES, (asset(4000, 3000), asset(2800, 1800, "png"))):
                layout = ColumnLayout(content_width=theme.content_width, sizes=theme.sizes)
                widths = image_widths.widths(None, source, layout)
                srcset = ", ".join(f"http://x.test/{each} {each}w" for each in widths)
                tab.set_content(f'<img srcset="{srcset}" sizes="{theme.sizes}">')
                chosen = int(str(tab.evaluate("document.images[0].currentSrc")).rpartition("/")[2])
                need = source_size(theme.sizes, Viewport(name="", width=width, height=900, dpr=dpr)) * dpr
                assert need * SHARP <= chosen <= need * 2.2, (theme.name, width, dpr)
            tab.close()


@pytest.mark.parametrize(
    ("width", "sizes", "expected"),
    [
        (3000, "688px", (320, 480, 640, 720, 880, 1000, 1120, 1280, 1600)),  # rounded up
        (1300, "688px", (320, 480, 640, 720, 880, 1000, 1120, 1300)),  # the source's own; 1280 is too close to it
        (960, "688px", (320, 480, 640, 720, 960)),
        (500, "500px", (320, 500)),
        (300, "300px", (300,)),
        (3000, "300px", (320, 480, 640)),
        (3000, "100px", (320,)),
        (6000, "100vw", LADDER),  # the ladder's end
    ],
)
def test_ladder_is_cut_above_the_need(width: int, sizes: str, expected: tuple[int, ...]) -> None:
    assert ladder_widths(asset(width, 500), sizes, LADDER) == expected


@given(width=st.integers(1, 20_000), ladder=st.lists(st.integers(1, 4000), min_size=1, max_size=9))
def test_ladder_keeps_no_two_widths_that_look_the_same(width: int, ladder: list[int]) -> None:
    found = ladder_widths(asset(width, 500), "1000px", ladder)
    assert set(found) <= {*ladder, width}
    assert found[-1] <= width
    assert all(wider / narrower >= SAME for narrower, wider in pairwise(found))
