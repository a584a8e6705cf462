"""A dry run reports what `generate` would do, without doing it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from imageseo.heroes.generate.dry_run import DryRun, plan
from imageseo.heroes.generate.model_changes import ModelRef, expected_refusal
from imageseo.heroes.generate.planner import plan_generation
from imageseo.heroes.generate.runner import generate
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.store import FolderMasterStore
from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.hero import HeroRequest, Master, Recipe
from tests.support.fakes import OneColour


class FailingProvider(OneColour):
    """Fails if a hero is made."""

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        raise AssertionError("a dry run makes nothing")


def ask(page: str, prompt: str = "a tent", **more: object) -> HeroRequest:
    recipe = Recipe(provider="one-colour", seed=7, width=32, height=18, options={"prompt": prompt, "negative": "rain"})
    return replace(HeroRequest(page=page, recipe=recipe), **more)  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Five pages with heroes, of which one is then edited and one removed."""
    pages = [ask(page, prompt=page) for page in ("changed.md", "damaged.md", "gone.md", "kept.md", "stale.md")]
    vault = FolderMasterStore(tmp_path, "heroes")
    generate(pages, providers={"one-colour": OneColour()}, vault=vault, lock_path=tmp_path / locks.NAME)
    pins = {pin.page: pin for pin in locks.read(tmp_path / locks.NAME).pins}
    (tmp_path / pins["gone.md"].file).unlink()
    (tmp_path / pins["damaged.md"].file).write_bytes(b"edited")
    return tmp_path


def dry(project: Path, *more: HeroRequest, **options: object) -> DryRun:
    requests = [
        ask("changed.md", prompt="a boat", evidence={"template": "hero", "prompts": "3"}),
        ask("damaged.md", prompt="damaged.md"),
        ask("gone.md", prompt="gone.md"),
        ask("kept.md", prompt="kept.md"),
        ask("stale.md", prompt="another title", derived=frozenset({"prompt", "seed"})),
        *more,
    ]
    generate_plan = plan_generation(
        requests,
        locks.read(project / locks.NAME),
        FolderMasterStore(project, "heroes"),
        present=None,
        redraw=(),
        command="imageseo generate {}".format,
    )
    return plan(generate_plan, {"one-colour": FailingProvider()}, **options)  # type: ignore[arg-type]


def test_every_action_is_reported_and_nothing_is_written(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    new = ask("new.md", prompt="new")
    unknown = replace(new, page="unknown.md", recipe=Recipe(provider="dall-e", seed=1, width=9, height=9))
    equal = ask("equal.md", prompt="kept.md")
    found = dry(project, new, unknown, equal, faults=[("bad.md", RecipeError("bad.md: `seed`: no", hint="correct it"))])
    assert {
        row.page: (row.action, row.reason) for row in found.rows if row.action in ("make", "keep", "stale", "share")
    } == {
        "changed.md": ("make", "its recipe has changed"),
        "equal.md": ("share", ""),
        "gone.md": ("make", "its image was missing"),
        "kept.md": ("keep", ""),
        "new.md": ("make", "new"),
        "stale.md": ("stale", ""),
    }
    refused = {row.page: row.reason for row in found.rows if row.action == "refuse"}
    assert set(refused) == {"bad.md", "damaged.md", "unknown.md"}
    assert "is not the pinned file" in refused["damaged.md"]
    assert refused["unknown.md"] == "unknown hero provider 'dall-e'"
    assert found.failed
    assert found.counts == {"make": 3, "keep": 1, "share": 1, "stale": 1, "refuse": 3}
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_pins_to_drop_are_reported(project: Path) -> None:
    generate(
        [ask("left.md", prompt="left"), ask("seen.md", prompt="seen")],
        providers={"one-colour": OneColour()},
        vault=FolderMasterStore(project, "heroes"),
        lock_path=project / locks.NAME,
    )
    assert "drop" not in dry(project).counts, "not all pages are known"
    found = dry(project, prune=lambda page: page != "seen.md")
    (row,) = (row for row in found.rows if row.action == "drop")
    pin = locks.read(project / locks.NAME).of_page("left.md")
    assert pin is not None
    assert (row.page, row.recipe, row.pinned) == ("left.md", pin.recipe, pin.recipe_hash)
    assert "left.md: has no hero any more, its pin would be dropped\n" in found.as_text()
    assert found.as_text().endswith(", 1 drop\n")
    assert (project / pin.file).is_file()


def test_prompt_changed_by_author_is_not_stale(tmp_path: Path) -> None:
    def request(prompt: str, words: str) -> HeroRequest:
        return ask("a.md", prompt, derived=frozenset({"prompt", "seed"}), evidence={"words": words})

    lock, vault, providers = tmp_path / locks.NAME, FolderMasterStore(tmp_path, "heroes"), {"one-colour": OneColour()}
    generate([request("Start, a tent", "sha256:1")], providers=providers, vault=vault, lock_path=lock)
    renamed = generate([request("Strat, a tent", "sha256:1")], providers=providers, vault=vault, lock_path=lock)
    assert (renamed.stale, renamed.made) == (("a.md",), ())
    edited = generate([request("Start, a boat", "sha256:2")], providers=providers, vault=vault, lock_path=lock)
    assert [(made.page, made.reason) for made in edited.made] == [("a.md", "changed")]


def test_text_report_shows_recipes_and_counts(project: Path) -> None:
    text = dry(project).as_text()
    changed = ask("changed.md", prompt="a boat").recipe
    assert changed is not None
    assert text.startswith(
        "changed.md: would be made (its recipe has changed)\n"
        "  one-colour, 32x18, seed 7, template hero, prompts 3\n"
        "  prompt: a boat\n"
        "  negative: rain\n"
        f"  recipe: {changed.key}\n"
        "  one colour is all that it paints\n\n"
    )
    assert "stale.md: is kept, although its page has changed since it was made" in text
    assert "prompt: another title" in text
    assert text.endswith("\n\ndry run: 2 make, 1 keep, 1 stale, 1 refuse\n")
    assert replace(dry(project), rows=()).as_text() == "dry run: no page requests a generated hero\n"


def test_json_report_contains_recipes(project: Path) -> None:
    heroes = {hero["page"]: hero for hero in json.loads(dry(project).as_json())["heroes"]}
    pins = {pin.page: pin for pin in locks.read(project / locks.NAME).pins}
    changed = heroes["changed.md"]
    assert (changed["does"], changed["prompt"], changed["negative"]) == ("make", "a boat", "rain")
    assert (changed["provider"], changed["width"], changed["height"], changed["seed"]) == ("one-colour", 32, 18, 7)
    assert changed["pinned"] == pins["changed.md"].recipe_hash != changed["recipe_hash"]
    assert changed["evidence"] == {"template": "hero", "prompts": "3"}
    assert heroes["kept.md"]["pinned"] == heroes["kept.md"]["recipe_hash"]


class HashingProvider(FailingProvider):
    """Hashes the files of its model without loading it. ``digest``: their hash; None: the model is missing."""

    def __init__(self, digest: str | None) -> None:
        super().__init__()
        self.digest = digest

    def models(self, recipe: Recipe) -> dict[str, str]:
        if self.digest is None:
            raise ProviderError("the model is missing")
        return {"model": self.digest}


def test_changed_model_is_detected_without_loading_it(project: Path) -> None:
    recipe = Recipe(provider="one-colour", seed=7, width=32, height=18, options={"model": "m"})
    known = {ModelRef("one-colour", "model", '"m"'): {"sha256:1": "a.md"}}
    command = "imageseo generate --accept-model"
    fault = expected_refusal(HashingProvider("sha256:2"), recipe, known, command)
    assert fault is not None
    assert 'the files of model "m" have the hash sha256:2, but sha256:1 in the pin of a.md' in fault.message
    assert command in fault.hint
    for provider in (HashingProvider("sha256:1"), HashingProvider(None), FailingProvider(), None):
        assert expected_refusal(provider, recipe, known, command) is None


def test_rejected_recipe_is_reported(project: Path) -> None:
    def refuses(recipe: Recipe) -> ProviderError | None:
        return ProviderError("another model", hint="accept it") if recipe.options["prompt"] == "a boat" else None

    found = dry(project, refuses=refuses)
    assert [(row.page, row.reason, row.hint) for row in found.rows if row.action == "refuse"][:1] == [
        ("changed.md", "another model", "accept it")
    ]


class FaultyTemplate(FailingProvider):
    """Finds the fault of a card's template only when it lays out the card."""

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        raise RecipeError("`card.layout`: cards/team.svg.jinja, line 3: a loop", hint="simplify the template")


def test_card_whose_template_fails_is_refused_by_page(project: Path) -> None:
    requests = [ask("new.md", prompt="new"), ask("kept.md", prompt="kept.md")]
    vault = FolderMasterStore(project, "heroes")
    lock = locks.read(project / locks.NAME)
    plan_of_all = plan_generation(requests, lock, vault, present=None, redraw=(), command="imageseo generate {}".format)
    found = {row.page: row for row in plan(plan_of_all, {"one-colour": FaultyTemplate()}).rows}
    assert found["new.md"].action == "refuse"
    assert "line 3" in found["new.md"].reason
    assert found["kept.md"].action == "keep"
