"""Options of a diffusers recipe: read once, checked with all faults at once, defaults written out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from imageseo.heroes.providers.diffusion import schedulers, tasks
from imageseo.heroes.providers.diffusion.option_reader import NEEDED, OptionReader
from imageseo.model.errors import RecipeError

Dtype = Literal["float32", "bfloat16", "float16"]
_DTYPES = {
    "float32": "float32",
    "fp32": "float32",
    "bfloat16": "bfloat16",
    "bf16": "bfloat16",
    "float16": "float16",
    "fp16": "float16",
    "half": "float16",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """One LoRA file (.safetensors) and how strongly it works."""

    file: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A ControlNet (folder or hub name), the picture that it follows, and how that picture is prepared."""

    model: str
    image: str
    scale: float = 1.0
    prepare: Literal["canny", "none"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class IpAdapter:
    """An IP-Adapter: its folder, its weights therein (``ip-adapter_sd15.safetensors``), the picture to be like."""

    folder: str
    weight_name: str
    image: str
    scale: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Refiner:
    """A second model that takes over at ``start``, a share of the steps."""

    model: str
    start: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Upscale:
    """A model that enlarges the finished picture ``scale`` times."""

    model: str
    scale: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeOptions:
    """All that a recipe may say beside seed, width and height. Paths are relative to the project, or absolute.

    ``model``: a folder, or ``org/name@<commit>`` from the hub's cache. ``scheduler``: a canonical name of
    ``schedulers.SCHEDULERS``, or ``default`` for what the model's folder says. ``dtype``: None lets the machine choose.
    ``strength``: how much of ``image`` is drawn anew; only beside it. ``width`` and ``height`` of the recipe are what
    the model draws; ``upscale`` enlarges that.
    """

    model: str
    prompt: str
    negative: str = ""
    steps: int = 30
    guidance: float = 5.0
    scheduler: str = schedulers.DEFAULT
    dtype: Dtype | None = None
    vae: str | None = None
    refiner: Refiner | None = None
    embeddings: tuple[str, ...] = ()
    loras: tuple[Lora, ...] = ()
    control: Control | None = None
    ip_adapter: IpAdapter | None = None
    image: str | None = None
    strength: float | None = None
    mask: str | None = None
    outpaint: bool = False
    upscale: Upscale | None = None


KEYS = tuple(each.name for each in fields(RecipeOptions))


def complete(options: Mapping[str, Any], *, model: str | None = None) -> dict[str, Any]:
    """The options as JSON values, defaults filled in; what is not asked for has no key.

    ``model``: of recipes that name none. Raises RecipeError with all faults at once.
    """
    given = options if options.get("model") is not None else {**options, "model": model}
    found: dict[str, Any] = _plain(read(given))
    return found


def read(options: Mapping[str, Any]) -> RecipeOptions:
    """The options, checked; those that ``complete`` gave, or an author's. Raises RecipeError, all faults at once."""
    given = OptionReader(options, "", KEYS)
    image = given.text("image", None)
    found: dict[str, Any] = {
        "model": given.text("model", NEEDED, hint="a folder, or `org/name@<commit>`; or `providers.diffusers.model`"),
        "prompt": given.text("prompt", NEEDED),
        "negative": given.text("negative", ""),
        "steps": given.whole("steps", 30, 1, 500),
        "guidance": given.number("guidance", 5.0, 0, 50),
        "scheduler": given.by("scheduler", schedulers.canonical, schedulers.DEFAULT),
        "dtype": given.by("dtype", _dtype, None),
        "vae": given.text("vae", None),
        "refiner": given.table("refiner", _refiner),
        "embeddings": given.listed("embeddings", _file),
        "loras": given.listed("loras", _lora),
        "control": given.table("control", _control),
        "ip_adapter": given.table("ip_adapter", _ip_adapter),
        "image": image,
        "strength": given.number(
            "strength", tasks.usual_strength(image, options.get("mask"), options.get("outpaint")), 0.01, 1
        ),
        "mask": given.text("mask", None),
        "outpaint": given.flag("outpaint"),
        "upscale": given.table("upscale", _upscale),
    }
    for key in ("strength", "mask", "outpaint"):
        if image is None and found[key] not in (None, False):
            given.fault(key, "works on a picture, and none is named", "name it: `image: sketch.png`")
    if found["mask"] is not None and found["outpaint"]:
        given.fault("outpaint", "cannot stand beside `mask`", "outpainting masks what lies outside the picture")
    for key in ("mask", "outpaint", "control"):
        if found["refiner"] is not None and found[key] not in (None, False):
            given.fault("refiner", f"cannot stand beside `{key}`", "a refiner takes over from a picture of words alone")
    if found["refiner"] is not None and image is not None and not (found["mask"] or found["outpaint"]):
        given.fault("refiner", "cannot stand beside `image`", "a refiner takes over from a picture of words alone")
    given.end()
    read = RecipeOptions(**found)
    if faults := tasks.faults(read):
        raise RecipeError.together(faults)
    return read


def _plain(value: Any) -> Any:
    """JSON values of a dataclass; what is None, False or empty by default is left out of it."""
    if is_dataclass(value) and not isinstance(value, type):
        found = {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
        return {key: each for key, each in found.items() if each is not None and each is not False and each != []}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def _dtype(value: Any) -> str:
    name = str(value).strip().lower().removeprefix("torch.")
    if name not in _DTYPES:
        raise RecipeError(f"there is no dtype {value!r}", hint="known: float32, bfloat16, float16")
    return _DTYPES[name]


def _file(value: Any, where: str) -> str:
    given = OptionReader({"file": value}, where.removesuffix(".file"), ("file",))
    file = given.text("file", NEEDED)
    given.end()
    return str(file)


def _lora(value: Any, where: str) -> Lora:
    given = OptionReader({"file": value} if isinstance(value, str) else value, where, ("file", "weight"))
    lora = Lora(file=given.text("file", NEEDED), weight=given.number("weight", 1.0, -10, 10))
    given.end()
    return lora


def _control(value: Any, where: str) -> Control:
    given = OptionReader(value, where, ("model", "image", "scale", "prepare"))
    control = Control(
        model=given.text("model", NEEDED),
        image=given.text("image", NEEDED),
        scale=given.number("scale", 1.0, 0, 10),
        prepare=given.one_of("prepare", "none", ("canny", "none")),
    )
    given.end()
    return control


def _ip_adapter(value: Any, where: str) -> IpAdapter:
    given = OptionReader(value, where, ("folder", "weight_name", "image", "scale"))
    adapter = IpAdapter(
        folder=given.text("folder", NEEDED),
        weight_name=given.text("weight_name", NEEDED),
        image=given.text("image", NEEDED),
        scale=given.number("scale", 0.6, 0, 10),
    )
    given.end()
    return adapter


def _refiner(value: Any, where: str) -> Refiner:
    given = OptionReader({"model": value} if isinstance(value, str) else value, where, ("model", "start"))
    refiner = Refiner(model=given.text("model", NEEDED), start=given.number("start", 0.8, 0.05, 0.95))
    given.end()
    return refiner


def _upscale(value: Any, where: str) -> Upscale:
    given = OptionReader({"model": value} if isinstance(value, str) else value, where, ("model", "scale"))
    upscale = Upscale(model=given.text("model", NEEDED), scale=given.whole("scale", 2, 2, 8))
    given.end()
    return upscale
