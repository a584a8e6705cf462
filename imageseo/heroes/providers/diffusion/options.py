"""Options of a diffusers recipe: read with all faults at once and completed with explicit defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from imageseo.heroes.providers.diffusion import schedulers, tasks
from imageseo.heroes.providers.diffusion.option_reader import REQUIRED, OptionReader
from imageseo.heroes.providers.diffusion.recipe_options import (
    Control,
    Hires,
    IpAdapter,
    Lora,
    RecipeOptions,
    Refiner,
    Upscale,
)
from imageseo.model.errors import RecipeError

_DTYPES = {
    "float32": "float32",
    "fp32": "float32",
    "bfloat16": "bfloat16",
    "bf16": "bfloat16",
    "float16": "float16",
    "fp16": "float16",
    "half": "float16",
}


KEYS = tuple(each.name for each in fields(RecipeOptions))


def complete(options: Mapping[str, Any], *, model: str | None = None) -> dict[str, Any]:
    """Return the options as JSON values with defaults; unset options have no key.

    ``model``: default model. Raises RecipeError with all faults at once.
    """
    with_model = options if options.get("model") is not None else {**options, "model": model}
    found: dict[str, Any] = _to_json(read_options(with_model))
    if len(found.get("control", ())) == 1:  # as it was before there could be several: pins keep their recipe
        found["control"] = found["control"][0]
    return found


def read_options(options: Mapping[str, Any]) -> RecipeOptions:
    """Check an author's options, or those of ``complete``. Raises RecipeError, all faults at once."""
    reader = OptionReader(options, "", KEYS)
    image = reader.text("image", None)
    found: dict[str, Any] = {
        "model": reader.text(
            "model", REQUIRED, hint="set it, or `providers.diffusers.model`, to a folder or `org/name@<commit>`"
        ),
        "prompt": reader.text("prompt", REQUIRED),
        "config": reader.text("config", None),
        "negative": reader.text("negative", ""),
        "weights": reader.one_of("weights", None, ("apply", "drop")),
        "steps": reader.integer("steps", 30, 1, 500),
        "guidance": reader.number("guidance", 5.0, 0, 50),
        "scheduler": reader.parse("scheduler", schedulers.canonical_name, schedulers.DEFAULT),
        "dtype": reader.parse("dtype", _dtype, None),
        "vae": reader.text("vae", None),
        "refiner": reader.table("refiner", _refiner),
        "embeddings": reader.items("embeddings", _file),
        "loras": reader.items("loras", _lora),
        "control": _controls(reader),
        "ip_adapter": reader.table("ip_adapter", _ip_adapter),
        "image": image,
        "strength": reader.number(
            "strength", tasks.default_strength(image, options.get("mask"), options.get("outpaint")), 0.01, 1
        ),
        "mask": reader.text("mask", None),
        "outpaint": reader.flag("outpaint"),
        "hires": reader.table("hires", _hires),
        "upscale": reader.table("upscale", _upscale),
    }
    for key in ("strength", "mask", "outpaint"):
        if image is None and found[key] not in (None, False):
            reader.fault(key, "needs an image", "add one: `image: sketch.png`")
    if found["mask"] is not None and found["outpaint"]:
        reader.fault(
            "outpaint", "cannot be combined with `mask`", "remove one: outpainting masks the area outside the image"
        )
    for key in ("image", "refiner", "control"):
        if found["hires"] is not None and found[key]:
            reader.fault(
                "hires", f"cannot be combined with `{key}`", "remove one: it is a second pass of text-to-image"
            )
    for key in ("mask", "outpaint", "control"):
        if found["refiner"] is not None and found[key]:
            reader.fault(
                "refiner", f"cannot be combined with `{key}`", "remove one: a refiner works with text-to-image only"
            )
    if found["refiner"] is not None and image is not None and not (found["mask"] or found["outpaint"]):
        reader.fault(
            "refiner", "cannot be combined with `image`", "remove one: a refiner works with text-to-image only"
        )
    reader.raise_faults()
    recipe_options = RecipeOptions(**found)
    if faults := tasks.find_faults(recipe_options):
        raise RecipeError.together(faults)
    return recipe_options


def _to_json(value: Any) -> Any:
    """Convert a dataclass to JSON values, without fields that are None, False or empty."""
    if is_dataclass(value) and not isinstance(value, type):
        found = {each.name: _to_json(getattr(value, each.name)) for each in fields(value)}
        return {key: each for key, each in found.items() if each is not None and each is not False and each != []}
    return [_to_json(each) for each in value] if isinstance(value, tuple) else value


def _dtype(value: Any) -> str:
    name = str(value).strip().lower().removeprefix("torch.")
    if name not in _DTYPES:
        raise RecipeError(f"unknown dtype {value!r}", hint="known: float32, bfloat16, float16")
    return _DTYPES[name]


def _file(value: Any, location: str) -> str:
    reader = OptionReader({"file": value}, location.removesuffix(".file"), ("file",))
    file = reader.text("file", REQUIRED)
    reader.raise_faults()
    return str(file)


def _lora(value: Any, location: str) -> Lora:
    reader = OptionReader({"file": value} if isinstance(value, str) else value, location, ("file", "weight"))
    lora = Lora(file=reader.text("file", REQUIRED), weight=reader.number("weight", 1.0, -10, 10))
    reader.raise_faults()
    return lora


def _controls(reader: OptionReader) -> tuple[Control, ...]:
    if isinstance(reader.values.get("control"), list | tuple):
        return reader.items("control", _control)
    control = reader.table("control", _control)
    return () if control is None else (control,)


def _hires(value: Any, location: str) -> Hires:
    reader = OptionReader({} if value is True else value, location, ("scale", "strength", "steps"))
    hires = Hires(
        scale=reader.number("scale", 2.0, 1, 4),
        strength=reader.number("strength", 0.5, 0.01, 1),
        steps=None if reader.values.get("steps") is None else reader.integer("steps", 30, 1, 500),
    )
    reader.raise_faults()
    return hires


def _control(value: Any, location: str) -> Control:
    reader = OptionReader(value, location, ("model", "image", "scale", "prepare"))
    control = Control(
        model=reader.text("model", REQUIRED),
        image=reader.text("image", REQUIRED),
        scale=reader.number("scale", 1.0, 0, 10),
        prepare=reader.one_of("prepare", "none", ("canny", "lineart", "none")),
    )
    reader.raise_faults()
    return control


def _ip_adapter(value: Any, location: str) -> IpAdapter:
    reader = OptionReader(value, location, ("folder", "weight_name", "image", "scale"))
    adapter = IpAdapter(
        folder=reader.text("folder", REQUIRED),
        weight_name=reader.text("weight_name", REQUIRED),
        image=reader.text("image", REQUIRED),
        scale=reader.number("scale", 0.6, 0, 10),
    )
    reader.raise_faults()
    return adapter


def _refiner(value: Any, location: str) -> Refiner:
    reader = OptionReader({"model": value} if isinstance(value, str) else value, location, ("model", "start"))
    refiner = Refiner(model=reader.text("model", REQUIRED), start=reader.number("start", 0.8, 0.05, 0.95))
    reader.raise_faults()
    return refiner


def _upscale(value: Any, location: str) -> Upscale:
    reader = OptionReader({"model": value} if isinstance(value, str) else value, location, ("model", "scale"))
    upscale = Upscale(model=reader.text("model", REQUIRED), scale=reader.integer("scale", 2, 2, 8))
    reader.raise_faults()
    return upscale
