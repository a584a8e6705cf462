"""What a picture starts from: words alone, a picture, a part of one, a border around one, a ControlNet's condition."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion import blending, controlnet, input_images
from imageseo.heroes.providers.diffusion.input_images import Size
from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA

if TYPE_CHECKING:
    from PIL.Image import Image

    from imageseo.heroes.providers.diffusion.model_files import Files
    from imageseo.heroes.providers.diffusion.options import RecipeOptions

# Models think in cells of 8 px or more: what lies in a cell with the border is drawn anew and then covered again.
_OVERLAP = 8
_PICKLES = (".bin", ".ckpt", ".pt", ".pth", ".pkl")


def usual_strength(image: Any, mask: Any, outpaint: Any) -> float | None:
    """The ``strength`` of a recipe that does not say it: what is masked may become all but anything."""
    if image is None:
        return None
    return 0.95 if outpaint else 0.9 if mask is not None else 0.6


def faults(options: RecipeOptions) -> list[RecipeError]:
    """What of the options does not go together, or never fits, whatever the files hold."""
    found = []
    if options.strength is not None and int(options.steps * options.strength) < 1:
        least = next(steps for steps in range(1, 1001) if int(steps * options.strength) >= 1)
        message = f"`strength`: {options.strength:g} of {options.steps} steps is not one step: nothing would be drawn"
        found.append(RecipeError(message, hint=f"at least {least} steps, or more strength"))
    named = [("vae", options.vae)] + [(f"embeddings[{at}]", file) for at, file in enumerate(options.embeddings)]
    named += [(f"loras[{at}].file", lora.file) for at, lora in enumerate(options.loras)]
    if options.ip_adapter is not None:
        named.append(("ip_adapter.weight_name", options.ip_adapter.weight_name))
    for key, file in named:
        if file is not None and file.lower().endswith(_PICKLES):
            message = f"`{key}`: {file!r} is a pickle, which can run code when it is loaded"
            found.append(RecipeError(message, hint="take its .safetensors edition, or convert it"))
    for key, files in (("loras", [lora.file for lora in options.loras]), ("embeddings", list(options.embeddings))):
        found += [
            RecipeError(f"`{key}`: {file!r} stands there twice", hint="once, with the weight that you want")
            for file in dict.fromkeys(files)
            if files.count(file) > 1
        ]
    return found


def source_type(options: RecipeOptions) -> str:
    """The IPTC digital source type: made by a model, or a picture and a model together."""
    return TRAINED_MEDIA if options.image is None else COMPOSITE_TRAINED_MEDIA


def call(pipe: Any, options: RecipeOptions, files: Files, size: Size) -> tuple[Any, Mapping[str, Any]]:
    """The pipeline to call, sharing all weights with ``pipe``, and what to call it with beside prompt and size.

    Raises ProviderError for pictures that cannot be read, and for models that cannot do it.
    """
    given: dict[str, Any] = {}
    task = "AutoPipelineForText2Image"
    if options.image is not None:
        task = "AutoPipelineForImage2Image"
        given = {"image": _start(options, files, size), "strength": options.strength}
        hidden = _hidden(options, files, size)
        if hidden is not None:
            task = "AutoPipelineForInpainting"
            given["mask_image"] = hidden
    net = None
    if options.control is not None:
        net = controlnet.model(files.folder("control.model", options.control.model), pipe)
    elif not given:
        _draws_from_words(pipe)
        return pipe, given
    made = _shaped(pipe, task, net)
    known = inspect.signature(made.__call__).parameters
    if options.control is not None:
        source = input_images.read(files.path("control.image", options.control.image), "control.image")
        condition = controlnet.prepared(source, options.control.prepare, size)
        given["control_image" if "control_image" in known else "image"] = condition
        given["controlnet_conditioning_scale"] = options.control.scale
    for name in given:
        if name not in known:
            raise ProviderError(f"{type(made).__name__} takes no {name}", hint=_OTHERS)
    if task != "AutoPipelineForInpainting":
        _draws_from_words(made)
    return made, given


def finished(picture: Image, options: RecipeOptions, files: Files, size: Size) -> Image:
    """The picture with what was to be kept of the author's own laid over it; other shapes as they are."""
    if options.image is None or not (options.outpaint or options.mask):
        return picture
    if options.outpaint:
        inner, corner = _placed(options, files, size)
        return blending.continued(picture.convert("RGB"), inner, corner)
    hidden = _hidden(options, files, size)
    return picture if hidden is None else blending.mended(picture.convert("RGB"), _start(options, files, size), hidden)


_OTHERS = "Stable Diffusion 1.x and SDXL know every shape; SD3 and Flux know most of them"


def _shaped(pipe: Any, task: str, net: Any) -> Any:
    import diffusers

    words = {
        "AutoPipelineForImage2Image": "start from a picture",
        "AutoPipelineForInpainting": "draw parts of a picture",
    }
    try:
        auto = getattr(diffusers, task)
        made = auto.from_pipe(pipe) if net is None else auto.from_pipe(pipe, controlnet=net)
    except ValueError as error:  # diffusers' own word for: there is no such pipeline
        what = words.get(task, "draw from words")
        also = " and follow a ControlNet" if net is not None else ""
        raise ProviderError(f"{type(pipe).__name__} cannot {what}{also}: {error}", hint=_OTHERS) from error
    made.set_progress_bar_config(**getattr(pipe, "_progress_bar_config", {}))
    return made


def _draws_from_words(pipe: Any) -> None:
    """Inpainting models read the masked picture beside the noise, and cannot do without."""
    unet, vae = getattr(pipe, "unet", None), getattr(pipe, "vae", None)
    if unet is None or vae is None or unet.config.in_channels == vae.config.latent_channels:
        return
    message = f"the model reads {unet.config.in_channels} channels: it is made for inpainting and needs a mask"
    raise ProviderError(message, hint="give `image` with `mask` or `outpaint: true`, or take another model")


def _start(options: RecipeOptions, files: Files, size: Size) -> Image:
    if not options.outpaint:
        return input_images.covering(_image(options, files), size)
    import numpy as np
    from PIL import Image, ImageFilter

    inner, (left, top) = _placed(options, files, size)
    below, right = size[1] - inner.height - top, size[0] - inner.width - left
    wide = np.pad(np.asarray(inner), ((top, below), (left, right), (0, 0)), mode="edge")
    canvas = Image.fromarray(wide).filter(ImageFilter.GaussianBlur(max(2, min(size) // 24)))
    canvas.paste(inner, (left, top))
    return canvas


def _hidden(options: RecipeOptions, files: Files, size: Size) -> Image | None:
    """What is to be drawn, white on black in the picture's size; None where it is all of it."""
    from PIL import Image

    if options.outpaint:
        inner, (left, top) = _placed(options, files, size)
        right, below = left + inner.width, top + inner.height
        box = [left and left + _OVERLAP, top and top + _OVERLAP]
        box += [right - (right < size[0]) * _OVERLAP, below - (below < size[1]) * _OVERLAP]
        mask = Image.new("L", size, 255)
        mask.paste(0, (box[0], box[1], max(box[0], box[2]), max(box[1], box[3])))
        return mask
    if options.mask is None:
        return None
    path = files.path("mask", options.mask)
    mask, image = input_images.mask(path, "mask"), _image(options, files)
    if abs(mask.width * image.height - image.width * mask.height) > max(*mask.size, *image.size):
        found = f"{mask.width}x{mask.height}"
        message = f"`mask`: {path} is {found} px, the picture {image.width}x{image.height}: not the same shape"
        raise ProviderError(message, hint="draw the mask over the picture itself: white is drawn anew, black stays")
    hard = input_images.covering(mask, size).point([0] * 128 + [255] * 128)
    if hard.getextrema() == (0, 0):
        raise ProviderError(f"`mask`: {path} is black: nothing would be drawn", hint="paint white what shall be new")
    return hard


def _image(options: RecipeOptions, files: Files) -> Image:
    return input_images.read(files.path("image", str(options.image)), "image")


def _placed(options: RecipeOptions, files: Files, size: Size) -> tuple[Image, tuple[int, int]]:
    """The author's picture as it will lie in the middle of the larger one: every pixel of its own where it fits."""
    from PIL import Image

    image = _image(options, files)
    width, height = size
    share = min(1.0, width / image.width, height / image.height)
    if share < 1:
        smaller = (max(1, min(width, round(image.width * share))), max(1, min(height, round(image.height * share))))
        image = image.resize(smaller, Image.Resampling.LANCZOS)
    if image.size == size:
        message = f"`outpaint`: {options.image} fills {width}x{height} px already: there is nothing around it to draw"
        raise ProviderError(message, hint="another `width` or `height`; or without `outpaint`, to draw it anew")
    return image, ((width - image.width) // 2, (height - image.height) // 2)
