"""What front matter asks for as a hero: a file, a recipe, nothing, or nonsense."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from imageseo.core import urls
from imageseo.core.asked import Asked, Faults, listed, near, show
from imageseo.core.recipes import changed
from imageseo.errors import RecipeError
from imageseo.model.hero import HeroRequest, Recipe
from imageseo.model.image import Rights
from imageseo.model.page import Page
from imageseo.settings import HeroSettings

Complete = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

_FILE_KEYS = ("src", "file", "path", "image", "url")
_RECIPE_KEYS = ("prompt", "seed", "style", "card", "provider")
_SAID_KEYS = ("alt", "caption", "creator", "credit", "copyright", "license", "acquire_license_page")
_KNOWN_KEYS = (*_FILE_KEYS, *_RECIPE_KEYS, *_SAID_KEYS, "width", "height")
# Words, whatever they look like; every other value of a flat (all strings) front matter is read as a JSON value.
_WORDS = frozenset({*_FILE_KEYS, *_SAID_KEYS, "prompt", "negative_prompt", "style", "provider", "title", "subtitle"})
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|jfif|png|webp|avif|gif|svg|tiff?|bmp)(?:[?#].*)?$", re.IGNORECASE)
_WEB = re.compile(r"\s*(?:https?:|data:|//)", re.IGNORECASE)
_OFF = ("false", "none", "off", "no")
_MAX_SEED = 2**63 - 1  # as far as integers of TOML go


def request(
    page: Page,
    *,
    settings: HeroSettings,
    complete: Complete,
    base_url: str | None = None,
    exists: Callable[[str], bool] | None = None,
    meta: Mapping[str, Any] | None = None,
    origin: str = "front matter",
) -> HeroRequest | None:
    """What the author asked for: a file, a recipe, or (``HeroRequest.off``) no hero at all; ``None``: nothing.

    The first of ``settings.keys`` that names an image of this site wins. Only ``hero`` is surely meant for us, so its
    faults are raised as ``RecipeError``; under ``image``, ``cover`` … themes keep many things, and what is no local
    image there is passed over. A foreign URL names no file of ours. ``exists``: whether the built site has a file.
    ``complete``: (provider, options) -> options with the provider's defaults. ``meta``: instead of the page's own.
    """
    given = page.hints.meta if meta is None else meta
    if not given:
        return None
    folded = {key.lower(): value for key, value in given.items() if isinstance(key, str)}
    for key in settings.keys:
        asked = Asked(page=page, origin=origin, key=key, base_url=base_url, exists=exists)
        found = _read(asked, folded, settings, complete)
        if found is not None:
            return found
    return None


def default_seed(page: Page) -> int:
    """A seed of 32 bits that stays with the page, so that a picture is pinned without being asked to."""
    return int.from_bytes(hashlib.sha256(page.key.encode("utf-8", "surrogatepass")).digest()[:4], "big")


def _read(asked: Asked, meta: Mapping[str, Any], settings: HeroSettings, complete: Complete) -> HeroRequest | None:
    ours = asked.key == "hero"
    value = meta.get(asked.key.lower())
    if isinstance(value, str):
        if re.match(r"\s*\{(?!(?:static|attach|filename)\})", value) and (ours or '"prompt"' in value):
            value = asked.mapping(value)
        elif not value.strip():
            value = None
    if value is False or (isinstance(value, str) and value.strip().lower() in _OFF):
        return HeroRequest(page=asked.page.key, origin=asked.where) if ours else None
    flat = _flat(asked.key.lower(), meta)
    recipe_like = isinstance(value, Mapping) and any(key in value for key in _RECIPE_KEYS)
    if not ours and not recipe_like and not flat:
        return _lenient(asked, value)
    if isinstance(value, Mapping):
        mapping = {str(key): each for key, each in value.items() if each is not None}
    elif isinstance(value, str):
        mapping = {"src": value}
    elif value is None:
        mapping = {}
    else:
        hint = (
            f"if `{asked.key}` means something else on this site, give ours another name: `hero.keys` in the settings"
        )
        raise asked.fault("", f"expected a path, a mapping or false, found {show(value)}", hint)
    twice = sorted(set(mapping) & set(flat))
    if twice:
        raise asked.fault(twice[0], f"is also given as `{asked.key}_{twice[0]}`; keep one of them")
    mapping.update(flat)
    return _strict(asked, mapping, settings, complete) if mapping else None


def _strict(asked: Asked, mapping: Mapping[str, Any], settings: HeroSettings, complete: Complete) -> HeroRequest | None:
    files = [key for key in _FILE_KEYS if key in mapping]
    made = [key for key in _RECIPE_KEYS if key in mapping]
    if files and (made or len(files) > 1):
        other = made[0] if made else files[1]
        raise asked.fault(other, f"cannot stand beside `{files[0]}`: a hero is one file or one recipe")
    if not files and not made:
        meant = next(
            ((key, near(key, _KNOWN_KEYS)) for key in mapping if near(key, _KNOWN_KEYS) not in (None, key)), None
        )
        wanted = "no image (`src`) and no recipe (`prompt`, `seed`, `style` or `provider`)"
        hint = f"did you mean `{meant[1]}` for `{meant[0]}`?" if meant else ""
        raise asked.fault("", f"names {wanted}; found {listed(mapping)}", hint)
    faults = Faults()
    # An empty alt is an answer: the picture says nothing that the page does not.
    said = {
        key: "" if key == "alt" and mapping[key] == "" else faults.attempt(partial(asked.text, key, mapping[key]), "")
        for key in _SAID_KEYS
        if key in mapping
    }
    path, made_of = None, _Made()
    if files:
        path = _named_file(asked, files[0], mapping, faults)
    else:
        made_of = _recipe(asked, mapping, settings, complete, faults)
    faults.end()
    if files and path is None:
        return None
    return HeroRequest(
        page=asked.page.key,
        file=path,
        recipe=made_of.recipe,
        derived=made_of.derived,
        alt=said.pop("alt", None),
        caption=said.pop("caption", None),
        rights=Rights(**said),
        origin=asked.where,
    )


def _named_file(asked: Asked, key: str, mapping: Mapping[str, Any], faults: Faults) -> str | None:
    expected = (key, *_SAID_KEYS)
    for unknown in sorted(set(mapping) - set(expected)):
        close = near(unknown, expected)
        hint = f"did you mean `{close}`?" if close else f"expected {listed(expected)}"
        faults.found.append(asked.fault(unknown, "is no key of an image file", hint))
    value = faults.attempt(lambda: asked.text(key, mapping[key]), "")
    path = asked.file(value) if value else None
    if path is None or isinstance(path, str):
        return path
    if path.reason == "outside":
        faults.found.append(asked.fault(key, f"leads out of the site: {show(value)}"))
    elif path.reason == "empty" or not _WEB.match(value):
        hint = 'a recipe is a mapping, in JSON `{"style": "topo", "seed": 4711}`'
        faults.found.append(asked.fault("", f"expected the path of an image or a mapping, found {show(value)}", hint))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A recipe, and what of it came from the page because nobody wrote it."""

    recipe: Recipe | None = None
    derived: frozenset[str] = frozenset()


def _recipe(
    asked: Asked, mapping: Mapping[str, Any], settings: HeroSettings, complete: Complete, faults: Faults
) -> _Made:
    provider = faults.attempt(lambda: asked.text("provider", mapping.get("provider", settings.provider)), "")
    seed = faults.attempt(lambda: asked.whole("seed", mapping.get("seed", default_seed(asked.page)), 0, _MAX_SEED), 0)
    width, height = (
        faults.attempt(partial(asked.whole, key, mapping.get(key, size), 64, 8192), size)
        for key, size in (("width", settings.width), ("height", settings.height))
    )
    own = {"seed", "provider", "width", "height", *_SAID_KEYS}
    options = {key: value for key, value in mapping.items() if key not in own}
    for key, read in (("prompt", asked.text), ("style", asked.text), ("card", asked.card)):
        if key in options:
            value = faults.attempt(partial(read, key, options.pop(key)), None)
            options |= {} if value is None else {key: value}
    derived = frozenset[str]() if "seed" in mapping else frozenset({"seed"})
    card, title = options.get("card"), asked.page.hints.title
    untitled = card is True or (isinstance(card, Mapping) and "title" not in card)
    try:
        if untitled and title and "title" not in options and provider:
            # The provider may put the title anywhere: what another title changes is what came from the page.
            bare = Recipe(provider=provider, seed=seed, width=width, height=height, options=options)
            completed, other = (complete(provider, {**options, "title": text}) for text in (title, f"{title} 2"))
            derived |= set(changed(replace(bare, options=completed), replace(bare, options=other)))
        else:
            completed = complete(provider, options) if provider else {}
    except RecipeError as error:
        faults.found += asked.explained(error, [key for key in options if key in mapping], _KNOWN_KEYS)
        return _Made()
    recipe = Recipe(provider=provider, seed=seed, width=width, height=height, options=completed)
    return _Made(recipe=recipe, derived=derived)


def _lenient(asked: Asked, value: Any) -> HeroRequest | None:
    """``image: x.jpg``, ``cover: {image: x.jpg, alt: …}``, ``images: [x.jpg, …]``: a local image file, or nothing."""
    if isinstance(value, list | tuple):
        found = (_lenient(asked, each) for each in value if isinstance(each, str | Mapping))
        return next((each for each in found if each is not None), None)
    said: Mapping[str, Any] = {}
    if isinstance(value, Mapping):
        said = value
        value = next((value[key] for key in _FILE_KEYS if isinstance(value.get(key), str)), None)
    if not isinstance(value, str) or not _IMAGE_FILE.search(value.strip()):
        return None
    path = asked.file(value)
    if isinstance(path, urls.Elsewhere) or (asked.exists is not None and not asked.exists(path)):
        return None
    alt, caption = (said.get(key) if isinstance(said.get(key), str) else None for key in ("alt", "caption"))
    return HeroRequest(page=asked.page.key, file=path, alt=alt, caption=caption, origin=asked.where)


def _flat(key: str, meta: Mapping[str, Any]) -> dict[str, Any]:
    """``hero_prompt``, ``hero_seed`` …: front matter that cannot nest. All of it, once one key is surely ours.

    ``hero_title`` alone belongs to a theme; beside ``hero_prompt`` it is an option of the recipe.
    """
    found = {name[len(key) + 1 :]: value for name, value in meta.items() if name.startswith(f"{key}_")}
    told = meta.get(key) is not None and meta.get(key) != ""
    slips = [name for name in found if near(name, _RECIPE_KEYS, surely=True)] if key == "hero" else []
    recipe = any(name in _RECIPE_KEYS for name in found) or bool(slips)
    if not recipe:
        sure = ("src", "file", *(_SAID_KEYS if told or "src" in found or "file" in found else ()))
        found = {
            name: value
            for name, value in found.items()
            if name in sure or (told and near(name, _SAID_KEYS, surely=True))
        }
    return {name: _typed(name, value) for name, value in found.items() if value is not None}


def _typed(key: str, value: Any) -> Any:
    if not isinstance(value, str) or key in _WORDS:
        return value
    text = value.strip()
    lowered = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    try:
        return json.loads(text if text[:1] in ("[", "{", '"') else lowered)
    except ValueError:
        return value
