"""Words become prompts: templates, presets, negatives, series and what the page says of itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.config.settings import HeroSettings
from imageseo.heroes.lock import lock
from imageseo.heroes.providers.procedural import PROVIDER as PROCEDURAL
from imageseo.heroes.recipes import prompts_file, request_parser
from imageseo.heroes.recipes.prompt_library import EMPTY, PromptLibrary
from imageseo.heroes.recipes.prompt_resolver import ResolvedPrompt, resolve
from imageseo.heroes.recipes.prompt_templates import tidy
from imageseo.heroes.recipes.seed_series import drawn, next_seed
from imageseo.model.errors import RecipeError, SettingsError
from imageseo.model.hero import HeroRequest, Pin, Recipe
from imageseo.model.site import Page, PageHints
from tests.support.small_sites import mkdocs_site, run, write

FILE = """
version = 3

[templates.hero]
prompt = "{{ subject }}, {{ action | default('') }}, {{ style }}, {{ light }}"
negative = "{{ negatives }}, blurry"

[templates.guide]
prompt = '''
{{ subject | default(title) }},
{% if "howto" in tags | default([]) %}seen from above,{% endif %} paper cut-out
'''

[presets.brand]
style = "flat   illustration"
light = "soft light"
negatives = ["text"]

[negatives]
people = "people, faces, hands"
text = "text, watermark, Faces"

[series.launch]
template = "hero"
preset = "brand"
provider = "diffusers"
model = "models/house"
loras = [{file = "paper.safetensors", weight = 0.7}]
seeds = [11, 22, 33]
vary = "subject"
"""
CONTEXT = {"title": "The Start", "tags": ["howto", "maps"], "summary": "How it begins"}


def library(text: str = FILE, folder: Path | None = None, tmp: Path | None = None) -> PromptLibrary:
    path = (folder or tmp or Path("/nowhere")) / "prompts.toml"
    path.write_text(text, encoding="utf-8")
    return prompts_file.read(path, "prompts.toml")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> PromptLibrary:
    return library(folder=tmp_path_factory.mktemp("shelf"))


def faults(shelf: PromptLibrary, given_keys: Mapping[str, Any], context: Mapping[str, Any] = CONTEXT) -> str:
    with pytest.raises(RecipeError) as caught:
        resolve(shelf, given_keys, context)
    return "\n".join(str(fault) for fault in caught.value.faults)


# -- resolution --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given_keys", "prompt", "negative"),
    [
        ({"prompt": "a  plain tent"}, "a  plain tent", None),
        ({"template": "hero", "subject": "a tent", "style": "ink", "light": "dusk"}, "a tent, ink, dusk", "blurry"),
        (
            {"template": "hero", "subject": "a tent", "preset": "brand"},
            "a tent, flat illustration, soft light",
            "text, watermark, Faces, blurry",
        ),
        (
            {"template": "hero", "preset": "brand", "subject": "a tent", "action": "in wind", "light": "dusk",
             "negatives": ["people", "text"], "negative": "rain, Text"},
            "a tent, in wind, flat illustration, dusk",
            "rain, Text, watermark, Faces, people, hands",
        ),
        ({"prompt": "{{ title }}, {{ tags }}, {{ summary }}"}, "The Start, howto, maps, How it begins", None),
        ({"prompt": "{{ title | lower }} {{ '' }} , ,, {{ subject }}", "subject": "1,000 tents"},
         "the start, 1,000 tents", None),
        ({"template": "guide", "subject": "{{ title }} & co"}, "The Start & co, seen from above, paper cut-out", None),
        ({"subject": "a tent", "light": "dusk", "setting": "a  shore"}, "a tent, a shore, dusk", None),
        ({"prompt": "a tent", "preset": "brand"}, "a tent, flat illustration, soft light", "text, watermark, Faces"),
        ({"prompt": "a tent", "negatives": "people,text"}, "a tent", "people, faces, hands, text, watermark"),
        ({"prompt": "x", "negative": "(a, b:1.2), c", "negatives": []}, "x", "(a, b:1.2), c"),
        ({"prompt": "<b> & {{ title }}"}, "<b> & The Start", None),
    ],
)  # fmt: skip
def test_words_become_a_prompt(
    shelf: PromptLibrary, given_keys: dict[str, Any], prompt: str, negative: str | None
) -> None:
    found = resolve(shelf, given_keys, CONTEXT).given
    assert found == {"prompt": prompt, **({} if negative is None else {"negative": negative})}


def test_a_style_that_no_template_takes_is_the_providers(shelf: PromptLibrary) -> None:
    assert resolve(shelf, {"template": "guide", "style": "topo"}, CONTEXT).given["style"] == "topo"
    assert resolve(shelf, {"prompt": "x", "style": "topo"}, CONTEXT).given == {"prompt": "x", "style": "topo"}
    assert resolve(EMPTY, {"style": "topo", "seed": 7}, CONTEXT) == ResolvedPrompt(given={"style": "topo", "seed": 7})
    assert "style" not in resolve(shelf, {"subject": "x", "style": "ink"}, CONTEXT).given


def test_a_series_shares_all_but_one_slot(shelf: PromptLibrary) -> None:
    found = resolve(shelf, {"series": "launch", "subject": "a tent", "alt": "x"}, CONTEXT)
    assert found.given == {
        "provider": "diffusers",
        "model": "models/house",
        "loras": [{"file": "paper.safetensors", "weight": 0.7}],
        "alt": "x",
        "prompt": "a tent, flat illustration, soft light",
        "negative": "text, watermark, Faces, blurry",
    }
    assert found.seeds == (11, 22, 33)
    assert {**found.evidence, "words": ""} == {
        "template": "hero", "preset": "brand", "series": "launch", "prompts": "3", "words": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given_keys", "told"),
    [
        ({"template": "heor"}, ["`template`: found 'heor', which prompts.toml does not have", "did you mean `hero`?"]),
        ({"template": 7}, ["`template`: expected the name of one in prompts.toml, found 7"]),
        ({"preset": "zzz"}, ["`preset`: found 'zzz'", "there are `brand`"]),
        ({"series": "lunch"}, ["did you mean `launch`?"]),
        ({"template": "hero", "style": "x", "light": "y"}, ["`template`: needs `subject`, and nobody gave it"]),
        ({"template": "hero", "prompt": "x"}, ["`prompt`: cannot stand beside `template`"]),
        ({"template": "hero", "negatives": ["peple"], "style": 7},
         ["`negatives`: found 'peple'", "did you mean `people`?", "`style`: expected text, found 7"]),
        ({"template": "guide", "lens": "35mm"}, ["`lens`: the template 'guide' has no place for it", "`subject`"]),
        ({"prompt": "{{ subjct }}", "subject": "x"}, ["`subject`: the prompt has no place for it"]),
        ({"prompt": "{{ subjct }}"}, ["`prompt`: asks for 'subjct'", "did you mean `subject`?"]),
        ({"prompt": "a\n{% if %}"}, ["`prompt`: line 2: Expected an expression"]),
        ({"prompt": "{{ title.x }}"}, ["`prompt`: cannot be filled in"]),
        ({"prompt": "{{ title + 7 }}"}, ["`prompt`: cannot be filled in"]),
        ({"prompt": "{{ ''.__class__.__mro__ }}"}, ["`prompt`: "]),
        ({"prompt": "{{ 'x' * 20000 }}"}, ["`prompt`: gives 20000 characters, expected no more than 10000"]),
        ({"prompt": "{{ '' }}"}, ["`prompt`: nothing is left of the prompt"]),
        ({"negatives": [7], "prompt": "x"}, ["`negatives`: expected a list of names, found [7]"]),
        ({"series": "launch", "subject": "x", "style": "ink"},
         ["`style`: is settled by the series 'launch' ('flat", "`subject`"]),
        ({"series": "launch", "subject": "x", "model": "other", "prompt": "y"},
         ["`model`: is settled by the series", "`prompt`: is settled by the series"]),
        ({"series": "launch"}, ["`subject`: the series 'launch' varies it, and nobody wrote it"]),
    ],
)  # fmt: skip
def test_faults_of_words(shelf: PromptLibrary, given_keys: dict[str, Any], told: list[str]) -> None:
    text = faults(shelf, given_keys)
    for part in told:
        assert part in text
    assert "Hero recipe: " in text


def test_a_page_without_what_a_template_asks(shelf: PromptLibrary) -> None:
    assert "needs `summary`, and nobody gave it" in faults(shelf, {"prompt": "{{ summary }}"}, {"title": "x"})


def test_where_there_is_no_library() -> None:
    text = faults(EMPTY, {"template": "hero", "subject": "x"})
    assert "`template`: found 'hero', and there is no prompts.toml" in text
    assert "[templates]" in text


def test_equal_words_give_equal_prompts_and_no_chance_is_in_reach(shelf: PromptLibrary) -> None:
    for text in ("{{ lipsum() }}", "{{ [1, 2] | random }}"):
        assert "`prompt`" in faults(shelf, {"prompt": text})


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("{{ tags | map('upper') }}", "HOWTO, MAPS"),
        ("{{ tags | select('ne', 'maps') }}", "howto"),
        ("{{ [1, 2, 3] | batch(2) }}", "1, 2, 3"),
        ("{{ [2.5, true, none] }}", "2.5, True, None"),
    ],
)
def test_what_a_filter_leaves_is_told_as_words(shelf: PromptLibrary, prompt: str, says: str) -> None:
    assert resolve(shelf, {"prompt": prompt}, CONTEXT).given["prompt"] == says


@pytest.mark.parametrize(
    "prompt",
    [
        "{{ joiner() }}",
        "{{ cycler(1) }}",
        "{{ title.upper }}",
        "{{ {'a': 1} }}",
        "{{ [joiner()] }}",
        "{{ 'a' ~ (tags | map('upper')) }}",
        "{{ tags | map('upper') | string }}",
    ],
)
def test_no_address_gets_into_a_prompt(shelf: PromptLibrary, prompt: str) -> None:
    told = faults(shelf, {"prompt": prompt})
    assert "expected a text, a number or a list of them" in told
    assert " at 0x" not in told


@given(
    prompt=st.text("ab {}%,.|'()[]+*", max_size=30) | st.text(max_size=20),
    subject=st.text(max_size=10) | st.none() | st.integers(),
    negatives=st.none() | st.text(max_size=8) | st.lists(st.sampled_from(["people", "text", "x", ""]), max_size=3),
)
def test_nothing_written_breaks_us(shelf: PromptLibrary, prompt: str, subject: Any, negatives: Any) -> None:
    given_keys = {"prompt": prompt, "subject": subject, "negatives": negatives}
    try:
        found = resolve(shelf, {key: value for key, value in given_keys.items() if value is not None}, CONTEXT)
    except RecipeError:
        return
    assert isinstance(found.given.get("prompt", ""), str)


@given(text=st.text("ab ,.;()[]\\", max_size=30))
def test_tidy_text_stays_as_it_is(text: str) -> None:
    once = tidy(text)
    assert ",," not in once.replace(" ", "")
    assert "  " not in once


def test_a_style_is_the_providers_that_has_styles(tmp_path: Path) -> None:
    shared = library("[series.news]\nstyle = 'topo'\nseeds = [5, 6]\n", folder=tmp_path)
    for meta in ({"series": "news", "subject": "a tent"}, {"subject": "a tent", "style": "topo"}):
        drawn_one = recipe_of(ask(shared, meta)).options
        assert (drawn_one["style"], drawn_one["prompt"]) == ("topo", "a tent")
        painted = recipe_of(ask(shared, {**meta, "provider": "diffusers"})).options
        assert painted == {"prompt": "a tent, topo"}


# -- what a request knows ----------------------------------------------------------------------------------------------


def ask(shelf: PromptLibrary, meta: Mapping[str, Any], *, title: str = "The Start", **more: Any) -> HeroRequest:
    page = Page(path="a.html", hints=PageHints(source=Path("docs/a.md"), title=title, meta={"hero": meta, **more}))
    found = request_parser.request(page, settings=HeroSettings(), complete=complete, library=shelf)
    assert found is not None
    return found


def complete(provider: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    return options if provider == "diffusers" else PROCEDURAL.complete(options)


def recipe_of(request: HeroRequest) -> Recipe:
    assert request.recipe is not None
    return request.recipe


def test_the_recipe_holds_the_resolved_prompt_alone(shelf: PromptLibrary) -> None:
    found = ask(shelf, {"template": "hero", "subject": "a tent", "preset": "brand", "provider": "diffusers", "seed": 7})
    options = {"prompt": "a tent, flat illustration, soft light", "negative": "text, watermark, Faces, blurry"}
    assert found.recipe == Recipe(provider="diffusers", seed=7, width=1600, height=900, options=options)
    by_hand = ask(EMPTY, {**options, "provider": "diffusers", "seed": 7})
    assert recipe_of(by_hand).key == recipe_of(found).key
    assert found.derived == frozenset()
    assert found.evidence["template"] == "hero"
    assert by_hand.evidence == {}


def test_what_the_page_says_is_derived_and_what_the_author_says_is_told_apart(shelf: PromptLibrary) -> None:
    meta = {"prompt": "{{ title }}, {{ subject }}", "subject": "a tent", "seed": 7}
    first, renamed = ask(shelf, meta), ask(shelf, meta, title="The Strat")
    assert first.derived == {"prompt"}
    assert recipe_of(first).key != recipe_of(renamed).key
    assert first.evidence["words"] == renamed.evidence["words"]
    other = ask(shelf, {**meta, "subject": "a boat"})
    assert other.evidence["words"] != first.evidence["words"], "the author's doing, although `prompt` is derived"
    assert ask(shelf, {"template": "guide", "subject": "x", "seed": 1}).derived == {"prompt"}, "it asks for the tags"
    through = ask(shelf, {"subject": "{{ title }}", "light": "dusk", "seed": 1, "provider": "diffusers"})
    assert through.derived == {"prompt"}
    against = ask(shelf, {"prompt": "x", "negative": "{{ title }}", "seed": 1, "provider": "diffusers"})
    assert against.derived == {"negative"}


def test_what_a_page_says_of_itself(shelf: PromptLibrary) -> None:
    def prompt(**more: Any) -> Any:
        return recipe_of(ask(shelf, {"prompt": "{{ title }}: {{ tags }}: {{ summary }}"}, **more)).options["prompt"]

    assert prompt(tags=["a", "b"], description="It <b>is</b>", title="A <i>B</i>") == "A B: a, b: It is"
    assert prompt(keywords="a, b", summary="<p>Words</p>") == "The Start: a, b: Words"


def test_the_seed_is_one_of_the_approved(shelf: PromptLibrary) -> None:
    found = ask(shelf, {"series": "launch", "subject": "a tent"})
    assert found.seeds == (11, 22, 33)
    assert recipe_of(found).seed == next_seed((11, 22, 33), (), "docs/a.md")
    assert "seed" in found.derived
    assert recipe_of(ask(shelf, {"series": "launch", "subject": "a tent", "seed": 22})).seed == 22
    with pytest.raises(
        RecipeError, match=r"hero\.seed`: 5 is not approved for the series 'launch', expected one of 11, 22, 33"
    ):
        ask(shelf, {"series": "launch", "subject": "a tent", "seed": 5})


def test_procedural_keeps_the_words_and_ignores_them(shelf: PromptLibrary) -> None:
    found = recipe_of(ask(shelf, {"template": "hero", "preset": "brand", "subject": "a tent", "seed": 7}))
    assert found.options["prompt"] == "a tent, flat illustration, soft light"
    assert PROCEDURAL.notes(found) == ("the prompt was ignored, procedural art follows seed, style and colors",)


def test_the_negative_prompt_has_one_name(shelf: PromptLibrary) -> None:
    for name in ("negative_prompt", "neg_prompt"):
        with pytest.raises(RecipeError, match=r"hero\.neg\w+`: is not what we call it\n  what .* is `negative`"):
            ask(shelf, {"prompt": "x", name: "y", "provider": "diffusers"})
    with pytest.raises(RecipeError, match="did you mean `negative` for `negatve`"):
        ask(shelf, {"prompt": "x", "negatve": "y"})


def test_all_faults_are_told_with_their_place(shelf: PromptLibrary) -> None:
    with pytest.raises(RecipeError) as caught:
        ask(shelf, {"template": "heor", "negatives": ["zzz"], "width": 5, "depicts": "photo", "focal": "left"})
    assert len(caught.value.faults) == 5
    assert all(fault.message.startswith("docs/a.md: front matter key `hero") for fault in caught.value.faults)


@pytest.mark.parametrize(
    "value", [[0.3, 0.4], (0.3, 0.4), "30% 40%", "0.3 0.4", "30%, .4", ["30%", "40%"], "[0.3, 0.4]"]
)
def test_the_focal_point(shelf: PromptLibrary, value: Any) -> None:
    assert ask(shelf, {"prompt": "x", "focal": value}).focal == pytest.approx((0.3, 0.4))


@pytest.mark.parametrize(
    "value", ["left", [0.3], [0.3, 1.4], [30, 40], "130% 10%", True, [True, False], {}, "", "nan nan"]
)
def test_no_focal_point(shelf: PromptLibrary, value: Any) -> None:
    with pytest.raises(RecipeError, match=r"`hero\.focal`: expected two shares from 0 to 1"):
        ask(shelf, {"src": "a.jpg", "focal": value})


def test_what_a_picture_depicts(shelf: PromptLibrary) -> None:
    assert ask(shelf, {"prompt": "x", "depicts": "Realistic"}).depicts == "realistic"
    found = ask(shelf, {"src": "a.jpg", "depicts": "illustration", "focal": [1, 0]})
    assert (found.file, found.depicts, found.focal) == ("a.jpg", "illustration", (1.0, 0.0))
    with pytest.raises(RecipeError, match="did you mean `illustration`"):
        ask(shelf, {"src": "a.jpg", "depicts": "ilustration"})


def test_flat_front_matter_says_the_same(shelf: PromptLibrary) -> None:
    nested = ask(shelf, {"series": "launch", "subject": "2001", "depicts": "illustration", "focal": [0.3, 0.4]})
    meta = {
        "Hero_series": "launch", "Hero_subject": "2001", "Hero_depicts": "illustration", "Hero_focal": "[0.3, 0.4]",
    }  # fmt: skip
    page = Page(path="a.html", hints=PageHints(source=Path("docs/a.md"), title="The Start", meta=meta))
    assert request_parser.request(page, settings=HeroSettings(), complete=complete, library=shelf) == nested
    listed = ask(shelf, {"prompt": "x", "negatives": ["people", "text"], "provider": "diffusers"})
    flat = {"hero_prompt": "x", "hero_negatives": "people, text", "hero_provider": "diffusers"}
    page = Page(path="a.html", hints=PageHints(source=Path("docs/a.md"), title="The Start", meta=flat))
    found = request_parser.request(page, settings=HeroSettings(), complete=complete, library=shelf)
    assert found is not None
    assert found.recipe == listed.recipe


def test_themes_keep_their_words(shelf: PromptLibrary) -> None:
    for meta in (
        {"cover": {"template": "wide.html"}},
        {"image_series": "x"},
        {"hero_light": "x"},
        {"hero_action": "x"},
    ):
        page = Page(path="a.html", hints=PageHints(meta=meta))
        assert request_parser.request(page, settings=HeroSettings(), complete=complete, library=shelf) is None


def test_image_is_a_file_or_what_a_picture_is_made_from(shelf: PromptLibrary) -> None:
    assert ask(shelf, {"image": "a.jpg"}).file == "a.jpg"
    made = ask(shelf, {"prompt": "x", "image": "a.jpg", "strength": 0.4, "provider": "diffusers"})
    assert recipe_of(made).options == {"prompt": "x", "image": "a.jpg", "strength": 0.4}


# -- series ------------------------------------------------------------------------------------------------------------


def test_a_next_seed_prefers_those_that_nobody_has() -> None:
    first = next_seed((11, 22, 33), (), "a.md")
    assert next_seed((11, 22, 33), (), "a.md") == first
    left = {11, 22, 33} - {first}
    second = next_seed((11, 22, 33), (first,), "a.md")
    assert second in left
    assert next_seed((11, 22, 33), (first, second), "a.md") in left - {second}
    assert next_seed((11, 22, 33), (11, 11, 22, 33, 33), "a.md") == 22, "all are taken: the least used one"
    with pytest.raises(ValueError, match="no next one"):
        next_seed((), (), "a.md")


def test_the_pages_of_a_run_spread_over_the_list(shelf: PromptLibrary) -> None:
    def request(page: str, **changes: Any) -> HeroRequest:
        recipe = Recipe(provider="x", seed=11, width=64, height=64)
        known = {"seeds": (11, 22, 33), "evidence": {"series": "launch"}, "derived": frozenset({"seed"}), **changes}
        return HeroRequest(page=page, recipe=recipe, **known)

    pinned = Pin(
        page="old.md",
        recipe=Recipe(provider="x", seed=22, width=64, height=64),
        recipe_hash="",
        file="",
        file_sha256="",
        pixels_sha256="",
        digital_source_type="",
        width=64,
        height=64,
        env={"series": "launch"},
    )
    asked = {name: request(name) for name in ("b.md", "a.md", "old.md")}
    asked["mine.md"] = request("mine.md", derived=frozenset())
    found = drawn(asked, [pinned])
    assert set(found) == {"a.md", "b.md"}
    assert set(found.values()) == {11, 33}
    assert drawn(dict(reversed(asked.items())), [pinned]) == found
    assert drawn({"a.md": request("a.md", seeds=())}, [pinned]) == {}


# -- the file ----------------------------------------------------------------------------------------------------------


def test_no_file_is_an_empty_library(tmp_path: Path) -> None:
    assert prompts_file.read(tmp_path / "prompts.toml", "prompts.toml") == EMPTY


def test_the_file_is_read(shelf: PromptLibrary) -> None:
    assert (shelf.exists, shelf.version) == (True, "3")
    assert set(shelf.templates) == {"hero", "guide"}
    assert shelf.series["launch"].vary == "subject"
    assert "seeds" not in shelf.series["launch"].given


def test_every_fault_of_the_file_is_told_at_once(tmp_path: Path) -> None:
    text = """version = true
pressets = 1
[templates.a]
promt = "x"
[templates.b]
prompt = '''
{{ subject }}
{% if light %}
'''
negative = "{{ negativs }}"
[templates.c]
prompt = "{{ sbject }} {{ title"
[presets.p]
subjet = "x"
light = 7
style = "{{ lens }}"
negatives = ["peple"]
[negatives]
people = ""
[series.s]
template = "d"
preset = "q"
seed = 7
seeds = [1, -2]
vary = "subjct"
stepps = 3
tile = 4
[series]
t = 3
"""
    with pytest.raises(SettingsError) as caught:
        library(text.replace("[series]\nt = 3\n", ""), folder=tmp_path)
    assert caught.value.faults == (
        "prompts.toml: pressets: unknown key, did you mean presets?",
        "prompts.toml: version: found true, expected text or a whole number",
        "prompts.toml: templates.a.promt: unknown key, did you mean prompt?",
        "prompts.toml: templates.a: has no `prompt`",
        "prompts.toml: line 8: templates.b.prompt: is no template: Unexpected end of template. Jinja was looking for "
        "the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
        "prompts.toml: line 10: templates.b.negative: asks for 'negativs', which is no word here, "
        "did you mean negatives?",
        "prompts.toml: line 12: templates.c.prompt: is no template: unexpected end of template, "
        "expected 'end of print statement'.",
        "prompts.toml: presets.p.subjet: unknown key, did you mean subject?",
        "prompts.toml: presets.p.light: found 7, expected text that is not empty",
        "prompts.toml: line 16: presets.p.style: asks for 'lens', which is no word here, "
        "expected one of title, tags, summary",
        "prompts.toml: negatives.people: found text '', expected text that is not empty",
        "prompts.toml: series.s.seed: is written on each page, a series does not share it",
        "prompts.toml: series.s.stepps: unknown key, did you mean steps?",
        "prompts.toml: series.s.seeds: found a list, expected a list of whole numbers, 0 or more",
        "prompts.toml: series.s.vary: found text 'subjct', expected one of subject, action, setting, style, light, "
        "lens, composition, detail, prompt",
        "prompts.toml: presets.p.negatives: found text 'peple', which is not in this file, did you mean people?",
        "prompts.toml: series.s.template: found text 'd', which is not in this file, expected one of a, b, c",
        "prompts.toml: series.s.preset: found text 'q', which is not in this file, expected one of p",
    )


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"version = 1\n[templates\n", "prompts.toml: not TOML: "),
        (b"version = 1\n# \xff\n", "prompts.toml: line 2: found byte 0xff, expected UTF-8"),
        (b"templates = 3\n", "prompts.toml: templates: found 3, expected a table [templates]"),
        (b"[series]\nlaunch = 3\n", "prompts.toml: series.launch: found 3, expected a table [series.launch]"),
        (b"[series.a]\nseeds = []\n", "prompts.toml: series.a.seeds: found an empty list"),
        (b"[series.a]\nseeds = [3, 3]\n", "prompts.toml: series.a.seeds: names 3 twice"),
        (
            b"[templates.a]\nprompt = '{{ subject }}'\n[series.a]\ntemplate = 'a'\nlens = '35mm'\n",
            "prompts.toml: series.a.lens: its template has no place for lens, it has places for subject",
        ),
        (
            b"[templates.a]\nprompt = '{{ subject }}'\n[series.a]\ntemplate = 'a'\nvary = 'light'\n",
            "prompts.toml: series.a.vary: its template has no place for light, it has places for subject",
        ),
        (b"[templates.a]\nprompt = 'x'\n[series.a]\ntemplate = 'a'\nprompt = 'y'\n", "series.a.prompt: cannot stand"),
    ],
)
def test_files_of_another_shape(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "prompts.toml"
    path.write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        prompts_file.read(path, "prompts.toml")
    assert told in caught.value.faults[0]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "prompts.toml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        prompts_file.read(tmp_path / "prompts.toml", "prompts.toml")


def test_the_manual_shows_what_comes_out(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "site_example/docs/features/recipes.md").read_text("utf-8")
    toml, came_out = (re.findall(rf"```{fence}[^\n]*\n(.*?)```", manual, re.DOTALL)[0] for fence in ("toml", "text"))
    words = {"series": "guide", "subject": "a small tent between pines"}
    found = resolve(library(toml, folder=tmp_path), words, {"title": "Pitching the tent"}).given
    assert came_out == f"prompt: {found['prompt']}\nnegative: {found['negative']}\n"


def test_a_bare_folder_names_its_words_by_url_or_in_the_page(tmp_path: Path) -> None:
    meta = """<meta name="imageseo:hero" content='{"template": "guide", "seed": 3, "focal": "30% 40%"}'>"""
    entry = '["guide/*"]\ntemplate = "hero"\npreset = "brand"\nsubject = "{{ title }}"\nseed = 5\n'
    files = {
        "prompts.toml": FILE,
        "heroes.toml": entry,
        "public/guide/a.html": "<title>Maps &amp; tents</title><main><h1>Maps</h1></main>",
        "public/b.html": f"<title>Start</title>{meta}<main><h1>Start</h1></main>",
    }
    write(tmp_path, files)
    done = run("imageseo", "generate", "--site", "public", "--dry-run", "--format", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = {hero["page"]: hero["prompt"] for hero in json.loads(done.stdout)["heroes"]}
    assert told == {
        "b.html": "Start, paper cut-out",
        "guide/a.html": "Maps & tents, flat illustration, soft light",
    }
    assert not (tmp_path / lock.NAME).exists()


# -- a real site -------------------------------------------------------------------------------------------------------


def test_a_site_with_a_library_of_prompts(tmp_path: Path) -> None:
    words = "template: hero, preset: brand, subject: '{{{{ title }}}} {}', seed: 7"
    page = f"---\ntitle: {{}}\nhero: {{{{{words}}}}}\n---\n# A\n\nText.\n"
    config = "plugins:\n  - imageseo:\n      hero: {width: 320, height: 180}\n"
    files = {"prompts.toml": FILE, "docs/start.md": page.format("Start", "tent")}
    site = mkdocs_site(tmp_path, files=files, config=config)
    assert (done := run("imageseo", "generate", cwd=site)).returncode == 0, done.stderr
    assert "docs/start.md: the prompt was ignored, procedural art follows seed, style and colors" in done.stdout
    (pin,) = lock.read(site / lock.NAME).pins
    assert pin.recipe.options["prompt"] == "Start tent, flat illustration, soft light"
    assert pin.recipe.options["negative"] == "text, watermark, Faces, blurry"
    assert {"template": "hero", "preset": "brand", "prompts": "3"}.items() <= pin.env.items()

    write(site, {"docs/start.md": page.format("Strat", "tent")})
    done = run("mkdocs", "build", cwd=site, env={"IMAGESEO_FROZEN": "1"})
    assert done.returncode == 0, done.stderr
    assert "prompt 'Start tent, flat illustration, soft light', now 'Strat tent," in done.stderr, "stale, and built"

    write(site, {"docs/start.md": page.format("Start", "boat")})
    done = run("mkdocs", "build", cwd=site, env={"IMAGESEO_FROZEN": "1"})
    assert done.returncode != 0
    assert "the hero's recipe changed since it was pinned (prompt)" in done.stderr

    write(site, {"prompts.toml": FILE.replace("{{ subject }}, {{ action", "{{ sbject }}, {{ action")})
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode != 0
    assert "prompts.toml: line 5: templates.hero.prompt: asks for 'sbject'" in done.stderr
    assert "Traceback" not in done.stderr
