"""What front matter asks for as a hero: a file, a recipe, nothing, or nonsense."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from imageseo.config.settings import HeroSettings
from imageseo.heroes.recipes.builder import BuiltRecipe, Complete, Size, build_recipe, default_seed
from imageseo.heroes.recipes.front_matter import FaultCollector, FieldReader, join_words, quoted
from imageseo.heroes.recipes.keys import FILE_KEYS, KNOWN_KEYS, RECIPE_KEYS, SAID_KEYS, flat, recipe_keys
from imageseo.heroes.recipes.prompt_library import EMPTY, PromptLibrary
from imageseo.model.hero import Depicts, HeroRequest
from imageseo.model.image import Rights
from imageseo.model.site import Page
from imageseo.model.suggest import closest
from imageseo.web import urls

__all__ = ["Complete", "default_seed", "request"]

_DEPICTS: tuple[Depicts, ...] = ("illustration", "realistic", "unknown")
_TEXTS = tuple(key for key in SAID_KEYS if key not in ("depicts", "focal"))
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|jfif|png|webp|avif|gif|svg|tiff?|bmp)(?:[?#].*)?$", re.IGNORECASE)
_WEB = re.compile(r"\s*(?:https?:|data:|//)", re.IGNORECASE)
_OFF = ("false", "none", "off", "no")


def request(
    page: Page,
    *,
    settings: HeroSettings,
    complete: Complete,
    reads: Callable[[str], bool] = lambda provider: False,
    size: Size = lambda provider, width, height: (width, height),
    base_url: str | None = None,
    exists: Callable[[str], bool] | None = None,
    meta: Mapping[str, Any] | None = None,
    origin: str = "front matter",
    library: PromptLibrary = EMPTY,
) -> HeroRequest | None:
    """What the author asked for: a file, a recipe, or (``HeroRequest.off``) no hero at all; ``None``: nothing.

    The first of ``settings.keys`` that names an image of this site wins. Only ``hero`` is surely meant for us, so its
    faults are raised as ``RecipeError``; under ``image``, ``cover`` … themes keep many things, and what is no local
    image there is passed over. A foreign URL names no file of ours. ``exists``: whether the built site has a file.
    ``complete``: (provider, options) -> options with the provider's defaults; ``reads``: whether it takes the page's
    words for that, as the option ``page``. ``size``: (provider, width, height of the settings) -> what it makes of
    these where a recipe does not say it. ``meta``: instead of the page's own. ``library``: of prompts.
    """
    given = page.hints.meta if meta is None else meta
    if not given:
        return None
    folded = {key.lower(): value for key, value in given.items() if isinstance(key, str)}
    recipe = partial(build_recipe, settings=settings, complete=complete, reads=reads, size=size, library=library)
    for key in settings.keys:
        asked = FieldReader(page=page, origin=origin, key=key, base_url=base_url, exists=exists)
        found = _read(asked, folded, recipe)
        if found is not None:
            return found
    return None


def _read(asked: FieldReader, meta: Mapping[str, Any], recipe: Callable[..., BuiltRecipe]) -> HeroRequest | None:
    ours = asked.key == "hero"
    value = meta.get(asked.key.lower())
    if isinstance(value, str):
        if re.match(r"\s*\{(?!(?:static|attach|filename)\})", value) and (ours or '"prompt"' in value):
            value = asked.mapping(value)
        elif not value.strip():
            value = None
    if value is False or (isinstance(value, str) and value.strip().lower() in _OFF):
        return HeroRequest(page=asked.page.key, origin=asked.where) if ours else None
    named = flat(asked.key.lower(), meta)
    recipe_like = isinstance(value, Mapping) and any(key in value for key in recipe_keys(asked.key))
    if not ours and not recipe_like and not named:
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
        raise asked.fault("", f"expected a path, a mapping or false, found {quoted(value)}", hint)
    twice = sorted(set(mapping) & set(named))
    if twice:
        raise asked.fault(twice[0], f"is also given as `{asked.key}_{twice[0]}`; keep one of them")
    mapping.update(named)
    return _strict(asked, mapping, recipe) if mapping else None


def _strict(asked: FieldReader, mapping: Mapping[str, Any], recipe: Callable[..., BuiltRecipe]) -> HeroRequest | None:
    made_by = [key for key in RECIPE_KEYS if key in mapping]
    # Beside a prompt `image` is what the picture is made from, which is the provider's business.
    files = [key for key in FILE_KEYS if key in mapping and not (key == "image" and made_by)]
    if files and (made_by or len(files) > 1):
        other = made_by[0] if made_by else files[1]
        raise asked.fault(other, f"cannot stand beside `{files[0]}`: a hero is one file or one recipe")
    if not files and not made_by:
        meant = next(
            ((key, closest(key, KNOWN_KEYS)) for key in mapping if closest(key, KNOWN_KEYS) not in (None, key)),
            None,
        )
        wanted = "no image (`src`) and no recipe (`prompt`, `seed`, `style`, `template`, `series` or `provider`)"
        hint = f"did you mean `{meant[1]}` for `{meant[0]}`?" if meant else ""
        raise asked.fault("", f"names {wanted}; found {join_words(mapping)}", hint)
    faults = FaultCollector()
    # An empty alt is an answer: the picture says nothing that the page does not.
    said = {
        key: "" if key == "alt" and mapping[key] == "" else faults.attempt(partial(asked.text, key, mapping[key]), "")
        for key in _TEXTS
        if key in mapping
    }
    unknown: Depicts = "unknown"
    depicts = faults.attempt(lambda: _depicts(asked, mapping.get("depicts", unknown)), unknown)
    focal = faults.attempt(lambda: _focal(asked, mapping["focal"]), None) if "focal" in mapping else None
    path, made_of = None, BuiltRecipe()
    if files:
        path = _named_file(asked, files[0], mapping, faults)
    else:
        made_of = recipe(asked, mapping, faults=faults)
    faults.end()
    if files and path is None:
        return None
    return HeroRequest(
        page=asked.page.key,
        file=path,
        recipe=made_of.recipe,
        derived=made_of.derived,
        seeds=made_of.seeds,
        evidence=made_of.evidence,
        alt=said.pop("alt", None),
        caption=said.pop("caption", None),
        rights=Rights(**said),
        depicts=depicts,
        focal=focal,
        origin=asked.where,
    )


def _depicts(asked: FieldReader, value: Any) -> Depicts:
    word = value.strip().lower() if isinstance(value, str) else value
    found = next((each for each in _DEPICTS if each == word), None)
    if found is None:
        close = closest(word, _DEPICTS) if isinstance(word, str) else None
        hint = f"did you mean `{close}`?" if close else ""
        raise asked.fault("depicts", f"expected {join_words(_DEPICTS)}, found {quoted(value)}", hint)
    return found


def _focal(asked: FieldReader, value: Any) -> tuple[float, float]:
    """``[0.3, 0.4]``, ``30% 40%``: shares of width and height from the upper left corner."""
    parts = re.split(r"[\s,]+", value.strip(" \t[]()")) if isinstance(value, str) else value
    shares = [_share(part) for part in parts] if isinstance(parts, list | tuple) else []
    if len(shares) == 2 and shares[0] is not None and shares[1] is not None:
        return shares[0], shares[1]
    hint = "the point that crops must keep, from the left and from the top: `[0.3, 0.4]` or `30% 40%`"
    raise asked.fault("focal", f"expected two shares from 0 to 1, found {quoted(value)}", hint)


def _share(value: Any) -> float | None:
    if isinstance(value, str) and re.fullmatch(r"\d{1,3}(?:\.\d{1,9})?%|[01]?\.\d{1,9}|[01]", value.strip()):
        text = value.strip()
        value = float(text[:-1]) / 100 if text.endswith("%") else float(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def _named_file(asked: FieldReader, key: str, mapping: Mapping[str, Any], faults: FaultCollector) -> str | None:
    expected = (key, *SAID_KEYS)
    for unknown in sorted(set(mapping) - set(expected)):
        close = closest(unknown, expected)
        hint = f"did you mean `{close}`?" if close else f"expected {join_words(expected)}"
        faults.found.append(asked.fault(unknown, "is no key of an image file", hint))
    value = faults.attempt(lambda: asked.text(key, mapping[key]), "")
    path = asked.file(value) if value else None
    if path is None or isinstance(path, str):
        return path
    if path.reason == "outside":
        faults.found.append(asked.fault(key, f"leads out of the site: {quoted(value)}"))
    elif path.reason == "empty" or not _WEB.match(value):
        hint = 'a recipe is a mapping, in JSON `{"style": "topo", "seed": 4711}`'
        faults.found.append(asked.fault("", f"expected the path of an image or a mapping, found {quoted(value)}", hint))
    return None


def _lenient(asked: FieldReader, value: Any) -> HeroRequest | None:
    """``image: x.jpg``, ``cover: {image: x.jpg, alt: …}``, ``images: [x.jpg, …]``: a local image file, or nothing."""
    if isinstance(value, list | tuple):
        found = (_lenient(asked, each) for each in value if isinstance(each, str | Mapping))
        return next((each for each in found if each is not None), None)
    said: Mapping[str, Any] = {}
    if isinstance(value, Mapping):
        said = value
        value = next((value[key] for key in FILE_KEYS if isinstance(value.get(key), str)), None)
    if not isinstance(value, str) or not _IMAGE_FILE.search(value.strip()):
        return None
    path = asked.file(value)
    if isinstance(path, urls.ExternalUrl) or (asked.exists is not None and not asked.exists(path)):
        return None
    alt, caption = (said.get(key) if isinstance(said.get(key), str) else None for key in ("alt", "caption"))
    return HeroRequest(page=asked.page.key, file=path, alt=alt, caption=caption, origin=asked.where)
