"""Adapters that a recipe adds to a diffusion pipeline: LoRAs, textual inversions, a VAE, an IP-Adapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from imageseo.heroes.providers.diffusion import input_images, lora, memory, model_checks, textual_inversion
from imageseo.heroes.providers.diffusion.components import load_component, read_class_name, read_tensor_shapes
from imageseo.model.errors import ProviderError

if TYPE_CHECKING:
    from imageseo.heroes.providers.diffusion.model_files import ModelFiles
    from imageseo.heroes.providers.diffusion.recipe_options import IpAdapter, RecipeOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What adapters add. ``arguments``: of the call (``ip_adapter_image``). ``lora_layers``: by file."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    lora_layers: Mapping[str, lora.LayerCount] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on LoRAs that are applied in part."""
        return tuple(
            f"`loras`: {file}: {count.used} of its {count.all} layers match the model, the others have no effect"
            for file, count in self.lora_layers.items()
            if count.used < count.all
        )


@contextmanager
def attach(pipe: Any, options: RecipeOptions, files: ModelFiles) -> Iterator[Attached]:
    """Attach all adapters of the recipe.

    On exit, also after an exception, the diffusion pipeline is restored bit for bit. Raises ProviderError for files
    that are missing, damaged, pickled, or made for another model.
    """
    arguments: dict[str, Any] = {}
    layers: Mapping[str, lora.LayerCount] = {}
    offloaded_to = memory.suspend(pipe)
    with ExitStack() as stack:
        stack.callback(memory.resume, pipe, offloaded_to)
        if options.vae is not None:
            stack.enter_context(_vae(pipe, files.folder("vae", options.vae)))
        if options.embeddings:
            paths = [files.weights(f"embeddings[{number}]", file) for number, file in enumerate(options.embeddings)]
            stack.enter_context(textual_inversion.add_embeddings(pipe, paths))
        if options.loras:
            layers = stack.enter_context(lora.apply_loras(pipe, options.loras, files))
        if options.ip_adapter is not None:
            path = files.path("ip_adapter.image", options.ip_adapter.image)
            arguments["ip_adapter_image"] = input_images.read_image(path, "ip_adapter.image")
            stack.enter_context(_ip_adapter(pipe, options.ip_adapter, files))
        memory.resume(pipe, offloaded_to)
        stack.callback(memory.suspend, pipe)
        yield Attached(arguments=arguments, lora_layers=layers)


@contextmanager
def _vae(pipe: Any, folder: Path) -> Iterator[None]:
    original = pipe.vae
    kind = read_class_name(folder, "vae")
    if kind != type(original).__name__:
        message = f"`vae`: {folder} is {kind}, the model needs {type(original).__name__}"
        raise ProviderError(message, hint="use a VAE for the model's family")
    vae = load_component(type(original), folder, "vae", torch_dtype=original.dtype)
    for key in ("latent_channels", "block_out_channels", "shift_factor"):
        found, required = _as_length(vae.config.get(key)), _as_length(original.config.get(key))
        if found != required:
            message = f"`vae`: {folder} does not fit: its {key} is {found}, the model's {required}"
            raise ProviderError(message, hint="use a VAE for the model's family")
    pipe.register_modules(vae=vae.to(original.device).eval())
    try:
        yield
    finally:
        pipe.register_modules(vae=original)


def _as_length(value: Any) -> Any:
    """Return the length of a list, else the value: the number of blocks decides the scale of the latents."""
    return len(value) if isinstance(value, list | tuple) else value


@contextmanager
def _ip_adapter(pipe: Any, adapter: IpAdapter, files: ModelFiles) -> Iterator[None]:
    unet = getattr(pipe, "unet", None)
    if unet is None or not hasattr(pipe, "load_ip_adapter"):
        refuse_ip_adapter(type(pipe).__name__)
    folder = files.folder("ip_adapter.folder", adapter.folder)
    weights = files.weights("ip_adapter.weight_name", str(folder / adapter.weight_name))
    encoder = _load_image_encoder(weights, folder, pipe)
    check_ip_adapter(weights, encoder.config.to_dict(), unet.config.cross_attention_dim)
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
        except Exception as error:  # layers are missing, superfluous or of another shape
            detail = " ".join(str(error).split())[:300]
            raise ProviderError(f"`ip_adapter`: {weights} does not fit the model: {detail}", hint=_EDITIONS) from error
        pipe.set_ip_adapter_scale(adapter.scale)
        yield
    finally:
        unet.set_attn_processor(processors)
        unet.encoder_hid_proj = projection
        unet.config.encoder_hid_dim_type = kind
        pipe.register_modules(**parts)


def refuse_ip_adapter(pipeline: str) -> NoReturn:
    """Raise the ProviderError for a pipeline that has no IP-Adapters here."""
    raise ProviderError(f"`ip_adapter`: {pipeline} does not support it", hint="use Stable Diffusion 1.x or SDXL")


_EDITIONS = "use ip-adapter_sd15 for Stable Diffusion 1.5 and ip-adapter_sdxl for SDXL"


def check_ip_adapter(weights: Path, encoder: Mapping[str, Any], text_width: Any) -> None:
    """Check an IP-Adapter by the header of its weights. Raises ProviderError if it is for another model or encoder.

    ``encoder``: settings of its image encoder. ``text_width``: of the embeddings that the model reads.
    """
    shapes = read_tensor_shapes(weights)
    if not any(name.startswith("ip_adapter.") for name in shapes):
        raise ProviderError(f"`ip_adapter`: {weights} is not an IP-Adapter", hint=_EDITIONS)
    if any("lora" in name for name in shapes):
        hint = "use ip-adapter, ip-adapter-plus or ip-adapter-plus-face"
        raise ProviderError(
            f"`ip_adapter`: {weights} needs a face recognition model, which is not supported", hint=hint
        )
    widths = {shape[1] for name, shape in shapes.items() if name.endswith(("to_k_ip.weight", "to_v_ip.weight"))}
    if widths != {text_width}:
        found = ", ".join(str(width) for width in sorted(widths))
        message = f"`ip_adapter`: {weights} expects text embeddings of width {found}, the model has {text_width}"
        raise ProviderError(message, hint=_EDITIONS)
    # The defaults of transformers, which leaves them out of config.json.
    given = (("proj", encoder.get("projection_dim", 512)), ("proj_in", encoder.get("hidden_size", 768)))
    for name, required in given:
        shape = shapes.get(f"image_proj.{name}.weight")
        if shape is not None and shape[1] != required:
            message = (
                f"`ip_adapter`: {weights} expects image embeddings of width {shape[1]}"
                f"{_describe_encoder(name, shape[1])}, "
                f"image_encoder gives {required}{_describe_encoder(name, required)}"
            )
            raise ProviderError(message, hint="use the image_encoder that was published with it")


# Published image encoders by the width of their output: projected, and of the last hidden layer.
_ENCODERS = {
    ("proj", 1024): "ViT-H",
    ("proj", 1280): "ViT-bigG",
    ("proj_in", 1280): "ViT-H",
    ("proj_in", 1664): "ViT-bigG",
}


def _describe_encoder(layer: str, width: int) -> str:
    name = _ENCODERS.get((layer, width))
    return f" ({name})" if name else ""


def find_image_encoder(weights: Path, folder: Path) -> Path:
    """Find the image encoder of an IP-Adapter: next to the weights, else in ``ip_adapter.folder``.

    Raises ProviderError if there is none.
    """
    folders = [weights.parent / "image_encoder", folder / "image_encoder"]
    encoder_folder = next((each for each in folders if each.is_dir()), None)
    if encoder_folder is None:
        hint = "the folder must contain image_encoder/ next to the weights, as published"
        raise ProviderError(f"`ip_adapter.folder`: {folder} has no image_encoder", hint=hint)
    return encoder_folder


def _load_image_encoder(weights: Path, folder: Path, pipe: Any) -> Any:
    from transformers import CLIPVisionModelWithProjection

    encoder_folder = find_image_encoder(weights, folder)
    model_checks.check_component(encoder_folder, "ip_adapter.folder")
    encoder = load_component(CLIPVisionModelWithProjection, encoder_folder, "ip_adapter.folder", dtype=pipe.dtype)
    return encoder.to(getattr(pipe, "_execution_device", pipe.device)).eval()
