"""Parse the hero of a page's front matter: an image file, a recipe, or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.recipes.builder import (
    BuiltRecipe,
    Complete,
    Size,
    build_card,
    build_recipe,
    default_seed,
    page_context,
)
from imageseo.heroes.recipes.description_fields import NO_TEXTS, read_depicts, read_file_name, read_focal, read_terms
from imageseo.heroes.recipes.front_matter import FaultCollector, FieldReader, format_value, join_keys
from imageseo.heroes.recipes.keys import (
    DESCRIPTION_KEYS,
    FILE_KEYS,
    KNOWN_KEYS,
    ORIGIN_KEYS,
    RECIPE_KEYS,
    inserts_file,
    read_flat_keys,
    recipe_keys,
)
from imageseo.heroes.recipes.picks import written_keys
from imageseo.heroes.recipes.prompt_library import EMPTY, TEMPLATE_VARIABLES, PromptLibrary
from imageseo.heroes.recipes.prompt_templates import is_template, render
from imageseo.model import digital_source_types
from imageseo.model.errors import RecipeError
from imageseo.model.hero import TRAINED_MEDIA, Depicts, HeroRequest, HeroTerms
from imageseo.model.image import Rights
from imageseo.model.site import Page
from imageseo.model.suggest import closest
from imageseo.web import urls

__all__ = ["Complete", "default_seed", "request"]

_TEXT_KEYS = tuple(key for key in DESCRIPTION_KEYS if key not in NO_TEXTS)
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|jfif|png|webp|avif|gif|svg|tiff?|bmp)(?:[?#].*)?$", re.IGNORECASE)
_WEB = re.compile(r"\s*(?:https?:|data:|//)", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|file:", re.IGNORECASE)
_ELSEWHERE = (
    "download it into the site and name that file, or declare a recipe (`prompt`, `seed`, `style`, `provider`); "
    "if this site uses `hero` for something else, change the setting `hero.keys`"
)
ReadCard = Callable[[FieldReader, Any], Mapping[str, Any]]
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
    """Return the hero request of a page: a file, a recipe, or (``HeroRequest.off``) no hero; ``None``: no request.

    The first of ``settings.keys`` that names an image of this site is used. Only imageseo uses ``hero``, so its faults
    are raised as ``RecipeError``, a URL of another site too; themes use ``image``, ``cover`` … for many things, so
    values that are not a local image are ignored there. ``exists``: whether the built site has a file.
    ``complete``: (provider, options) -> options with the provider's defaults; ``reads``: whether a provider's options
    depend on the page's texts, passed as the option ``page``. ``size``: (provider, width and height of the settings)
    -> default size of a recipe. ``meta``: replaces the front matter of the page. ``library``: prompt library.
    """
    given = page.hints.meta if meta is None else meta
    if not given:
        return None
    folded = {key.lower(): value for key, value in given.items() if isinstance(key, str)}
    recipe = partial(build_recipe, settings=settings, complete=complete, reads=reads, size=size, library=library)
    for key in settings.keys:
        reader = FieldReader(page=page, origin=origin, key=key, base_url=base_url, exists=exists)
        hero = _read_key(reader, folded, recipe, partial(build_card, complete=complete))
        if hero is not None:
            is_own = hero.recipe is not None or hero.card or inserts_file(key, settings.keys)
            return hero if is_own else replace(hero, inserts=False)
    return None


def _read_key(
    reader: FieldReader, meta: Mapping[str, Any], recipe: Callable[..., BuiltRecipe], card: ReadCard
) -> HeroRequest | None:
    is_hero_key = reader.key == "hero"
    value = meta.get(reader.key.lower())
    if isinstance(value, str):
        if re.match(r"\s*\{(?!(?:static|attach|filename)\})", value) and (is_hero_key or '"prompt"' in value):
            value = reader.parse_json(value)
        elif not value.strip():
            value = None
    if value is False or (isinstance(value, str) and value.strip().lower() in _OFF):
        return HeroRequest(page=reader.page.key, key=reader.key, origin=reader.where) if is_hero_key else None
    flat = read_flat_keys(reader.key.lower(), meta)
    is_recipe = isinstance(value, Mapping) and any(key in value for key in recipe_keys(reader.key))
    if not is_hero_key and not is_recipe and not flat:
        return _read_theme_image(reader, value)
    if isinstance(value, Mapping):
        mapping = {str(key): item for key, item in value.items() if item is not None}
    elif isinstance(value, str):
        mapping = {"src": value}
    elif value is None:
        mapping = {}
    else:
        hint = f"if this site uses `{reader.key}` for something else, change the setting `hero.keys`"
        raise reader.fault("", f"expected a path, a mapping or false, found {format_value(value)}", hint)
    repeated = sorted(set(mapping) & set(flat))
    if repeated:
        raise reader.fault(repeated[0], f"is also given as `{reader.key}_{repeated[0]}`; keep only one of them")
    mapping.update(flat)
    return _read_hero(reader, mapping, recipe, card) if mapping else None


def _read_hero(
    reader: FieldReader, mapping: Mapping[str, Any], recipe: Callable[..., BuiltRecipe], card: ReadCard
) -> HeroRequest | None:
    mapping = _with_photo(mapping)
    markers = [key for key in RECIPE_KEYS if key in mapping]
    if markers == ["card"] and any(key in mapping for key in FILE_KEYS):
        markers = []  # a title card over the file
    # With a prompt, `image` is the input image of the provider.
    files = [key for key in FILE_KEYS if key in mapping and not (key == "image" and markers)]
    if files and (markers or len(files) > 1):
        other = markers[0] if markers else files[1]
        raise reader.fault(other, f"cannot be combined with `{files[0]}`: a hero is one file or one recipe")
    if not files and not markers:
        close = ((key, closest(key, KNOWN_KEYS)) for key in mapping)
        typo = next((pair for pair in close if pair[1] not in (None, pair[0])), None)
        expected = "an image (`src`) or a recipe (`prompt`, `seed`, `style`, `template`, `series` or `provider`)"
        hint = f"did you mean `{typo[1]}` for `{typo[0]}`?" if typo else ""
        raise reader.fault("", f"expected {expected}, found {join_keys(mapping)}", hint)
    faults = FaultCollector()
    # An empty alt is valid: the image is decorative.
    texts = {
        key: "" if key == "alt" and mapping[key] == "" else faults.attempt(partial(reader.text, key, mapping[key]), "")
        for key in _TEXT_KEYS
        if key in mapping
    }
    unknown: Depicts = "unknown"
    depicts = faults.attempt(lambda: read_depicts(reader, mapping.get("depicts", unknown)), unknown)
    focal = faults.attempt(lambda: read_focal(reader, mapping["focal"]), None) if "focal" in mapping else None
    file_name = faults.attempt(lambda: read_file_name(reader, mapping), None)
    terms = faults.attempt(lambda: read_terms(reader, mapping), HeroTerms())
    path, built, origin = None, BuiltRecipe(), Rights()
    if files:
        path = _read_file(reader, files[0], mapping, faults)
        origin = _read_origin(reader, mapping, faults)
        if mapping.get("card"):
            built = BuiltRecipe(card=faults.attempt(partial(card, reader, mapping["card"]), {}))
    else:
        faults.faults += [_origin_of_recipe(reader, key) for key in ORIGIN_KEYS if key in mapping]
        mapping = {key: value for key, value in mapping.items() if key not in ORIGIN_KEYS}
        built = recipe(reader, mapping, faults=faults)
    variables = built.variables or page_context(reader.page)
    for key in ("alt", "caption"):
        if is_template(texts.get(key) or ""):
            texts[key] = faults.attempt(partial(_render, reader, key, texts[key], variables), "")
    faults.raise_if_any()
    if files and path is None:
        return None
    return HeroRequest(
        page=reader.page.key,
        file=path,
        recipe=built.recipe,
        derived=built.derived,
        seeds=built.seeds,
        evidence=built.evidence,
        written=written_keys(mapping),
        alt=texts.pop("alt", None),
        caption=texts.pop("caption", None),
        rights=Rights(**texts, digital_source_type=origin.digital_source_type, made_with=origin.made_with),
        depicts=depicts,
        terms=terms,
        focal=focal,
        file_name=file_name,
        card=built.card,
        key=reader.key,
        origin=reader.where,
    )


def _with_photo(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a duotone whose photograph is named like an image file with the key that a recipe has for it."""
    files = [key for key in FILE_KEYS if key in mapping]
    if mapping.get("style") != "duotone" or len(files) != 1:
        return mapping
    return {"image" if key == files[0] else key: value for key, value in mapping.items()}


def _render(reader: FieldReader, key: str, source: str, variables: Mapping[str, Any]) -> str:
    """Render a text with the variables of prompts."""
    try:
        text = render(source, variables, TEMPLATE_VARIABLES)
    except RecipeError as error:
        raise reader.fault(key, error.message, error.hint) from error
    if not text:
        raise reader.fault(key, "is a template that renders to nothing", 'write a text, or `""` for a decorative image')
    return text


def _read_origin(reader: FieldReader, mapping: Mapping[str, Any], faults: FaultCollector) -> Rights:
    """Read how a file came to be; a generative tool alone means that it was made by a trained model."""
    texts = {key: faults.attempt(partial(reader.text, key, mapping[key]), "") for key in ORIGIN_KEYS if key in mapping}
    name, tool = texts.get("digital_source_type"), texts.get("made_with") or None
    uri = digital_source_types.uri_of(name) if name else TRAINED_MEDIA if tool else None
    if name and uri is None:
        close = closest(name, digital_source_types.CODES)
        hint = f"did you mean `{close}`?" if close else f"IPTC's codes: {join_keys(digital_source_types.CODES)}"
        faults.faults.append(
            reader.fault("digital_source_type", f"expected a digital source type, found {format_value(name)}", hint)
        )
    return Rights(digital_source_type=uri, made_with=tool)


def _origin_of_recipe(reader: FieldReader, key: str) -> RecipeError:
    return reader.fault(key, "is set by the provider of a recipe", "remove it; it is for image files (`src`)")


def _read_file(reader: FieldReader, key: str, mapping: Mapping[str, Any], faults: FaultCollector) -> str | None:
    expected = (key, *DESCRIPTION_KEYS, *ORIGIN_KEYS, "card")
    for unknown in sorted(set(mapping) - set(expected)):
        close = closest(unknown, expected)
        hint = f"did you mean `{close}`?" if close else f"expected one of {join_keys(expected)}"
        faults.faults.append(reader.fault(unknown, "unknown key of an image file", hint))
    value = faults.attempt(lambda: reader.text(key, mapping[key]), "")
    path = reader.resolve_file(value) if value else None
    if path is None or isinstance(path, str):
        return path
    if reader.key == "hero" and (_WEB.match(value) or _DRIVE.match(value)):
        what = "a URL of another site" if not value.lower().startswith("data:") else "a data URL"
        what = "a path outside the site" if _DRIVE.match(value) else what
        faults.faults.append(
            reader.fault(key, f"expected an image of this site, found {what}: {format_value(value)}", _ELSEWHERE)
        )
    elif path.reason == "outside":
        faults.faults.append(reader.fault(key, f"is outside the site: {format_value(value)}"))
    elif path.reason == "empty" or not _WEB.match(value):
        hint = 'a recipe is a mapping, in JSON `{"style": "topo", "seed": 4711}`'
        faults.faults.append(
            reader.fault("", f"expected the path of an image or a mapping, found {format_value(value)}", hint)
        )
    return None


def _read_theme_image(reader: FieldReader, value: Any) -> HeroRequest | None:
    """Read the local image of a theme's key; None for anything else.

    ``image: x.jpg``, ``cover: {image: x.jpg, alt: …}``, ``images: [x.jpg, …]``.
    """
    if isinstance(value, list | tuple):
        found = (_read_theme_image(reader, item) for item in value if isinstance(item, str | Mapping))
        return next((hero for hero in found if hero is not None), None)
    texts: Mapping[str, Any] = {}
    if isinstance(value, Mapping):
        texts = value
        value = next((value[key] for key in FILE_KEYS if isinstance(value.get(key), str)), None)
    if not isinstance(value, str) or not _IMAGE_FILE.search(value.strip()):
        return None
    path = reader.resolve_file(value)
    if isinstance(path, urls.ExternalUrl) or (reader.exists is not None and not reader.exists(path)):
        return None
    alt, caption = (_theme_text(reader, texts.get(key)) for key in ("alt", "caption"))
    return HeroRequest(page=reader.page.key, file=path, alt=alt, caption=caption, key=reader.key, origin=reader.where)


def _theme_text(reader: FieldReader, value: Any) -> str | None:
    """Return a text of a theme's key; None for a template that cannot be rendered: its syntax may be the theme's."""
    if not isinstance(value, str) or not is_template(value):
        return value if isinstance(value, str) else None
    try:
        return _render(reader, "alt", value, page_context(reader.page))
    except RecipeError:
        return None
