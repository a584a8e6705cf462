"""What is hung on a pipeline for one recipe and taken off again: LoRAs, textual inversions, a VAE, an IP-Adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.diffusion import input_images, lora, model_checks, textual_inversion
from imageseo.heroes.providers.diffusion.components import kind_of, loaded, tensors
from imageseo.model.errors import ProviderError

if TYPE_CHECKING:
    from imageseo.heroes.providers.diffusion.model_files import Files
    from imageseo.heroes.providers.diffusion.options import IpAdapter, RecipeOptions


@contextmanager
def attached(pipe: Any, options: RecipeOptions, files: Files) -> Iterator[Mapping[str, Any]]:
    """Everything that the recipe names, attached; yields further arguments of the call (``ip_adapter_image``).

    At the end, also after an exception, the pipeline is as before, bit for bit. Raises ProviderError for files that
    are missing, broken, pickle, or made for another model.
    """
    extra: dict[str, Any] = {}
    with ExitStack() as stack:
        if options.vae is not None:
            stack.enter_context(_vae(pipe, files.folder("vae", options.vae)))
        if options.embeddings:
            paths = [files.weights(f"embeddings[{at}]", file) for at, file in enumerate(options.embeddings)]
            stack.enter_context(textual_inversion.taught(pipe, paths))
        if options.loras:
            stack.enter_context(lora.mixed(pipe, options.loras, files))
        if options.ip_adapter is not None:
            path = files.path("ip_adapter.image", options.ip_adapter.image)
            extra["ip_adapter_image"] = input_images.read(path, "ip_adapter.image")
            stack.enter_context(_ip_adapter(pipe, options.ip_adapter, files))
        yield extra


@contextmanager
def _vae(pipe: Any, folder: Path) -> Iterator[None]:
    before = pipe.vae
    kind = kind_of(folder, "vae")
    if kind != type(before).__name__:
        message = f"`vae`: {folder} is of the kind {kind}, the model needs {type(before).__name__}"
        raise ProviderError(message, hint="take a VAE of the model's own family")
    vae = loaded(type(before), folder, "vae", torch_dtype=before.dtype)
    for key in ("latent_channels", "block_out_channels", "shift_factor"):
        found, needed = _length(vae.config.get(key)), _length(before.config.get(key))
        if found != needed:
            message = f"`vae`: {folder} does not fit: its {key} is {found}, the model's {needed}"
            raise ProviderError(message, hint="take a VAE of the model's own family")
    pipe.register_modules(vae=vae.to(before.device).eval())
    try:
        yield
    finally:
        pipe.register_modules(vae=before)


def _length(value: Any) -> Any:
    """How many blocks there are decides how much smaller than the picture its latents are."""
    return len(value) if isinstance(value, list | tuple) else value


@contextmanager
def _ip_adapter(pipe: Any, adapter: IpAdapter, files: Files) -> Iterator[None]:
    unet = getattr(pipe, "unet", None)
    if unet is None or not hasattr(pipe, "load_ip_adapter"):
        message = f"`ip_adapter`: {type(pipe).__name__} takes none here"
        raise ProviderError(message, hint="IP-Adapters work with Stable Diffusion 1.x and SDXL")
    folder = files.folder("ip_adapter.folder", adapter.folder)
    weights = files.weights("ip_adapter.weight_name", str(folder / adapter.weight_name))
    encoder = _image_encoder(weights, folder, pipe)
    _check_ip_adapter(weights, encoder, pipe)
    parts = {name: getattr(pipe, name, None) for name in ("image_encoder", "feature_extractor")}
    processors, projection = unet.attn_processors, unet.encoder_hid_proj
    kind = unet.config.encoder_hid_dim_type
    try:
        pipe.register_modules(image_encoder=encoder)
        try:
            pipe.load_ip_adapter(
                str(weights.parent),
                subfolder="",
                weight_name=weights.name,
                image_encoder_folder=None,
                local_files_only=True,
            )
        except Exception as error:  # layers that are missing, that are too many or of another shape
            said = " ".join(str(error).split())[:300]
            raise ProviderError(f"`ip_adapter`: {weights} does not fit the model: {said}", hint=_EDITIONS) from error
        pipe.set_ip_adapter_scale(adapter.scale)
        yield
    finally:
        unet.set_attn_processor(processors)
        unet.encoder_hid_proj = projection
        unet.config.encoder_hid_dim_type = kind
        pipe.register_modules(**parts)


_EDITIONS = "IP-Adapters come in editions: ip-adapter_sd15 for Stable Diffusion 1.5, ip-adapter_sdxl for SDXL"


def _check_ip_adapter(weights: Path, encoder: Any, pipe: Any) -> None:
    shapes = tensors(weights)
    if not any(name.startswith("ip_adapter.") for name in shapes):
        raise ProviderError(f"`ip_adapter`: {weights} holds no IP-Adapter", hint=_EDITIONS)
    if any("lora" in name for name in shapes):
        hint = "take ip-adapter, ip-adapter-plus or ip-adapter-plus-face"
        raise ProviderError(
            f"`ip_adapter`: {weights} follows faces by another model, which is not supported", hint=hint
        )
    widths = {shape[1] for name, shape in shapes.items() if name.endswith(("to_k_ip.weight", "to_v_ip.weight"))}
    ours = pipe.unet.config.cross_attention_dim
    if widths != {ours}:
        found = ", ".join(str(width) for width in sorted(widths))
        message = f"`ip_adapter`: {weights} is for a model with texts {found} wide, the model's are {ours} wide"
        raise ProviderError(message, hint=_EDITIONS)
    for name, needed in (("proj", encoder.config.projection_dim), ("proj_in", encoder.config.hidden_size)):
        shape = shapes.get(f"image_proj.{name}.weight")
        if shape is not None and shape[1] != needed:
            message = f"`ip_adapter`: {weights} reads pictures {shape[1]} wide, image_encoder gives {needed}"
            raise ProviderError(message, hint="take the image_encoder that was published with it")


def image_encoder(weights: Path, folder: Path) -> Path:
    """The folder of the model that reads an IP-Adapter's picture: beside the weights, else in ``ip_adapter.folder``.

    Raises ProviderError when there is none.
    """
    places = [weights.parent / "image_encoder", folder / "image_encoder"]
    place = next((each for each in places if each.is_dir()), None)
    if place is None:
        hint = "the folder holds the weights and image_encoder/ beside them, as they are published"
        raise ProviderError(f"`ip_adapter.folder`: {folder} has no image_encoder", hint=hint)
    return place


def _image_encoder(weights: Path, folder: Path, pipe: Any) -> Any:
    from transformers import CLIPVisionModelWithProjection

    place = image_encoder(weights, folder)
    model_checks.check_part(place, "ip_adapter.folder")
    encoder = loaded(CLIPVisionModelWithProjection, place, "ip_adapter.folder", dtype=pipe.dtype)
    return encoder.to(getattr(pipe, "_execution_device", pipe.device)).eval()
