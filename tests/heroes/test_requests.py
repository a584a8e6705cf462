"""The hero of a page: declared in its front matter, else detected, else none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.providers.procedural import PROVIDER as PROCEDURAL
from imageseo.heroes.recipes import request_parser
from imageseo.heroes.recipes.request_parser import default_seed
from imageseo.layout import first_screen, hero_detection
from imageseo.layout.fit_sizes import MeasuredSlot
from imageseo.layout.image_widths import ColumnLayout
from imageseo.model.errors import RecipeError
from imageseo.model.hero import HeroRequest, Recipe
from imageseo.model.image import Asset, Attribute, ImageRef, OptOut, PageRegion, PageScan, Span
from imageseo.model.site import Page, PageHints

HOME = "https://example.org/docs/"
SETTINGS = HeroSettings()
SEED_OF_INDEX = 0xEB54730  # first 32 bits of its name's SHA-256; must never change
OPTIONS = ("prompt", "style", "card", "colors", "steps")


def complete(provider: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    """A provider that knows five options and has a default style."""
    if provider not in ("procedural", "diffusers"):
        raise RecipeError(f"no provider `{provider}`", hint="there are: procedural, diffusers")
    for key in options:
        if key not in OPTIONS:
            raise RecipeError(f"unknown option `{key}`", hint=f"{provider} takes {', '.join(OPTIONS)}")
    return {"style": "dunes", **options}


def read(
    meta: Mapping[str, Any], *, files: tuple[str, ...] | None = None, settings: HeroSettings = SETTINGS, **more: Any
) -> HeroRequest | None:
    hints = PageHints(source=Path("docs/guide/start.md"), source_dir="guide/", meta=meta)
    exists = None if files is None else files.__contains__
    page = Page(path="guide/start/index.html", hints=hints)
    return request_parser.request(page, settings=settings, complete=complete, base_url=HOME, exists=exists, **more)


def fault(meta: Mapping[str, Any]) -> str:
    with pytest.raises(RecipeError) as caught:
        read(meta)
    assert "docs/guide/start.md: front matter key `hero" in caught.value.message
    return str(caught.value)


def recipe(meta: Mapping[str, Any]) -> Recipe:
    found = read(meta)
    assert found is not None
    assert found.recipe is not None
    assert found.file is None
    return found.recipe


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("images/launch.jpg", "guide/images/launch.jpg"),
        ("../images/launch.jpg", "images/launch.jpg"),
        ("/images/launch.jpg", "images/launch.jpg"),
        ("/docs/images/launch.jpg", "images/launch.jpg"),
        ("https://example.org/docs/images/launch.jpg", "images/launch.jpg"),
        ("{static}/images/launch.jpg", "images/launch.jpg"),
        ("{attach}launch.jpg", "guide/launch.jpg"),
        ("|filename|/launch.jpg", "launch.jpg"),
        ("my pictures/a%20b.jpg", "guide/my pictures/a b.jpg"),
    ],
)
def test_path_or_url_resolves_to_site_file(value: str, path: str) -> None:
    for form in (value, {"src": value}, {"file": value}, {"path": value}, {"image": value}, {"url": value}):
        found = read({"hero": form})
        assert found is not None
        assert (found.file, found.recipe, found.page) == (path, None, "docs/guide/start.md")
        assert found.origin == "front matter key `hero`"


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (("guide/a.jpg", "a.jpg"), "guide/a.jpg"),
        (("a.jpg",), "a.jpg"),
        ((), "guide/a.jpg"),
    ],
)
def test_path_is_relative_to_page_then_to_root(files: tuple[str, ...], path: str) -> None:
    found = read({"hero": "a.jpg"}, files=files)
    assert found is not None
    assert found.file == path


def test_file_name_may_contain_reserved_url_characters() -> None:
    found = read({"hero": "100% #1.jpg"}, files=("guide/100% #1.jpg",))
    assert found is not None
    assert found.file == "guide/100% #1.jpg"


def test_file_with_alt_caption_and_rights_is_read() -> None:
    found = read(
        {"hero": {"src": "a.jpg", "alt": "A tent ", "caption": "Dawn", "credit": "Ada", "license": "https://l"}}
    )
    assert found is not None
    assert (found.alt, found.caption) == ("A tent", "Dawn")
    assert (found.rights.credit, found.rights.license, found.rights.creator) == ("Ada", "https://l", None)
    empty = read({"hero": {"src": "a.jpg", "alt": ""}})
    assert empty is not None
    assert empty.alt == "", "an empty alt is a value, not a missing one"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("https://cdn.test/a.jpg", "a URL of another site: 'https://cdn.test/a.jpg'"),
        ("//cdn.test/a.jpg", "a URL of another site: '//cdn.test/a.jpg'"),
        ({"src": "https://cdn.test/a.jpg", "alt": "x"}, "a URL of another site: 'https://cdn.test/a.jpg'"),
        ("data:image/png;base64,AA", "a data URL: 'data:image/png;base64,AA'"),
        ("C:\\\\pictures\\\\a.jpg", "a path outside the site: 'C:"),
        ("C:/pictures/a.jpg", "a path outside the site: 'C:/pictures/a.jpg'"),
        ("file:///home/me/a.jpg", "a path outside the site: 'file:///home/me/a.jpg'"),
    ],
)
def test_hero_of_another_site_is_a_fault(value: Any, found: str) -> None:
    with pytest.raises(RecipeError) as caught:
        read({"hero": value})
    key = "hero.src" if isinstance(value, dict) else "hero"
    assert key in caught.value.message
    assert f"expected an image of this site, found {found}" in caught.value.message
    assert "docs/guide/start.md" in caught.value.message or "guide/start" in caught.value.message
    assert "download it into the site" in str(caught.value)
    if isinstance(value, str):
        assert read({"image": value}) is None, "themes use this key for many things"


@pytest.mark.parametrize("value", [None, ""])
def test_empty_value_is_no_hero(value: Any) -> None:
    assert read({"hero": value}) is None
    assert read({}) is None


def test_absolute_path_is_a_file_of_the_site() -> None:
    found = read({"hero": "/home/me/a.jpg"})
    assert found is not None
    assert found.file == "home/me/a.jpg", "a build reports it as missing"


@pytest.mark.parametrize("value", [False, "false", "none", "Off", " no "])
def test_false_switches_the_hero_off(value: Any) -> None:
    found = read({"hero": value, "image": "a.jpg"})
    assert found is not None
    assert found.off


# -- keys that themes use ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("meta", "path"),
    [
        ({"image": "a.jpg"}, "guide/a.jpg"),
        ({"cover": {"image": "a.jpg", "alt": "x", "relative": True, "hidden": False}}, "guide/a.jpg"),
        ({"image": {"path": "/a.jpg", "height": 100, "width": 100}}, "a.jpg"),
        ({"image": ["https://cdn.test/x.jpg", "a.jpg", "b.jpg"]}, "guide/a.jpg"),
        ({"image": "https://cdn.test/x.jpg", "cover": "a.jpg"}, "guide/a.jpg"),
        ({"og_image": "/a.PNG?v=1"}, "a.PNG"),
        ({"hero": "a.jpg", "image": "b.jpg"}, "guide/a.jpg"),
        ({"Image": "a.jpg"}, "guide/a.jpg"),
    ],
)
def test_theme_key_with_local_image_is_a_hero(meta: Mapping[str, Any], path: str) -> None:
    found = read(meta)
    assert found is not None
    assert found.file == path


@pytest.mark.parametrize(
    "value",
    ["nginx:latest", "ubuntu", True, False, 7, None, [], {}, [7, None], {"path": 7}, {"title": "x"}, "../../../a.jpg",
     "https://cdn.test/a.jpg", "{{ page.image }}", "{broken", "data:image/png;base64,xx.png", {"src": None}],
)  # fmt: skip
def test_theme_key_without_local_image_is_ignored(value: Any) -> None:
    assert read({"image": value}) is None


def test_theme_key_with_missing_file_is_ignored() -> None:
    assert read({"image": "a.jpg"}, files=()) is None


def test_setting_keys_selects_the_front_matter_keys() -> None:
    banner = HeroSettings(keys=("banner",))
    found = read({"hero": {"typo": 1}, "banner": {"prompt": "a tent"}}, settings=banner)
    assert found is not None
    assert found.recipe is not None
    assert found.recipe.options["prompt"] == "a tent"


# -- recipes -----------------------------------------------------------------------------------------------------------


def test_recipe_is_completed_with_defaults() -> None:
    made = recipe({"hero": {"prompt": "a tent", "seed": 4711, "card": {"title": "x"}, "alt": "y"}})
    assert made == Recipe(
        provider="procedural",
        seed=4711,
        width=1600,
        height=900,
        options={"prompt": "a tent", "card": {"title": "x"}, "style": "dunes"},
    )


@pytest.mark.parametrize("hero_meta", [{"prompt": "x"}, {"seed": 1}, {"style": "x"}, {"provider": "diffusers"}])
def test_single_key_is_enough_for_a_recipe(hero_meta: Mapping[str, Any]) -> None:
    assert recipe({"hero": hero_meta})


def test_default_seed_depends_on_the_page_only() -> None:
    made = recipe({"hero": {"prompt": "a tent"}})
    assert made.seed == recipe({"hero": {"prompt": "another"}}).seed
    assert made.seed == default_seed(Page(path="moved.html", hints=PageHints(source=Path("docs/guide/start.md"))))
    assert made.seed != default_seed(Page(path="other.html"))
    assert default_seed(Page(path="index.html")) == SEED_OF_INDEX


@pytest.mark.parametrize(
    ("hero_meta", "derived"),
    [
        ({"prompt": "x"}, {"seed"}),
        ({"prompt": "x", "seed": 7}, set()),
        ({"card": True}, {"seed", "title"}),
        ({"card": True, "seed": 7}, {"title"}),
        ({"card": True, "title": "Mine", "seed": 7}, set()),
    ],
)
def test_values_from_the_page_are_listed_as_derived(hero_meta: Mapping[str, Any], derived: set[str]) -> None:
    page = Page(path="a.html", hints=PageHints(title="The page", meta={"hero": hero_meta}))
    found = request_parser.request(page, settings=SETTINGS, complete=lambda provider, options: options)
    assert found is not None
    assert found.recipe is not None
    assert found.derived == derived
    assert ("title" in derived) == (found.recipe.options.get("title") == "The page")


@pytest.mark.parametrize(
    ("hero_meta", "derived"),
    [
        ({"card": True, "seed": 7}, {"card.title"}),
        ({"card": "yes", "seed": 7}, {"card.title"}),
        ({"card": {"subtitle": "Mine"}, "seed": 7}, {"card.title"}),
        ({"card": {"title": "Mine"}, "seed": 7}, set()),
        ({"card": "Mine", "seed": 7}, set()),
        ({"card": True, "title": "Mine", "seed": 7}, set()),
        ({"card": False, "seed": 7}, set()),
    ],
)
def test_derived_keys_are_named_as_in_the_completed_options(hero_meta: Mapping[str, Any], derived: set[str]) -> None:
    page = Page(path="a.html", hints=PageHints(title="The page", meta={"hero": hero_meta}))
    found = request_parser.request(page, settings=SETTINGS, complete=lambda _, options: PROCEDURAL.complete(options))
    assert found is not None
    assert found.recipe is not None
    assert found.derived == derived
    card = found.recipe.options.get("card")
    assert card is None or card["title"] == ("The page" if derived else "Mine")


def complete_with_procedural(_: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    return PROCEDURAL.complete(options)


def test_all_faults_of_a_hero_are_reported_at_once() -> None:
    meta = {"sed": 4, "style": "tpo", "colors": ["red"], "card": "yess", "width": 5, "alt": 7}
    page = Page(path="a.html", hints=PageHints(source=Path("docs/a.md"), title="The page", meta={"hero": meta}))
    with pytest.raises(RecipeError) as caught:
        request_parser.request(page, settings=SETTINGS, complete=complete_with_procedural)
    lines = caught.value.message.splitlines()
    assert len(lines) == len(caught.value.faults) == 6
    assert all(line.startswith("docs/a.md: front matter key `hero") for line in lines)
    for words in (
        "`hero.alt`: expected text, found 7",
        "`hero.width`: expected a whole number",
        "found 'yess' (did you mean `yes`?",
        "no option 'sed' (did you mean `seed` for `sed`?",
        "unknown style 'tpo' (did you mean 'topo'?)",
        "`colors`: expected two to six colours",
    ):
        assert sum(words in line for line in lines) == 1, words


@pytest.mark.parametrize("text", ["style: topo", "style:topo", "seed: 4711, style: topo", "#", "?x"])
def test_text_that_is_not_a_path_reports_what_is_expected(text: str) -> None:
    for value in (text, {"src": text}):
        message = fault({"hero": value})
        assert "expected the path of an image or a mapping" in message
        assert '{"style": "topo", "seed": 4711}' in message


@pytest.mark.parametrize(
    ("card", "title"),
    [
        ("A title", "A title"),
        ("Yes, we can", "Yes, we can"),
        ("True", "The page"),
        ("on", "The page"),
        ("none", None),
        ("False", None),
        ("One", "One"),
        ("go", "go"),
    ],
)
def test_card_may_be_written_as_its_title(card: str, title: str | None) -> None:
    page = Page(path="a.html", hints=PageHints(title="The page", meta={"hero": {"card": card}}))
    found = request_parser.request(page, settings=SETTINGS, complete=complete_with_procedural)
    assert found is not None
    assert found.recipe is not None
    assert found.recipe.options.get("card") == (None if title is None else {"title": title})


@pytest.mark.parametrize("card", ["yess", "ture", "tru", "flase", 7, 0, ["x"]])
def test_card_of_another_type_is_rejected(card: Any) -> None:
    assert "`hero.card`: expected true, false, a title or a mapping" in fault({"hero": {"card": card}})


def test_size_and_provider_are_read() -> None:
    made = recipe({"hero": {"provider": "diffusers", "seed": 1, "width": "800", "height": 450}})
    assert (made.provider, made.width, made.height) == ("diffusers", 800, 450)


def test_flat_front_matter_equals_nested() -> None:
    nested = read(
        {"hero": {"prompt": "2001", "seed": 7, "steps": 20, "card": True, "colors": ["#fff", "#000"], "alt": "5"}}
    )
    flat = read(
        {
            "hero_prompt": "2001",
            "hero_seed": "7",
            "hero_steps": "20",
            "hero_card": "yes",
            "hero_colors": '["#fff", "#000"]',
            "hero_alt": "5",
        }
    )
    assert nested == flat


def test_flat_keys_add_to_a_path() -> None:
    found = read({"hero": "a.jpg", "hero_alt": "A tent", "hero_title": "a theme's own"})
    assert found is not None
    assert (found.file, found.alt) == ("guide/a.jpg", "A tent")


@pytest.mark.parametrize("meta", [{"hero_title": "x"}, {"hero_image": "a.jpg"}, {"hero_alt": "x"}, {"heroic": "x"}])
def test_flat_keys_of_a_theme_are_ignored(meta: Mapping[str, Any]) -> None:
    assert read(meta) is None


def test_json_of_a_meta_element_is_read() -> None:
    content = '{"prompt": "a tent", "seed": 3}'
    found = read({"hero": content}, origin='<meta name="imageseo:hero">')
    assert found is not None
    assert found.recipe is not None
    assert found.recipe.seed == 3
    assert found.origin == '<meta name="imageseo:hero"> key `hero`'
    assert "JSON" in fault({"hero": "{prompt: x"})


@pytest.mark.parametrize("text", ["{style: ridges}", "{style: ridges", "{'style': 'ridges'}"])
def test_text_that_is_no_json_gets_a_hint(text: str) -> None:
    with pytest.raises(RecipeError, match="not valid JSON") as caught:
        read({"hero": text})
    assert 'write JSON, such as `{"style": "ridges", "seed": 7}`, or a mapping' in caught.value.hint
    assert "`hero_style`" in caught.value.hint
    with pytest.raises(RecipeError) as caught:
        read({"hero": text}, origin='<meta name="imageseo:hero">')
    assert caught.value.hint.endswith("or an inline TOML table")


# -- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (True, ["expected a path, a mapping or false", "found True", "hero.keys"]),
        (42, ["found 42"]),
        (["a.jpg"], ["found ['a.jpg']"]),
        ({"alt": "x"}, ["expected an image (`src`) or a recipe", "found `alt`"]),
        ({"promt": "x"}, ["found `promt`", "did you mean `prompt` for `promt`?"]),
        ({"src": "a.jpg", "atl": "x"}, ["`hero.atl`", "did you mean `alt`?"]),
        ({"src": "a.jpg", "steps": 3}, ["`hero.steps`", "expected one of `src`, `alt`"]),
        ({"src": "a.jpg", "prompt": "x"}, ["`hero.prompt`", "cannot be combined with `src`"]),
        ({"src": "a.jpg", "url": "b.jpg"}, ["`hero.url`", "cannot be combined with `src`"]),
        ({"src": ["a.jpg"]}, ["`hero.src`", "expected text, found ['a.jpg']"]),
        ({"src": "../../../../a.jpg"}, ["`hero.src`", "is outside the site"]),
        ({"prompt": 7}, ["`hero.prompt`", "expected text, found 7"]),
        ({"prompt": ""}, ["`hero.prompt`", "expected text, found ''"]),
        ({"prompt": "x", "alt": ["y"]}, ["`hero.alt`", "found ['y']"]),
        ({"prompt": "x", "seed": "random"}, ["`hero.seed`", "a whole number from 0 to", "found 'random'"]),
        ({"prompt": "x", "seed": -1}, ["`hero.seed`", "found -1"]),
        ({"prompt": "x", "seed": True}, ["`hero.seed`", "found True"]),
        ({"prompt": "x", "seed": 1.5}, ["`hero.seed`", "found 1.5"]),
        ({"prompt": "x", "seed": 2**64}, ["`hero.seed`"]),
        ({"prompt": "x", "width": 9000}, ["`hero.width`", "from 64 to 8192", "found 9000"]),
        ({"prompt": "x", "sede": 3}, ["unknown option `sede`", "did you mean `seed` for `sede`?"]),
        ({"prompt": "x", "zzz": 3}, ["unknown option `zzz`", "procedural takes prompt, style"]),
        ({"prompt": "x", "provider": "dall-e"}, ["no provider `dall-e`", "procedural, diffusers"]),
    ],
)
def test_fault_names_key_and_found_value(value: Any, parts: list[str]) -> None:
    text = fault({"hero": value})
    for part in parts:
        assert part in text


def test_faults_of_flat_keys_are_reported() -> None:
    assert "did you mean `prompt`" in fault({"hero_promt": "x"})
    assert "`hero_seed`; keep only one" in fault({"hero": {"prompt": "x", "seed": 1}, "hero_seed": "2"})
    assert "found 'abc'" in fault({"hero_prompt": "x", "hero_seed": "abc"})


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["src", "prompt", "alt", "seed", "x"]), inner)
    ),
    max_leaves=6,
)


@given(meta=st.dictionaries(st.sampled_from(["hero", "image", "cover", "hero_seed", "hero_alt", "hero_x"]), ANYTHING))
def test_any_front_matter_is_read_or_rejected(meta: Mapping[str, Any]) -> None:
    try:
        found = read(meta)
    except RecipeError:
        return
    assert found is None or not (found.file is not None and found.recipe is not None)


# -- the guess ---------------------------------------------------------------------------------------------------------

LAYOUT = ColumnLayout(content_width=688)


def picture(at: int, src: str = "photo.jpg", **changes: Any) -> ImageRef:
    attributes = {"src": src, **changes.pop("attributes", {})}
    fields: dict[str, Any] = {"region": PageRegion.ARTICLE, "text_before": 40, **changes}
    return ImageRef(
        span=Span(at * 100, at * 100 + 50),
        insert_at=at * 100 + 49,
        attributes=tuple(Attribute(name, value, Span(0, 0)) for name, value in attributes.items()),
        line=1,
        column=1,
        **fields,
    )


def guessed(*refs: ImageRef, sizes: Mapping[str, tuple[int, int]] | None = None, **scan: Any) -> int | None:
    """Index of the image that is guessed; files are 1600 by 900 unless said otherwise, foreign ones unknown."""

    def asset_of(ref: ImageRef) -> Asset | None:
        name = ref.src.split("#")[0]
        if name.startswith(("http", "data:", "missing")):
            return None
        width, height = (sizes or {}).get(name, (1600, 900))
        kind = name.rsplit(".", 1)[-1]
        frames = 20 if name == "moving.gif" else 1
        return Asset(path=name, sha256="0", bytes=1, format=kind, width=width, height=height, frames=frames)

    found = first_screen.find_hero(PageScan(charset="utf-8", refs=refs, **scan), asset_of, LAYOUT, guess=True)
    return None if found is None else refs.index(found)


PHOTO = picture(9)
SMALL = {"small.png": (150, 150), "strip.png": (1600, 100), "logo.png": (250, 120), "my_logo.png": (220, 140)}


@pytest.mark.parametrize(
    "first",
    [
        picture(0, "logo.png"),
        picture(0, "my_logo.png"),
        picture(0, "x.png", attributes={"class": "twemoji"}),
        picture(0, "https://img.shields.io/npm/v/x"),
        picture(0, "https://github.com/a/b/actions/workflows/ci.yml/badge.svg"),
        picture(0, "https://cdn.test/x.jpg", attributes={"width": "48"}),
        picture(0, "data:image/png;base64,AAAA"),
        picture(0, "missing.png"),
        picture(0, "small.png"),
        picture(0, "strip.png"),
        picture(0, "wide.png", attributes={"width": "120"}),
        picture(0, region=PageRegion.CHROME),
        picture(0, hidden_by="the attribute hidden"),
        picture(0, hidden_by="a closed <details>"),
    ],
    ids=lambda ref: ref.src[:20],
)
def test_decoration_is_looked_past(first: ImageRef) -> None:
    assert guessed(first, PHOTO, sizes=SMALL) == 1


@pytest.mark.parametrize(
    "first",
    [
        picture(0, text_before=2000),
        picture(0, headings_before=9),
        picture(0, text_before=900, headings_before=3),
        picture(0, attributes={"loading": "lazy"}),
        picture(0, attributes={"fetchpriority": "low"}),
        picture(0, "photo.jpg#only-light"),
        picture(0, "photo.jpg#gh-dark-mode-only"),
        picture(0, "moving.gif"),
        picture(0, "drawing.svg"),
        picture(0, opt_out=OptOut.IGNORED),
        picture(0, "https://cdn.test/large.jpg"),
    ],
    ids=str,
)
def test_no_guess_rather_than_a_wrong_one(first: ImageRef) -> None:
    assert guessed(first, PHOTO) is None


def test_the_first_large_image_near_the_top() -> None:
    assert guessed(PHOTO, picture(10)) == 0
    assert guessed(picture(0, headings_before=1, text_before=60)) == 0
    assert guessed(picture(0, "button-states.png", attributes={"alt": "Logo"})) == 0, "its size outweighs a word"
    assert guessed(picture(0, "thumb.jpg"), PHOTO, sizes={"thumb.jpg": (250, 200)}) == 1
    assert guessed(picture(0, "iconography.png")) == 0, "a word that only begins like one is none"
    assert guessed(picture(0, "icons/overview.png")) == 0, "a folder says little"
    assert guessed() is None


def test_a_larger_image_in_the_same_screen_makes_it_doubtful() -> None:
    strip = {"strip.png": (1400, 300)}
    assert guessed(picture(0, "strip.png"), picture(1, text_before=80), sizes=strip) == 1, "larger on every screen"
    assert guessed(picture(0, "strip.png"), picture(1, text_before=900), sizes=strip) is None
    assert guessed(picture(0, "strip.png"), picture(1, text_before=3000), sizes=strip) == 0
    assert guessed(picture(0), picture(1)) == 0
    assert guessed(picture(0), picture(1, "https://cdn.test/unknown.jpg")) is None


def test_the_author_knows_best() -> None:
    urgent = picture(5, text_before=5000, attributes={"fetchpriority": "HIGH"})
    assert guessed(PHOTO, urgent) == 1
    assert guessed(PHOTO, picture(1, region=PageRegion.CHROME, attributes={"fetchpriority": "high"})) is None
    assert guessed(PHOTO, preload_images=(Span(1, 2),)) is None


@pytest.mark.parametrize(
    ("size", "changes", "expected"),
    [
        ((1600, 900), {}, None),
        ((400, 225), {}, None),
        ((300, 169), {}, 1),
        ((1024, 1024), {}, 1),
        ((1600, 900), {"width": "48"}, 1),
        ((1600, 900), {"class": "site-logo"}, 1),
        ((1600, 900), {"loading": "lazy"}, 1),
        ((1600, 900), {"fetchpriority": "low"}, 1),
    ],
)
def test_a_cover_above_the_article_leaves_no_confidence(
    size: tuple[int, int], changes: dict[str, str], expected: int | None
) -> None:
    cover = picture(0, "cover.jpg", region=PageRegion.CHROME, attributes=changes)
    article = Span(80, 900)
    assert guessed(cover, picture(1), sizes={"cover.jpg": size}, article=article) == expected
    below = picture(9, "cover.jpg", region=PageRegion.CHROME, attributes=changes)
    assert guessed(picture(1), below, sizes={"cover.jpg": size}, article=article) == 0
    linked = picture(0, "cover.jpg", region=PageRegion.CHROME, link="/")
    assert guessed(linked, picture(1), sizes={"cover.jpg": size}, article=article) == 1, "a site's name leads home"


def test_a_cover_is_one_as_a_browser_saw_it() -> None:
    cover, photo = picture(0, "cover.jpg", region=PageRegion.CHROME), picture(1)
    scan = PageScan(charset="utf-8", refs=(cover, photo), article=Span(80, 900))

    def asset_of(ref: ImageRef) -> Asset:
        return Asset(path=ref.src, sha256="0", bytes=1, format="jpeg", width=1600, height=900)

    def seen(width: int, *, in_view: bool) -> ColumnLayout:
        return ColumnLayout(
            content_width=688, slots={cover.span: MeasuredSlot(width=width, sizes=f"{width}px", in_view=in_view)}
        )

    assert list(hero_detection.theme_covers(scan, asset_of, seen(1350, in_view=True))) == [cover]
    assert list(hero_detection.theme_covers(scan, asset_of, seen(160, in_view=True))) == []
    assert list(hero_detection.theme_covers(scan, asset_of, seen(1350, in_view=False))) == []


def test_what_a_build_marked_is_the_hero() -> None:
    marked = picture(5, region=PageRegion.CHROME, attributes={"data-imageseo": "width hero"})
    assert guessed(PHOTO, marked) == 1


def test_where_the_hero_is_shown_already() -> None:
    assets = {"a.jpg": "pics/a.jpg", "a.jpg#only-dark": "pics/a.jpg", "logo.png": "pics/a.jpg"}

    def asset_of(ref: ImageRef) -> Asset | None:
        path = assets.get(ref.src)
        return Asset(path=path, sha256="0", bytes=1, format="jpeg", width=9, height=9) if path else None

    logo, dark, other = (
        picture(0, "logo.png", region=PageRegion.CHROME),
        picture(1, "a.jpg#only-dark"),
        picture(2, "b.jpg"),
    )
    full = (logo, dark, other, picture(3, "a.jpg"))
    assert hero_detection.find_shown(PageScan(charset="utf-8", refs=full), "pics/a.jpg", asset_of) == full[3]
    assert hero_detection.find_shown(PageScan(charset="utf-8", refs=full[:3]), "pics/a.jpg", asset_of) == dark
    assert hero_detection.find_shown(PageScan(charset="utf-8", refs=(logo, other)), "pics/a.jpg", asset_of) is None
    slot = PageScan(charset="utf-8", refs=full, hero_slot=other.span)
    assert hero_detection.find_shown(slot, "pics/a.jpg", asset_of) == other, "the slot is the image itself"
    around = PageScan(charset="utf-8", refs=full[:2], hero_slot=Span(0, 0))
    assert hero_detection.find_shown(around, "pics/a.jpg", asset_of) == logo, "the slot is an element around it"


@pytest.mark.parametrize("key", ["alt", "caption"])
class TestTemplatedTexts:
    """``alt`` and ``caption`` are templates with the variables of prompts."""

    META: Mapping[str, Any] = {"tags": ["iron", "coal"], "summary": "How it began"}

    def _read(self, hero: Mapping[str, Any], title: str | None = "The <b>mill</b>") -> HeroRequest | None:
        hints = PageHints(
            source=Path("docs/guide/start.md"), source_dir="guide/", title=title, meta={**self.META, "hero": hero}
        )
        return request_parser.request(
            Page(path="guide/start/index.html", hints=hints), settings=SETTINGS, complete=complete, base_url=HOME
        )

    @pytest.mark.parametrize("hero", [{"src": "a.png"}, {"seed": 7}, {"style": "dunes", "subject": "a mill"}])
    def test_variables_of_the_page_are_filled_in(self, key: str, hero: Mapping[str, Any]) -> None:
        cases = {
            "{{ title }} at dawn": "The mill at dawn",
            "{{ tags }}, {{ summary | lower }}": "iron, coal, how it began",
            "{{ tags[0] | upper }}{% if subtitle is defined %}: {{ subtitle }}{% endif %}": "IRON",
            "Plain, ,  text { } stays": "Plain, ,  text { } stays",
        }
        for source, text in cases.items():
            found = self._read({**hero, key: source})
            assert found is not None
            assert getattr(found, key) == text

    def test_slots_of_the_recipe_are_filled_in(self, key: str) -> None:
        found = self._read(
            {"prompt": "{{ subject }} at dawn", "subject": "a paper mill", key: "Drawing of {{ subject }}"}
        )
        assert found is not None
        assert getattr(found, key) == "Drawing of a paper mill"

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("{{ titel }}", "uses the unknown variable 'titel'\n  did you mean `title`?"),
            ("{{ page.meta.title }}", "uses the unknown variable 'page'"),
            ("{{ subject }} at dawn", "uses `subject`, which has no value"),
            ("{{ title", "line 1: "),
            ("{% for x in range(9) %}", "line 1: "),
            ("{{ title.__class__.__mro__ }}", "not allowed"),
            ("{{ '' }}", "renders to nothing"),
        ],
    )
    def test_faults_name_page_and_key(self, key: str, source: str, said: str) -> None:
        for hero in ({"src": "a.png"}, {"seed": 7}):
            with pytest.raises(RecipeError) as caught:
                self._read({**hero, key: source})
            assert f"docs/guide/start.md: front matter key `hero.{key}`: " in caught.value.message
            assert said in str(caught.value)

    def test_page_without_title_is_refused(self, key: str) -> None:
        with pytest.raises(RecipeError, match="uses `title`, which has no value"):
            self._read({"src": "a.png", key: "{{ title }}"}, title=None)


def test_template_in_a_key_of_the_theme_is_never_published_literally() -> None:
    hints = PageHints(
        title="The mill", meta={"cover": {"image": "a.png", "alt": "{{ title }}", "caption": "{{ page.x }}"}}
    )
    found = request_parser.request(
        Page(path="index.html", hints=hints), settings=SETTINGS, complete=complete, base_url=HOME
    )
    assert found is not None
    assert (found.alt, found.caption) == ("The mill", None)


@pytest.mark.parametrize(
    ("meta", "kind", "tool"),
    [
        ({"digital_source_type": "trainedAlgorithmicMedia"}, "trainedAlgorithmicMedia", None),
        ({"digital_source_type": "https://schema.org/DigitalCaptureDigitalSource"}, "digitalCapture", None),
        (
            {"digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"},
            "compositeSynthetic",
            None,
        ),
        ({"made_with": "Midjourney"}, "trainedAlgorithmicMedia", "Midjourney"),
        (
            {"made_with": "Firefly", "digital_source_type": "compositeWithTrainedAlgorithmicMedia"},
            "compositeWithTrainedAlgorithmicMedia",
            "Firefly",
        ),
    ],
)
def test_file_says_how_it_came_to_be(meta: Mapping[str, Any], kind: str, tool: str | None) -> None:
    flat = {f"hero_{key}": value for key, value in meta.items()}
    for declared in ({"hero": {"src": "a.png", **meta}}, {"hero": "a.png", **flat}, {"hero_src": "a.png", **flat}):
        found = read(declared)
        assert found is not None
        assert (found.rights.digital_source_type or "").rpartition("/")[2] == kind
        assert found.rights.made_with == tool


def test_wrong_source_types_and_those_of_recipes_are_refused() -> None:
    assert "did you mean `trainedAlgorithmicMedia`?" in fault(
        {"hero": {"src": "a.png", "digital_source_type": "trainedAlgoritmicMedia"}}
    )
    assert "expected text, found 7" in fault({"hero": {"src": "a.png", "made_with": 7}})
    assert "is set by the provider of a recipe" in fault({"hero": {"seed": 7, "made_with": "Midjourney"}})


def test_file_name_names_a_recipe() -> None:
    for value, name in (("blue-mountains", "blue-mountains"), ("v1.2_b.JPG", "v1.2_b")):
        found = read({"hero": {"seed": 7, "file_name": value}})
        assert found is not None
        assert found.file_name == name
    for wrong in ("a/b", "../x", "ü", "", ".hidden", "x" * 101, 7):
        assert "`hero.file_name`: expected" in fault({"hero": {"seed": 7, "file_name": wrong}})
    assert "an image file keeps its own name" in fault({"hero": {"src": "a.png", "file_name": "b"}})
