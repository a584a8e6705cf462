"""Prompts are built from templates, presets, negatives, series and texts of the page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.lock import lock
from imageseo.heroes.providers.procedural import PROVIDER as PROCEDURAL
from imageseo.heroes.recipes import prompts_file, request_parser
from imageseo.heroes.recipes.prompt_library import EMPTY, PromptLibrary
from imageseo.heroes.recipes.prompt_resolver import ResolvedPrompt, resolve
from imageseo.heroes.recipes.prompt_templates import tidy
from imageseo.heroes.recipes.seed_series import assign_seeds, next_seed
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
def shared(tmp_path_factory: pytest.TempPathFactory) -> PromptLibrary:
    return library(folder=tmp_path_factory.mktemp("prompts"))


def faults(shared: PromptLibrary, given_keys: Mapping[str, Any], context: Mapping[str, Any] = CONTEXT) -> str:
    with pytest.raises(RecipeError) as caught:
        resolve(shared, given_keys, context)
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
def test_recipe_keys_become_a_prompt(
    shared: PromptLibrary, given_keys: dict[str, Any], prompt: str, negative: str | None
) -> None:
    found = resolve(shared, given_keys, CONTEXT).given
    assert found == {"prompt": prompt, **({} if negative is None else {"negative": negative})}


def test_style_without_placeholder_is_passed_to_the_provider(shared: PromptLibrary) -> None:
    assert resolve(shared, {"template": "guide", "style": "topo"}, CONTEXT).given["style"] == "topo"
    assert resolve(shared, {"prompt": "x", "style": "topo"}, CONTEXT).given == {"prompt": "x", "style": "topo"}
    assert resolve(EMPTY, {"style": "topo", "seed": 7}, CONTEXT) == ResolvedPrompt(given={"style": "topo", "seed": 7})
    assert "style" not in resolve(shared, {"subject": "x", "style": "ink"}, CONTEXT).given


def test_series_sets_all_but_one_slot(shared: PromptLibrary) -> None:
    found = resolve(shared, {"series": "launch", "subject": "a tent", "alt": "x"}, CONTEXT)
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
    ("given_keys", "parts"),
    [
        ({"template": "heor"},
         ["`template`: found 'heor', which prompts.toml does not define", "did you mean `hero`?"]),
        ({"template": 7}, ["`template`: expected a name from prompts.toml, found 7"]),
        ({"preset": "zzz"}, ["`preset`: found 'zzz'", "available: `brand`"]),
        ({"series": "lunch"}, ["did you mean `launch`?"]),
        ({"template": "hero", "style": "x", "light": "y"}, ["`template`: uses `subject`, which has no value"]),
        ({"template": "hero", "prompt": "x"}, ["`prompt`: cannot be combined with `template`"]),
        ({"template": "hero", "negatives": ["peple"], "style": 7},
         ["`negatives`: found 'peple'", "did you mean `people`?", "`style`: expected text, found 7"]),
        ({"template": "guide", "lens": "35mm"},
         ["`lens`: the template 'guide' has no placeholder for it", "`subject`"]),
        ({"prompt": "{{ subjct }}", "subject": "x"}, ["`subject`: the prompt has no placeholder for it"]),
        ({"prompt": "{{ subjct }}"}, ["`prompt`: uses the unknown variable 'subjct'", "did you mean `subject`?"]),
        ({"prompt": "a\n{% if %}"}, ["`prompt`: line 2: Expected an expression"]),
        ({"prompt": "{{ title.x }}"}, ["`prompt`: cannot be rendered"]),
        ({"prompt": "{{ title + 7 }}"}, ["`prompt`: cannot be rendered"]),
        ({"prompt": "{{ ''.__class__.__mro__ }}"}, ["`prompt`: "]),
        ({"prompt": "{{ 'x' * 20000 }}"}, ["`prompt`: renders to 20000 characters, expected at most 10000"]),
        ({"prompt": "{{ '' }}"}, ["`prompt`: the rendered prompt is empty"]),
        ({"negatives": [7], "prompt": "x"}, ["`negatives`: expected a list of names, found [7]"]),
        ({"series": "launch", "subject": "x", "style": "ink"},
         ["`style`: is already set by the series 'launch' ('flat", "`subject`"]),
        ({"series": "launch", "subject": "x", "model": "other", "prompt": "y"},
         ["`model`: is already set by the series", "`prompt`: is already set by the series"]),
        ({"series": "launch"}, ["`subject` is missing: the series 'launch' requires it"]),
    ],
)  # fmt: skip
def test_fault_of_a_prompt_key_is_reported(shared: PromptLibrary, given_keys: dict[str, Any], parts: list[str]) -> None:
    text = faults(shared, given_keys)
    for part in parts:
        assert part in text
    assert "Hero recipe: " in text


def test_template_variable_without_value_is_reported(shared: PromptLibrary) -> None:
    assert "uses `summary`, which has no value" in faults(shared, {"prompt": "{{ summary }}"}, {"title": "x"})


def test_template_without_library_is_reported() -> None:
    text = faults(EMPTY, {"template": "hero", "subject": "x"})
    assert "`template`: found 'hero', but there is no prompts.toml" in text
    assert "[templates]" in text


def test_random_functions_are_not_available(shared: PromptLibrary) -> None:
    for text in ("{{ lipsum() }}", "{{ [1, 2] | random }}"):
        assert "`prompt`" in faults(shared, {"prompt": text})


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("{{ tags | map('upper') }}", "HOWTO, MAPS"),
        ("{{ tags | select('ne', 'maps') }}", "howto"),
        ("{{ [1, 2, 3] | batch(2) }}", "1, 2, 3"),
        ("{{ [2.5, true, none] }}", "2.5, True, None"),
    ],
)
def test_list_of_a_filter_is_joined(shared: PromptLibrary, prompt: str, text: str) -> None:
    assert resolve(shared, {"prompt": prompt}, CONTEXT).given["prompt"] == text


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
def test_object_address_never_reaches_the_prompt(shared: PromptLibrary, prompt: str) -> None:
    message = faults(shared, {"prompt": prompt})
    assert "expected text, a number or a list of them" in message
    assert " at 0x" not in message


@given(
    prompt=st.text("ab {}%,.|'()[]+*", max_size=30) | st.text(max_size=20),
    subject=st.text(max_size=10) | st.none() | st.integers(),
    negatives=st.none() | st.text(max_size=8) | st.lists(st.sampled_from(["people", "text", "x", ""]), max_size=3),
)
def test_any_prompt_is_resolved_or_rejected(shared: PromptLibrary, prompt: str, subject: Any, negatives: Any) -> None:
    given_keys = {"prompt": prompt, "subject": subject, "negatives": negatives}
    try:
        found = resolve(shared, {key: value for key, value in given_keys.items() if value is not None}, CONTEXT)
    except RecipeError:
        return
    assert isinstance(found.given.get("prompt", ""), str)


@given(text=st.text("ab ,.;()[]\\", max_size=30))
def test_tidy_leaves_no_double_spaces_or_commas(text: str) -> None:
    once = tidy(text)
    assert ",," not in once.replace(" ", "")
    assert "  " not in once


def test_provider_with_styles_keeps_the_style(tmp_path: Path) -> None:
    styled = library("[series.news]\nstyle = 'topo'\nseeds = [5, 6]\n", folder=tmp_path)
    for meta in ({"series": "news", "subject": "a tent"}, {"subject": "a tent", "style": "topo"}):
        procedural = recipe_of(ask(styled, meta)).options
        assert (procedural["style"], procedural["prompt"]) == ("topo", "a tent")
        diffusers = recipe_of(ask(styled, {**meta, "provider": "diffusers"})).options
        assert diffusers == {"prompt": "a tent, topo"}


# -- requests ----------------------------------------------------------------------------------------------


def ask(shared: PromptLibrary, meta: Mapping[str, Any], *, title: str = "The Start", **more: Any) -> HeroRequest:
    page = Page(path="a.html", hints=PageHints(source=Path("docs/a.md"), title=title, meta={"hero": meta, **more}))
    found = request_parser.request(page, settings=HeroSettings(), complete=complete, library=shared)
    assert found is not None
    return found


def complete(provider: str, options: Mapping[str, Any]) -> Mapping[str, Any]:
    return options if provider == "diffusers" else PROCEDURAL.complete(options)


def recipe_of(request: HeroRequest) -> Recipe:
    assert request.recipe is not None
    return request.recipe


def test_recipe_contains_only_the_resolved_prompt(shared: PromptLibrary) -> None:
    found = ask(
        shared, {"template": "hero", "subject": "a tent", "preset": "brand", "provider": "diffusers", "seed": 7}
    )
    options = {"prompt": "a tent, flat illustration, soft light", "negative": "text, watermark, Faces, blurry"}
    assert found.recipe == Recipe(provider="diffusers", seed=7, width=1600, height=900, options=options)
    written_out = ask(EMPTY, {**options, "provider": "diffusers", "seed": 7})
    assert recipe_of(written_out).key == recipe_of(found).key
    assert found.derived == frozenset()
    assert found.evidence["template"] == "hero"
    assert written_out.evidence == {}


def test_change_of_page_text_is_derived_and_change_by_author_is_not(shared: PromptLibrary) -> None:
    meta = {"prompt": "{{ title }}, {{ subject }}", "subject": "a tent", "seed": 7}
    first, renamed = ask(shared, meta), ask(shared, meta, title="The Strat")
    assert first.derived == {"prompt"}
    assert recipe_of(first).key != recipe_of(renamed).key
    assert first.evidence["words"] == renamed.evidence["words"]
    other = ask(shared, {**meta, "subject": "a boat"})
    assert other.evidence["words"] != first.evidence["words"], "changed by the author, although `prompt` is derived"
    assert ask(shared, {"template": "guide", "subject": "x", "seed": 1}).derived == {"prompt"}, "it uses the tags"
    via_slot = ask(shared, {"subject": "{{ title }}", "light": "dusk", "seed": 1, "provider": "diffusers"})
    assert via_slot.derived == {"prompt"}
    negative = ask(shared, {"prompt": "x", "negative": "{{ title }}", "seed": 1, "provider": "diffusers"})
    assert negative.derived == {"negative"}


def test_page_variables_are_plain_text(shared: PromptLibrary) -> None:
    def prompt(**more: Any) -> Any:
        return recipe_of(ask(shared, {"prompt": "{{ title }}: {{ tags }}: {{ summary }}"}, **more)).options["prompt"]

    assert prompt(tags=["a", "b"], description="It <b>is</b>", title="A <i>B</i>") == "A B: a, b: It is"
    assert prompt(keywords="a, b", summary="<p>Words</p>") == "The Start: a, b: Words"


def test_seed_must_be_approved_by_the_series(shared: PromptLibrary) -> None:
    found = ask(shared, {"series": "launch", "subject": "a tent"})
    assert found.seeds == (11, 22, 33)
    assert recipe_of(found).seed == next_seed((11, 22, 33), (), "docs/a.md")
    assert "seed" in found.derived
    assert recipe_of(ask(shared, {"series": "launch", "subject": "a tent", "seed": 22})).seed == 22
    with pytest.raises(
        RecipeError, match=r"hero\.seed`: 5 is not approved for the series 'launch', expected one of 11, 22, 33"
    ):
        ask(shared, {"series": "launch", "subject": "a tent", "seed": 5})


def test_procedural_ignores_the_prompt(shared: PromptLibrary) -> None:
    found = recipe_of(ask(shared, {"template": "hero", "preset": "brand", "subject": "a tent", "seed": 7}))
    assert found.options["prompt"] == "a tent, flat illustration, soft light"
    assert PROCEDURAL.notes(found) == ("the prompt was ignored: procedural art depends on seed, style and colors only",)


def test_other_names_of_the_negative_prompt_are_rejected(shared: PromptLibrary) -> None:
    for name in ("negative_prompt", "neg_prompt"):
        with pytest.raises(RecipeError, match=r"hero\.neg\w+`: unknown key\n  .* is called `negative`"):
            ask(shared, {"prompt": "x", name: "y", "provider": "diffusers"})
    with pytest.raises(RecipeError, match="did you mean `negative` for `negatve`"):
        ask(shared, {"prompt": "x", "negatve": "y"})


def test_all_faults_are_reported_with_page_and_key(shared: PromptLibrary) -> None:
    with pytest.raises(RecipeError) as caught:
        ask(shared, {"template": "heor", "negatives": ["zzz"], "width": 5, "depicts": "photo", "focal": "left"})
    assert len(caught.value.faults) == 5
    assert all(fault.message.startswith("docs/a.md: front matter key `hero") for fault in caught.value.faults)


@pytest.mark.parametrize(
    "value", [[0.3, 0.4], (0.3, 0.4), "30% 40%", "0.3 0.4", "30%, .4", ["30%", "40%"], "[0.3, 0.4]"]
)
def test_focal_point_is_read(shared: PromptLibrary, value: Any) -> None:
    assert ask(shared, {"prompt": "x", "focal": value}).focal == pytest.approx((0.3, 0.4))


@pytest.mark.parametrize(
    "value", ["left", [0.3], [0.3, 1.4], [30, 40], "130% 10%", True, [True, False], {}, "", "nan nan"]
)
def test_invalid_focal_point_is_rejected(shared: PromptLibrary, value: Any) -> None:
    with pytest.raises(RecipeError, match=r"`hero\.focal`: expected two fractions from 0 to 1"):
        ask(shared, {"src": "a.jpg", "focal": value})


def test_depicts_is_read(shared: PromptLibrary) -> None:
    assert ask(shared, {"prompt": "x", "depicts": "Realistic"}).depicts == "realistic"
    found = ask(shared, {"src": "a.jpg", "depicts": "illustration", "focal": [1, 0]})
    assert (found.file, found.depicts, found.focal) == ("a.jpg", "illustration", (1.0, 0.0))
    with pytest.raises(RecipeError, match="did you mean `illustration`"):
        ask(shared, {"src": "a.jpg", "depicts": "ilustration"})


def test_flat_front_matter_equals_nested(shared: PromptLibrary) -> None:
    nested = ask(shared, {"series": "launch", "subject": "2001", "depicts": "illustration", "focal": [0.3, 0.4]})
    meta = {
        "Hero_series": "launch", "Hero_subject": "2001", "Hero_depicts": "illustration", "Hero_focal": "[0.3, 0.4]",
    }  # fmt: skip
    page = Page(path="a.html", hints=PageHints(source=Path("docs/a.md"), title="The Start", meta=meta))
    assert request_parser.request(page, settings=HeroSettings(), complete=complete, library=shared) == nested
    listed = ask(shared, {"prompt": "x", "negatives": ["people", "text"], "provider": "diffusers"})
    flat = {"hero_prompt": "x", "hero_negatives": "people, text", "hero_provider": "diffusers"}
    page = Page(path="a.html", hints=PageHints(source=Path("docs/a.md"), title="The Start", meta=flat))
    found = request_parser.request(page, settings=HeroSettings(), complete=complete, library=shared)
    assert found is not None
    assert found.recipe == listed.recipe


def test_keys_of_themes_are_ignored(shared: PromptLibrary) -> None:
    for meta in (
        {"cover": {"template": "wide.html"}},
        {"image_series": "x"},
        {"hero_light": "x"},
        {"hero_action": "x"},
    ):
        page = Page(path="a.html", hints=PageHints(meta=meta))
        assert request_parser.request(page, settings=HeroSettings(), complete=complete, library=shared) is None


def test_image_is_the_hero_or_the_input_of_a_recipe(shared: PromptLibrary) -> None:
    assert ask(shared, {"image": "a.jpg"}).file == "a.jpg"
    found = ask(shared, {"prompt": "x", "image": "a.jpg", "strength": 0.4, "provider": "diffusers"})
    assert recipe_of(found).options == {"prompt": "x", "image": "a.jpg", "strength": 0.4}


# -- series ------------------------------------------------------------------------------------------------------------


def test_next_seed_is_the_least_used_one() -> None:
    first = next_seed((11, 22, 33), (), "a.md")
    assert next_seed((11, 22, 33), (), "a.md") == first
    left = {11, 22, 33} - {first}
    second = next_seed((11, 22, 33), (first,), "a.md")
    assert second in left
    assert next_seed((11, 22, 33), (first, second), "a.md") in left - {second}
    assert next_seed((11, 22, 33), (11, 11, 22, 33, 33), "a.md") == 22, "all are in use: the least used one"
    with pytest.raises(ValueError, match="no approved seeds"):
        next_seed((), (), "a.md")


def test_pages_of_a_run_spread_over_the_seeds(shared: PromptLibrary) -> None:
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
    requests = {name: request(name) for name in ("b.md", "a.md", "old.md")}
    requests["mine.md"] = request("mine.md", derived=frozenset())
    found = assign_seeds(requests, [pinned])
    assert set(found) == {"a.md", "b.md"}
    assert set(found.values()) == {11, 33}
    assert assign_seeds(dict(reversed(requests.items())), [pinned]) == found
    assert assign_seeds({"a.md": request("a.md", seeds=())}, [pinned]) == {}


# -- the file ----------------------------------------------------------------------------------------------------------


def test_missing_file_is_an_empty_library(tmp_path: Path) -> None:
    assert prompts_file.read(tmp_path / "prompts.toml", "prompts.toml") == EMPTY


def test_file_is_read(shared: PromptLibrary) -> None:
    assert (shared.exists, shared.version) == (True, "3")
    assert set(shared.templates) == {"hero", "guide"}
    assert shared.series["launch"].vary == "subject"
    assert "seeds" not in shared.series["launch"].given


def test_all_faults_of_the_file_are_reported_at_once(tmp_path: Path) -> None:
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
        "prompts.toml: line 8: templates.b.prompt: not a valid template: Unexpected end of template. Jinja was looking "
        "for the following tags: 'elif' or 'else' or 'endif'. The innermost block that needs to be closed is 'if'.",
        "prompts.toml: line 10: templates.b.negative: uses the unknown variable 'negativs', did you mean negatives?",
        "prompts.toml: line 12: templates.c.prompt: not a valid template: unexpected end of template, "
        "expected 'end of print statement'.",
        "prompts.toml: presets.p.subjet: unknown key, did you mean subject?",
        "prompts.toml: presets.p.light: found 7, expected text that is not empty",
        "prompts.toml: line 16: presets.p.style: uses the unknown variable 'lens', "
        "expected one of title, tags, summary",
        "prompts.toml: negatives.people: found text '', expected text that is not empty",
        "prompts.toml: series.s.seed: belongs on each page, a series cannot set it",
        "prompts.toml: series.s.stepps: unknown key, did you mean steps?",
        "prompts.toml: series.s.seeds: found a list, expected a list of whole numbers, 0 or more",
        "prompts.toml: series.s.vary: found text 'subjct', expected one of subject, action, setting, style, light, "
        "lens, composition, detail, prompt",
        "prompts.toml: presets.p.negatives: found text 'peple', which this file does not define, did you mean people?",
        "prompts.toml: series.s.template: found text 'd', which this file does not define, expected one of a, b, c",
        "prompts.toml: series.s.preset: found text 'q', which this file does not define, expected one of p",
    )


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"version = 1\n[templates\n", "prompts.toml: not valid TOML: "),
        (b"version = 1\n# \xff\n", "prompts.toml: line 2: found byte 0xff, expected UTF-8"),
        (b"templates = 3\n", "prompts.toml: templates: found 3, expected a table [templates]"),
        (b"[series]\nlaunch = 3\n", "prompts.toml: series.launch: found 3, expected a table [series.launch]"),
        (b"[series.a]\nseeds = []\n", "prompts.toml: series.a.seeds: found an empty list"),
        (b"[series.a]\nseeds = [3, 3]\n", "prompts.toml: series.a.seeds: lists 3 more than once"),
        (
            b"[templates.a]\nprompt = '{{ subject }}'\n[series.a]\ntemplate = 'a'\nlens = '35mm'\n",
            "prompts.toml: series.a.lens: its template has no placeholder for lens, only for subject",
        ),
        (
            b"[templates.a]\nprompt = '{{ subject }}'\n[series.a]\ntemplate = 'a'\nvary = 'light'\n",
            "prompts.toml: series.a.vary: its template has no placeholder for light, only for subject",
        ),
        (
            b"[templates.a]\nprompt = 'x'\n[series.a]\ntemplate = 'a'\nprompt = 'y'\n",
            "series.a.prompt: cannot be combined",
        ),
    ],
)
def test_invalid_file_is_rejected(tmp_path: Path, data: bytes, fault: str) -> None:
    path = tmp_path / "prompts.toml"
    path.write_bytes(data)
    with pytest.raises(SettingsError) as caught:
        prompts_file.read(path, "prompts.toml")
    assert fault in caught.value.faults[0]


def test_folder_instead_of_file_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "prompts.toml").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        prompts_file.read(tmp_path / "prompts.toml", "prompts.toml")


def test_manual_example_matches_the_resolved_prompt(tmp_path: Path) -> None:
    manual = (Path(__file__).parents[2] / "site_example/docs/how-to/prompts.md").read_text("utf-8")
    toml, expected = (re.findall(rf"```{fence}[^\n]*\n(.*?)```", manual, re.DOTALL)[0] for fence in ("toml", "text"))
    words = {"series": "guide", "subject": "a small tent between pines"}
    found = resolve(library(toml, folder=tmp_path), words, {"title": "Pitching the tent"}).given
    assert expected == f"prompt: {found['prompt']}\nnegative: {found['negative']}\n"


def test_bare_folder_uses_prompt_keys_of_heroes_toml_and_meta(tmp_path: Path) -> None:
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
    prompts = {hero["page"]: hero["prompt"] for hero in json.loads(done.stdout)["heroes"]}
    assert prompts == {
        "b.html": "Start, paper cut-out",
        "guide/a.html": "Maps & tents, flat illustration, soft light",
    }
    assert not (tmp_path / lock.NAME).exists()


# -- a real site -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_mkdocs_site_with_prompt_library(tmp_path: Path) -> None:
    words = "template: hero, preset: brand, subject: '{{{{ title }}}} {}', seed: 7"
    page = f"---\ntitle: {{}}\nhero: {{{{{words}}}}}\n---\n# A\n\nText.\n"
    config = "plugins:\n  - imageseo:\n      hero: {width: 320, height: 180}\n"
    files = {"prompts.toml": FILE, "docs/start.md": page.format("Start", "tent")}
    site = mkdocs_site(tmp_path, files=files, config=config)
    assert (done := run("imageseo", "generate", cwd=site)).returncode == 0, done.stderr
    assert "docs/start.md: the prompt was ignored: procedural art depends on seed, style and colors only" in done.stdout
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
    assert "the hero's recipe has changed since it was pinned (prompt)" in done.stderr

    write(site, {"prompts.toml": FILE.replace("{{ subject }}, {{ action", "{{ sbject }}, {{ action")})
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode != 0
    assert "prompts.toml: line 5: templates.hero.prompt: uses the unknown variable 'sbject'" in done.stderr
    assert "Traceback" not in done.stderr
