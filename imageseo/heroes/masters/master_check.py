"""Check what a provider gives, the same in `build` and `generate`: nothing else is cached or pinned."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from imageseo.model.errors import ImageseoError, ProviderError
from imageseo.model.foreign import describe_error
from imageseo.model.hero import Master, Recipe
from imageseo.model.image import Rights
from imageseo.model.protocols import HeroProvider, LibraryProvider

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_BUG = "this is a bug in the provider, not in the recipe"


def checked_masters(
    name: str, provider: HeroProvider, recipes: Sequence[Recipe], *, any_size: bool = False
) -> Iterator[Master]:
    """Yield a provider's master for each recipe, checked. ``name``: of the provider, for messages.

    ``any_size``: accept another size than that of the recipe, to compare it.

    Raises ImageseoError: the provider's own errors, and ProviderError for any other exception, for a provider that
    stops early, and for what is not the master of the recipe.
    """
    label = str(getattr(provider, "label", name))
    made: Iterator[Any] | None = None
    for number, recipe in enumerate(recipes):
        try:
            made = iter(provider.produce(list(recipes))) if made is None else made
            master = next(made)
        except StopIteration:
            stopped = f"{label} made {number} of {len(recipes)} heroes and stopped"
            raise ProviderError(stopped, hint=_BUG if number == 0 else "") from None
        except ImageseoError:
            raise
        except (Exception, SystemExit) as error:  # code of another distribution may raise anything
            raise crashed(label, error) from error
        check_master(label, provider, recipe, master, any_size=any_size)
        yield master


def checked_png(provider: HeroProvider, recipe: Recipe) -> bytes:
    """Return the PNG of a recipe, checked. Raises ImageseoError."""
    return next(checked_masters(recipe.provider, provider, [recipe])).png


@runtime_checkable
class EnlargingProvider(Protocol):
    """Additional method of a provider whose recipes can ask for an image larger than it is drawn at first."""

    def output_size(self, recipe: Recipe) -> tuple[int, int]:
        """Return width and height in px of the recipe's master; may depend only on the recipe."""


@runtime_checkable
class SourcedProvider(Protocol):
    """Additional method of a reproducible provider whose images may show something that it did not make."""

    def origin(self, recipe: Recipe) -> tuple[str, Rights]:
        """Return digital source type and rights of a recipe's image. Raises ImageseoError."""


def origin_of(provider: HeroProvider, recipe: Recipe) -> tuple[str, Rights]:
    """Return digital source type and rights of what a reproducible provider draws. Raises ImageseoError."""
    if isinstance(provider, SourcedProvider) and recipe.provider == provider.name:
        return provider.origin(recipe)
    return provider.digital_source_type, Rights()


def check_master(name: str, provider: HeroProvider, recipe: Recipe, master: Any, *, any_size: bool = False) -> None:
    """Raise ProviderError unless this is a master of the recipe: a PNG that can be read, of the size asked for.

    A provider that finds images may give a smaller one in the same shape.
    """
    if not isinstance(master, Master):
        raise ProviderError(f"{name} returned {type(master).__name__}, not a Master", hint=_BUG)
    png = master.png
    if not isinstance(png, bytes) or not png:
        found = "no bytes" if isinstance(png, bytes) else type(png).__name__
        raise ProviderError(f"{name} returned {found}, not a PNG", hint=_BUG)
    if not png.startswith(_SIGNATURE) or png[12:16] != b"IHDR":
        raise ProviderError(f"{name} returned {png[:8]!r} …, which is not PNG", hint=_BUG)
    from imageseo.heroes.masters.similarity import open_image  # for masters that are not checked yet

    with open_image(png, name) as image:
        size, frames = image.size, getattr(image, "n_frames", 1)
    asked = (recipe.width, recipe.height)
    if isinstance(provider, EnlargingProvider):
        asked = provider.output_size(recipe)
    fits = size == asked or (
        isinstance(provider, LibraryProvider)
        and all(found <= side for found, side in zip(size, asked, strict=True))
        and abs(size[0] * asked[1] - size[1] * asked[0]) <= max(asked)
    )
    if not fits and not any_size:
        found = f"{size[0]}x{size[1]} px"
        raise ProviderError(f"{name} returned an image of {found}, not of {asked[0]}x{asked[1]} px", hint=_BUG)
    if frames != 1:
        raise ProviderError(f"{name} returned an animation of {frames} frames, not a still image", hint=_BUG)
    for fault in _other_faults(master):
        raise ProviderError(f"{name} returned a master whose {fault}", hint=_BUG)


def crashed(name: str, error: BaseException) -> ProviderError:
    """Return the error for an exception that a provider raised, and should not have."""
    return ProviderError(f"{name} raised {describe_error(error)}", hint=_BUG)


def _other_faults(master: Master) -> Iterator[str]:
    """Yield what could not be written into the lock file."""
    if not isinstance(master.digital_source_type, str):
        yield "`digital_source_type` is not a text"
    if not isinstance(master.notes, tuple) or not all(isinstance(each, str) for each in master.notes):
        yield "`notes` are not a tuple of texts"
    if not isinstance(master.models, Mapping) or not all(
        isinstance(each, str) for pair in master.models.items() for each in pair
    ):
        yield "`models` are not texts by name"
    if not isinstance(master.parameters, str | None):
        yield "`parameters` are not a text"
    if not isinstance(master.rights, Rights):
        yield "`rights` are not Rights"
    if (fault := json_fault(master.env)) is not None:
        yield f"`env` {fault}"


def json_fault(value: Any) -> str | None:
    """Return why a value is not a mapping of JSON values without null; None if it is."""
    if not isinstance(value, Mapping):
        return f"is {type(value).__name__}, not a mapping"
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        return f"has values that are not JSON: {error}"
    return next((f"has a value for {key!r} that is null, or a key that is no text" for key in _bad_keys(value)), None)


def _bad_keys(value: Any, key: str = "") -> Iterator[str]:
    if value is None:
        yield key
    elif isinstance(value, Mapping):
        for name, each in value.items():
            if not isinstance(name, str):
                yield str(name)
            yield from _bad_keys(each, f"{key}.{name}".lstrip("."))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _bad_keys(each, key)
