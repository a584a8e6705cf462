"""What front matter asks for as a hero: a file, a recipe, nothing, or nonsense."""

from __future__ import annotations

import difflib
import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from imageseo.core import urls
from imageseo.errors import RecipeError
from imageseo.model.hero import HeroRequest, Recipe
from imageseo.model.image import Rights
from imageseo.model.page import Page
from imageseo.settings import HeroSettings

Complete = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]

_FILE_KEYS = ("src", "file", "path", "image", "url")
_RECIPE_KEYS = ("prompt", "seed", "style", "provider")
_RIGHTS_KEYS = ("creator", "credit", "copyright", "license", "acquire_license_page")
_SAID_KEYS = ("alt", "caption", *_RIGHTS_KEYS)
_KNOWN_KEYS = (*_FILE_KEYS, *_RECIPE_KEYS, *_SAID_KEYS, "width", "height")
# Words, whatever they look like; every other value of a flat (all strings) front matter is read as a JSON value.
_WORDS = frozenset({*_FILE_KEYS, *_SAID_KEYS, "prompt", "negative_prompt", "style", "provider", "title", "subtitle"})
_IMAGE_FILE = re.compile(r"\.(?:jpe?g|jfif|png|webp|avif|gif|svg|tiff?|bmp)(?:[?#].*)?$", re.IGNORECASE)
_OFF = ("false", "none", "off", "no")
_MAX_SEED = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A value of front matter with all that is needed to read it and to complain about it."""

    page: Page
    origin: str
    key: str
    settings: HeroSettings
    base_url: str | None
    exists: Callable[[str], bool] | None
    complete: Complete

    def fault(self, key: str, problem: str, hint: str = "") -> RecipeError:
        name = f"{self.key}.{key}" if key else self.key
        return RecipeError(f"{self.page.key}: {self.origin} key `{name}`: {problem}", hint=hint)


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
    folded = {key.lower(): value for key, value in given.items() if isinstance(key, str)}
    for key in settings.keys:
        asked = _Asked(
            page=page, origin=origin, key=key, settings=settings, base_url=base_url, exists=exists, complete=complete
        )
        found = _read(asked, folded)
        if found is not None:
            return found
    return None


def default_seed(page: Page) -> int:
    """A seed of 32 bits that stays with the page, so that a picture is pinned without being asked to."""
    return int.from_bytes(hashlib.sha256(page.key.encode("utf-8", "surrogatepass")).digest()[:4], "big")


def _read(asked: _Asked, meta: Mapping[str, Any]) -> HeroRequest | None:
    value = meta.get(asked.key.lower())
    if (
        isinstance(value, str)
        and value.strip().startswith("{")
        and not re.match(r"\{(static|attach|filename)\}", value)
    ):
        value = _json_mapping(asked, value)
    ours = asked.key == "hero"
    if value is False or (ours and isinstance(value, str) and value.strip().lower() in _OFF):
        return HeroRequest(page=asked.page.key, origin=_origin(asked)) if ours else None
    flat = _flat(asked, meta)
    recipe_like = isinstance(value, Mapping) and any(key in value for key in _RECIPE_KEYS)
    if not ours and not recipe_like and not flat:
        return _lenient(asked, value)
    if value is None or (isinstance(value, str) and not value.strip()):
        mapping: dict[str, Any] = {}
    elif isinstance(value, str):
        mapping = {"src": value}
    elif isinstance(value, Mapping):
        mapping = {str(key): each for key, each in value.items()}
    else:
        hint = f"another use of `{asked.key}`? Name our key differently: `hero.keys` in the settings"
        raise asked.fault("", f"expected a path, a mapping or false, found {_show(value)}", hint)
    twice = sorted(set(mapping) & set(flat))
    if twice:
        raise asked.fault(twice[0], f"is also given as `{asked.key}_{twice[0]}`; keep one of them")
    mapping.update(flat)
    return _strict(asked, mapping) if mapping else None


def _strict(asked: _Asked, mapping: Mapping[str, Any]) -> HeroRequest | None:
    mapping = {key: value for key, value in mapping.items() if value is not None}
    files = [key for key in _FILE_KEYS if key in mapping]
    recipe = [key for key in _RECIPE_KEYS if key in mapping]
    if files and (recipe or len(files) > 1):
        other = recipe[0] if recipe else files[1]
        raise asked.fault(other, f"cannot stand beside `{files[0]}`: a hero is one file or one recipe")
    if not files and not recipe:
        unknown = next((key for key in mapping if key not in _KNOWN_KEYS), None)
        near = f"; did you mean `{_near(unknown)}` for `{unknown}`?" if unknown and _near(unknown) else ""
        wanted = "no image (`src`) and no recipe (`prompt`, `seed`, `style` or `provider`)"
        raise asked.fault("", f"names {wanted}; found {_list(mapping)}{near}")
    said = {key: _text(asked, key, mapping[key]) for key in _SAID_KEYS if key in mapping}
    file: str | None = None
    made: Recipe | None = None
    if files:
        for key in mapping:
            if key not in (*_FILE_KEYS, *_SAID_KEYS):
                raise asked.fault(key, "is no key of an image file" + _expected(key, ("src", *_SAID_KEYS)))
        path = _file(asked, _text(asked, files[0], mapping[files[0]]))
        if isinstance(path, urls.Elsewhere):
            if path.reason in ("origin", "data"):
                return None
            raise asked.fault(files[0], f"leads out of the site: {mapping[files[0]]!r}")
        file = path
    else:
        made = _recipe(asked, mapping)
    return HeroRequest(
        page=asked.page.key,
        file=file,
        recipe=made,
        alt=said.pop("alt", None),
        caption=said.pop("caption", None),
        rights=Rights(**said),
        origin=_origin(asked),
    )


def _recipe(asked: _Asked, mapping: Mapping[str, Any]) -> Recipe:
    provider = _text(asked, "provider", mapping.get("provider", asked.settings.provider))
    own = {"seed", "provider", "width", "height", *_SAID_KEYS}
    options = {key: value for key, value in mapping.items() if key not in own}
    for key in ("prompt", "style"):
        if key in options:
            options[key] = _text(asked, key, options[key])
    try:
        completed = asked.complete(provider, options)
    except RecipeError as error:
        hints = [f"`{key}`: did you mean `{_near(key)}`?" for key in options if key not in _KNOWN_KEYS and _near(key)]
        raise asked.fault("", error.message, " ".join(filter(None, [error.hint, *hints]))) from error
    return Recipe(
        provider=provider,
        seed=_whole(asked, "seed", mapping.get("seed", default_seed(asked.page)), 0, _MAX_SEED),
        width=_whole(asked, "width", mapping.get("width", asked.settings.width), 64, 8192),
        height=_whole(asked, "height", mapping.get("height", asked.settings.height), 64, 8192),
        options=completed,
    )


def _lenient(asked: _Asked, value: Any) -> HeroRequest | None:
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
    path = _file(asked, value)
    if isinstance(path, urls.Elsewhere) or (asked.exists is not None and not asked.exists(path)):
        return None
    alt, caption = (said.get(key) if isinstance(said.get(key), str) else None for key in ("alt", "caption"))
    return HeroRequest(page=asked.page.key, file=path, alt=alt, caption=caption, origin=_origin(asked))


def _file(asked: _Asked, value: str) -> str | urls.Elsewhere:
    """The file of the built site: seen from the page's source, else from the site's root."""
    value = re.sub(r"^[{|](?:static|attach|filename)[}|]", "", value.strip())
    folder = asked.page.hints.source_dir
    found: list[str] = []
    problem: urls.Elsewhere | None = None
    for page in (posixpath.join(folder, "index.html"), "index.html"):
        # A path of front matter that starts with a slash means the site's root, wherever that is published.
        for url in (value, value.lstrip("/")) if value[:1] == "/" != value[1:2] else (value,):
            path = urls.resolve(url, page=page, base_url=asked.base_url)
            if isinstance(path, str):
                found.append(path)
            else:
                problem = problem or path
    if not found:
        return problem or urls.Elsewhere(reason="empty")
    # Front matter holds paths, not URLs: a file may have %, # or ? in its name.
    found.insert(1, posixpath.normpath(posixpath.join(folder, value.lstrip("/"))))
    return next((path for path in found if asked.exists is not None and asked.exists(path)), found[0])


def _flat(asked: _Asked, meta: Mapping[str, Any]) -> dict[str, Any]:
    """``hero_prompt``, ``hero_seed`` …: front matter that cannot nest. All of it, once one key is surely ours."""
    prefix = f"{asked.key.lower()}_"
    found = {key[len(prefix) :]: value for key, value in meta.items() if key.startswith(prefix)}
    plain = isinstance(meta.get(asked.key.lower()), str | Mapping)
    sure = {key for key in found if key in _RECIPE_KEYS or key in ("src", "file") or (plain and key in _SAID_KEYS)}
    if not sure and not (asked.key == "hero" and any(_near(key) in _RECIPE_KEYS for key in found)):
        return {}
    if not any(key in found for key in _RECIPE_KEYS):
        found = {key: value for key, value in found.items() if key in sure or _near(key)}
    return {key: _typed(key, value) for key, value in found.items()}


def _typed(key: str, value: Any) -> Any:
    if not isinstance(value, str) or key in _WORDS:
        return value
    text = value.strip()
    lowered = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.lower(), text.lower())
    try:
        return json.loads(text if text[:1] in "[{" else lowered)
    except ValueError:
        return value


def _json_mapping(asked: _Asked, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise asked.fault("", f"looks like JSON and is none: {error}") from error


def _text(asked: _Asked, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise asked.fault(key, f"expected text, found {_show(value)}")
    return value.strip()


def _whole(asked: _Asked, key: str, value: Any, least: int, most: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?[0-9]+\s*", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise asked.fault(key, f"expected a whole number from {least} to {most}, found {_show(value)}")
    return value


def _near(key: str, known: tuple[str, ...] = _KNOWN_KEYS) -> str | None:
    return next(iter(difflib.get_close_matches(key, known, n=1, cutoff=0.7)), None)


def _expected(key: str, known: tuple[str, ...]) -> str:
    near = _near(key, known)
    return f"; did you mean `{near}`?" if near else f"; expected {_list(known)}"


def _list(keys: Any) -> str:
    return ", ".join(f"`{key}`" for key in keys) or "nothing"


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _origin(asked: _Asked) -> str:
    return f"{asked.origin} key `{asked.key}`"
