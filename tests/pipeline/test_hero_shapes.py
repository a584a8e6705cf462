"""Shapes of heroes that can be drawn again: crops that show everything."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image, ImageChops, ImageStat

from imageseo import config
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.pin_builder import build_pin
from imageseo.heroes.providers.art import render
from imageseo.heroes.providers.procedural import PROVIDER, Procedural
from imageseo.integrations import directory
from imageseo.lint.budgets import lcp
from imageseo.model.errors import RecipeError
from imageseo.model.finding import DESKTOP, Budget, Finding, Severity
from imageseo.model.hero import ADOPTED, Master, Recipe
from imageseo.model.image import SourceTag
from imageseo.pipeline import composition
from imageseo.pipeline.variant_selection import candidates_over_budget
from imageseo.web.html.page_scan import scan_page
from tests.pipeline.test_build import build, findings_of, page
from tests.support import small_sites
from tests.support.browser import chromium, needs_chromium, served

HERO = """["/{name}/"]
style = "{style}"
seed = 5
card = {{title = "{title}"}}
alt = "A card"
file_name = "{name}"
width = 320
height = 180
"""
FAST: dict[str, Any] = {"formats": ["webp"], "widths": [320], "encode": {"webp_method": 0, "isolate": False}}
CARDS = {"a": ("topo", "All of it"), "b": ("mosaic", "Half a title"), "c": ("chart", "Zwölf")}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {f"site/{name}/index.html": page("<p>Words</p>", f"{name}/") for name in CARDS}
    heroes = "".join(HERO.format(name=name, style=style, title=title) for name, (style, title) in CARDS.items())
    return small_sites.write(tmp_path, {"site/index.html": page("<p>Words</p>"), **files, "heroes.toml": heroes})


def recipe(name: str, width: int = 320, height: int = 180, **more: Any) -> Recipe:
    style, title = CARDS[name]
    options = PROVIDER.complete({"style": style, "card": {"title": title}, **more})
    return Recipe(provider="procedural", seed=5, width=width, height=height, options=options)


def drawn(wanted: Recipe) -> Image.Image:
    return Image.open(io.BytesIO(next(PROVIDER.produce([wanted])).png)).convert("RGB")


def pin(
    folder: Path, name: str, master: Master, env: dict[str, Any] | None = None, *, wanted: Recipe | None = None
) -> None:
    path = folder / locks.NAME
    made, file, data = build_pin(f"{name}/index.html", wanted or recipe(name), master)
    (folder / file).write_bytes(data)
    lock = locks.read(path)
    locks.write(path, replace(lock, pins=(*lock.pins, replace(made, file=file, env=env or {}))))


def lint(folder: Path, options: dict[str, Any]) -> tuple[Finding, ...]:
    settings = config.load({"site_url": "https://example.org/", **FAST, **options}, "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    return composition.lint_site(site, settings).findings


def difference(file: Path, image: Image.Image) -> float:
    with Image.open(file) as found:
        assert found.size == image.size
        return max(ImageStat.Stat(ImageChops.difference(found.convert("L"), image.convert("L"))).mean)


def shaped(folder: Path, **hero: Any) -> Any:
    return build(folder, {**FAST, "hero": {"crops": ["1:1", "16:9", "9:16"], **hero}})


def test_cards_are_drawn_in_each_ratio_and_never_twice(
    site: Path, monkeypatch: pytest.MonkeyPatch, subtests: Any
) -> None:
    for name in "ab":
        pin(site, name, next(PROVIDER.produce([recipe(name)])))
    result = shaped(site)
    assert not result.failed
    assert not findings_of(result, "hero-cropped")
    for name in CARDS:
        with subtests.test(name):
            folder = site / "site/assets/heroes"
            assert difference(folder / f"{name}-1x1.jpg", drawn(recipe(name, 240, 240))) < 6
            assert difference(folder / f"{name}-9x16.jpg", drawn(recipe(name, 180, 320))) < 6
            assert difference(folder / f"{name}-16x9.jpg", drawn(recipe(name))) < 6
    monkeypatch.setattr(render, "draw", lambda *words: pytest.fail("it was drawn again"))
    before = small_sites.tree(site / "site")
    assert shaped(site).changed == ()
    for file in (*(site / ".cache/imageseo/memo").iterdir(), *(site / "site/assets/heroes").iterdir()):
        file.unlink()
    assert not shaped(site).failed, "the store has them, without build state"
    assert small_sites.tree(site / "site") == before


def test_pinned_images_that_the_recipe_does_not_give_are_cropped(site: Path, subtests: Any) -> None:
    other = next(PROVIDER.produce([replace(recipe("a"), seed=6)]))
    pin(site, "a", other)
    pin(site, "b", next(PROVIDER.produce([replace(recipe("b"), seed=7)])))
    pin(site, "c", next(PROVIDER.produce([replace(recipe("c"), seed=8)])), {ADOPTED: {"by": "Ann", "file": "x.png"}})
    result = shaped(site)
    assert not result.failed
    folder = site / "site/assets/heroes"
    for name in CARDS:
        with subtests.test(name), Image.open(folder / f"{name}-1x1.jpg") as image:
            assert image.size == (180, 180)
    found = findings_of(result, "hero-cropped")
    assert [each.location.page for each in found] == ["a/index.html", "b/index.html"], "an adopted one is as wanted"
    assert len({each.message for each in found}) == 1, "reported once"
    assert {each.severity for each in found} == {Severity.INFO}
    assert len(findings_of(shaped(site), "hero-cropped")) == 2


# ---- versions: other images for dark color schemes and phones

PHONE, DARK = "(max-width: 600px)", "(prefers-color-scheme: dark)"
BOTH: dict[str, Any] = {"brand": {"mode": "both"}, "hero": {"art_direction": "phone"}}


@dataclass(frozen=True, kw_only=True)
class Fixed(Procedural):
    """A provider that cannot draw its images again."""

    redraw = None  # type: ignore[assignment]


def versions(folder: Path, name: str) -> list[tuple[str | None, str]]:
    """Return the media query and the last candidate of each <source>."""
    scan = scan_page((folder / f"site/{name}/index.html").read_bytes())
    (ref,) = [ref for ref in scan.refs if ref.is_marked_hero]
    found = []
    for source in ref.sources:
        file = source.srcset.rpartition(",")[2].split()[0].rpartition("/")[2]
        with Image.open(folder / "site/assets/heroes" / file) as image:
            size = image.size
        if source.media is not None:
            width, height = int(source.width or 0), int(source.height or 0)
            assert abs(width * size[1] - height * size[0]) <= max(size), "the place that a browser reserves"
        found.append((source.media, re.sub(r"-\d+w\.[0-9a-f]{8}", "", file)))
    return found


def test_versions_are_sources_with_media_and_size(site: Path, subtests: Any) -> None:
    pin(site, "a", next(PROVIDER.produce([recipe("a", mode="both")])), wanted=recipe("a", mode="both"))
    result = build(site, {**FAST, **BOTH})
    assert not result.failed
    for name in CARDS:
        with subtests.test(name):
            assert [each for each in versions(site, name) if each[1].endswith(".jpg")] == [
                (f"{PHONE} and {DARK}", f"{name}-phone-dark.jpg"),
                (PHONE, f"{name}-phone.jpg"),
                (DARK, f"{name}-dark.jpg"),
            ]
            assert versions(site, name)[-1] == (None, f"{name}.webp"), "the light one is the image itself"
            with Image.open(site / f"site/assets/heroes/{name}-phone.jpg") as phone:
                assert phone.size == (214, 268)
            light, dark = (
                ImageStat.Stat(Image.open(site / f"site/assets/heroes/{file}.jpg").convert("L")).mean[0]
                for file in (name, f"{name}-dark")
            )
            assert dark < light - 20
            html = (site / f"site/{name}/index.html").read_text("utf-8")
            graph = html.partition("application/ld+json")[2].partition("</script>")[0]
            assert "-dark" not in graph, "the light one represents the page"
    linted = [each for each in lint(site, BOTH) if "img/logo.png" not in each.message]
    assert [each for each in linted if each.severity is not Severity.INFO] == []
    before = small_sites.tree(site / "site")
    assert build(site, {**FAST, **BOTH}).changed == ()
    assert build(site, FAST).failed is False
    assert not [file for file in (site / "site/assets/heroes").iterdir() if re.search("-(dark|phone)", file.name)]
    build(site, {**FAST, **BOTH})
    assert small_sites.tree(site / "site") == before


def test_no_version_is_shown_where_it_could_do_harm(site: Path, subtests: Any) -> None:
    bodies = {
        "a": '<img src="../assets/heroes/a.jpg" alt="A" width="320" height="180">',
        "b": '<img src="../assets/heroes/b.jpg" alt="B" style="width:5em">',
        "c": '<img src="../assets/heroes/c.jpg" alt="C">',
    }
    for name, body in bodies.items():
        text = page(f"<p>{body}</p>", f"{name}/")
        if name == "c":
            text = text.replace("</head>", '<link rel="preload" as="image" href="../assets/heroes/c.jpg"></head>')
        (site / f"site/{name}/index.html").write_text(text, "utf-8")
    assert not build(site, {**FAST, **BOTH}).failed
    for name in bodies:
        with subtests.test(name):
            assert {media for media, _ in versions(site, name)} == {None}
    (site / "site/c/index.html").write_text(page(f"<p>{bodies['c']}</p>", "c/"), "utf-8")
    build(site, {**FAST, **BOTH})
    assert {media for media, _ in versions(site, "c")} == {DARK, None}, "a tall one would move what follows"


def test_images_that_cannot_be_drawn_again_are_cut_for_phones(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition, "_installed_providers", lambda: {"procedural": Fixed()})
    heroes = (
        (site / "heroes.toml").read_text("utf-8").replace('card = {title = "Half a title"}\n', "focal = [1.0, 0.5]\n")
    )
    (site / "heroes.toml").write_text(heroes, "utf-8")
    result = build(site, {**FAST, **BOTH})
    assert not result.failed
    assert not findings_of(result, "hero-cropped")
    assert {media for media, _ in versions(site, "a")} == {None}, "its title would be cut"
    assert {media for media, _ in versions(site, "b")} == {PHONE, None}
    with Image.open(site / "site/assets/heroes/b-phone.jpg") as phone:
        assert phone.size == (144, 180)
        whole = drawn(
            replace(recipe("b", mode="light"), options=PROVIDER.complete({"style": "mosaic", "mode": "light"}))
        )
        assert difference(site / "site/assets/heroes/b-phone.jpg", whole.crop((176, 0, 320, 180))) < 6
    assert build(site, {**FAST, **BOTH}).changed == ()


def test_pinned_image_of_another_version_has_no_dark_one(site: Path) -> None:
    pin(site, "a", next(PROVIDER.produce([recipe("b")])), wanted=recipe("a", mode="both"))
    result = build(site, {**FAST, "brand": {"mode": "both"}})
    assert {media for media, _ in versions(site, "a")} == {None}
    assert [each.location.page for each in findings_of(result, "hero-cropped")] == ["a/index.html"]


def test_mode_both_of_a_style_that_is_always_dark() -> None:
    assert "mode" not in replace(PROVIDER, mode="both").complete({"style": "aurora"})
    with pytest.raises(RecipeError, match="always dark"):
        PROVIDER.complete({"style": "aurora", "mode": "both"})
    both = Recipe(provider="procedural", seed=5, width=64, height=64, options=PROVIDER.complete({"mode": "both"}))
    dark = PROVIDER.redraw(both, width=64, height=64, dark=True, phone=False)
    assert dark is not None
    assert PROVIDER.preview(both)[0] == PROVIDER.preview(dark)[0] != "aurora", "the style that the seed gives both"


def test_dark_version_counts_for_the_budget_of_its_page() -> None:
    def source(file: str, media: str | None) -> SourceTag:
        return SourceTag(type="image/webp", srcset=f"{file} 800w", sizes="100vw", media=media)

    weights = {"dark.webp": 900, "light.webp": 700, "tall.webp": 500, "tall-dark.webp": 400, "a.jpg": 100}
    sources = [
        source("tall-dark.webp", "(max-width: 600px) and (prefers-color-scheme: DARK)"),
        source("tall.webp", PHONE),
        source("dark.webp", DARK),
        source("light.webp", None),
    ]
    image = lcp.lcp_image(url="a.jpg", sources=sources, bytes_of=weights.get)
    picks = [(pick.viewport.name, pick.url) for pick in image.picks]
    assert picks == [
        ("mobile", "tall.webp"),
        ("mobile", "tall-dark.webp"),
        ("desktop", "dark.webp"),
        ("desktop", "light.webp"),
    ]
    budget = Budget(metric="lcp-bytes", viewport=DESKTOP, warn=600, error=650)
    assert [problem.severity for problem in lcp.over_budget(image, [budget])] == [Severity.ERROR], "once, the heavier"
    assert candidates_over_budget(image, [budget]) == {"dark.webp": 650, "light.webp": 650}
    plain = lcp.lcp_image(url="a.jpg", sources=sources[3:], bytes_of=weights.get)
    assert [pick.url for pick in plain.picks] == ["light.webp", "light.webp"]


SHIFTS = """window.shifts = 0; new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.shifts += entry.value;
}).observe({type: 'layout-shift', buffered: true});"""
SHOWN = """(() => { const image = document.querySelector('[data-imageseo~="hero"]');
  const files = performance.getEntriesByType('resource').map(entry => entry.name).filter(name => /heroes/.test(name));
  return [image.currentSrc, files, image.clientWidth / image.clientHeight, window.shifts]; })()"""


@pytest.mark.slow
@pytest.mark.browser
@needs_chromium
def test_browser_shows_one_version_without_layout_shift(site: Path, subtests: Any) -> None:
    css = "<style>img{max-width:100%;height:auto}</style></head>"
    text = page("<p>Words</p>", "a/").replace("</head>", css)
    (site / "site/a/index.html").write_text(text, "utf-8")
    assert not build(site, {**FAST, **BOTH}).failed
    with served(site / "site") as address, chromium() as browser:
        for width, ratio, tall in ((390, 214 / 268, "-phone"), (1440, 16 / 9, "")):
            for scheme, dark in (("light", ""), ("dark", "-dark")):
                with subtests.test(f"{width} {scheme}"):
                    context = browser.new_context(
                        viewport={"width": width, "height": 900}, color_scheme=cast("Any", scheme)
                    )
                    tab = context.new_page()
                    tab.add_init_script(SHIFTS)
                    tab.goto(f"{address}/a/index.html", wait_until="load")
                    current, files, shape, shifts = tab.evaluate(SHOWN)
                    context.close()
                    assert re.search(rf"/a{tall}{dark}-\d+w\.[0-9a-f]{{8}}\.webp$", current), current
                    assert files == [current]
                    assert shape == pytest.approx(ratio, abs=0.02)
                    assert shifts == 0
