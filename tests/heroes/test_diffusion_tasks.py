"""Tasks that start from an image: img2img, inpainting, outpainting, ControlNet; kept pixels and refused inputs."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imageseo.heroes.providers import diffusers
from imageseo.heroes.providers.diffusion import blending, controlnet, input_images, options, tasks
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions
from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA, Recipe
from imageseo.model.protocols import ProviderContext
from tests.support import tiny_adapters, tiny_models
from tests.support.extras import needs_packages

pytestmark = needs_packages("torch", "skimage")

Pixels = NDArray[np.uint8]
SIZE = (96, 64)


@pytest.fixture(scope="module", autouse=True)
def single_thread() -> Iterator[None]:
    """Tiny models are fastest on one thread."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project: an image of distinct colours, a small one, and masks."""
    folder = tmp_path_factory.mktemp("project")
    scene = Image.radial_gradient("L").resize((120, 80))
    scene = Image.merge("RGB", (scene, Image.linear_gradient("L").resize((120, 80)), scene.rotate(180)))
    ImageDraw.Draw(scene).rectangle((40, 20, 80, 60), fill="white")
    scene.save(folder / "scene.png")
    scene.resize((48, 40)).save(folder / "small.png")
    mask = Image.new("L", (120, 80))
    ImageDraw.Draw(mask).rectangle((0, 0, 40, 80), fill=255)
    mask.save(folder / "mask.png")
    Image.new("L", (120, 80)).save(folder / "black.png")
    Image.new("L", (80, 80), 255).save(folder / "square.png")
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> ModelFiles:
    return ModelFiles(project=folder, cache=folder / "cache")


@pytest.fixture(scope="module")
def pipes(folder: Path) -> dict[str, Any]:
    return {}


def load_pipe(family: str, pipes: dict[str, Any], folder: Path) -> Any:
    if family not in pipes:
        path = str(tiny_models.save(family, folder / family))
        auto: Any = import_module("diffusers").AutoPipelineForText2Image
        pipes[family] = auto.from_pretrained(path, use_safetensors=True, local_files_only=True)
        pipes[family].set_progress_bar_config(disable=True)
    return pipes[family]


@pytest.fixture
def sd(pipes: dict[str, Any], folder: Path) -> Any:
    return load_pipe("sd", pipes, folder)


def recipe_options(**more: Any) -> RecipeOptions:
    return options.read_options({"model": "sd", "prompt": "a paper boat", "steps": 4, **more})


def draw(pipe: Any, more: Mapping[str, Any], size: tuple[int, int] = SIZE) -> Image.Image:
    import inspect

    import torch

    known = inspect.signature(pipe.__call__).parameters
    given = {"width": size[0], "height": size[1]} if "width" in known else {}
    generator = torch.Generator("cpu").manual_seed(3)
    found: Image.Image = pipe("a paper boat", num_inference_steps=4, generator=generator, **given, **more).images[0]
    return found


def make_pixels(pipe: Any, files: ModelFiles, size: tuple[int, int] = SIZE, **more: Any) -> Pixels:
    options_written = recipe_options(**more)
    called, given = tasks.prepare_call(pipe, options_written, files, size)
    return np.asarray(tasks.finish_image(draw(called, given, size), options_written, files, size))


def error_message(pipe: Any, files: ModelFiles, size: tuple[int, int] = SIZE, **more: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        tasks.prepare_call(pipe, recipe_options(**more), files, size)
    return str(caught.value)


def test_text_to_image_calls_the_pipeline_itself(sd: Any, files: ModelFiles) -> None:
    called, given = tasks.prepare_call(sd, recipe_options(), files, SIZE)
    assert called is sd
    assert given == {}


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux"])
def test_img2img_shares_weights_and_follows_strength(
    family: str, pipes: dict[str, Any], folder: Path, files: ModelFiles
) -> None:
    pipe = load_pipe(family, pipes, folder)
    called, given = tasks.prepare_call(pipe, recipe_options(image="scene.png", strength=0.5), files, SIZE)
    assert called.components["vae"] is pipe.vae
    assert given["image"].size == SIZE
    soft, hard = (make_pixels(pipe, files, image="scene.png", strength=strength) for strength in (0.25, 1.0))
    assert soft.shape == (64, 96, 3)
    assert not np.array_equal(soft, hard)
    assert np.array_equal(soft, make_pixels(pipe, files, image="scene.png", strength=0.25))


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
def test_inpainting_keeps_pixels_outside_the_mask(
    family: str, pipes: dict[str, Any], folder: Path, files: ModelFiles
) -> None:
    pipe = load_pipe(family, pipes, folder)
    scene = np.asarray(input_images.cover(input_images.read_image(folder / "scene.png", "image"), SIZE))
    result = make_pixels(pipe, files, image="scene.png", mask="mask.png")
    left, right = result[:, :32].astype(int), result[:, 40:]
    assert np.array_equal(right, scene[:, 40:])
    assert np.abs(left - scene[:, :32]).mean() > 10
    assert np.array_equal(result, make_pixels(pipe, files, image="scene.png", mask="mask.png"))


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_outpainting_keeps_the_original_exactly(
    family: str, pipes: dict[str, Any], folder: Path, files: ModelFiles
) -> None:
    pipe = load_pipe(family, pipes, folder)
    small = np.asarray(Image.open(folder / "small.png"))
    result = make_pixels(pipe, files, image="small.png", outpaint=True)
    assert np.array_equal(result[12:52, 24:72], small)
    # A larger image of another shape is reduced until it fits; then those pixels are kept.
    scene = Image.open(folder / "scene.png").resize((48, 32), Image.Resampling.LANCZOS)
    tall = make_pixels(pipe, files, (48, 64), image="scene.png", outpaint=True)
    assert np.array_equal(tall[16:48], np.asarray(scene))


def test_outpainting_mask_covers_the_surroundings(sd: Any, files: ModelFiles) -> None:
    _, given = tasks.prepare_call(sd, recipe_options(image="small.png", outpaint=True), files, SIZE)
    mask = np.asarray(given["mask_image"])
    assert mask[20:44, 32:64].max() == 0
    assert mask[:, :24].min() == mask[:, 72:].min() == mask[:12].min() == mask[52:].min() == 255
    first, other = (
        np.asarray(
            draw(
                *tasks.prepare_call(
                    sd, recipe_options(image="small.png", outpaint=True, strength=strength), files, SIZE
                )
            )
        )
        for strength in (0.5, 1.0)
    )
    assert not np.array_equal(first[:, :24], other[:, :24])


def test_colour_drift_leaves_no_line() -> None:
    """A generated image that is 40 levels darker than the original: no step at the border or anywhere else."""
    real = Image.new("RGB", (100, 100), (150, 150, 150))
    result = np.asarray(
        blending.blend_outpainted(Image.new("RGB", (400, 300), (110, 110, 110)), real, (150, 100))
    ).astype(int)
    assert (result[100:200, 150:250] == 150).all()
    assert np.abs(np.diff(result[..., 0], axis=0)).max() <= 1
    assert np.abs(np.diff(result[..., 0], axis=1)).max() <= 1
    assert result[0, 0, 0] < 115


def test_local_colour_error_fades_quickly() -> None:
    """Next to an original that is dark above and light below, the colours adapt near it and are uniform far away."""
    real = np.full((100, 100, 3), 90, np.uint8)
    real[50:] = 150
    make_pixels = Image.new("RGB", (400, 100), (120, 120, 120))
    result = np.asarray(blending.blend_outpainted(make_pixels, Image.fromarray(real), (150, 0))).astype(int)
    assert np.array_equal(result[:, 150:250], real)
    assert np.abs(np.diff(result[20, 100:300, 0])).max() <= 8
    assert (result[20, 149, 0], result[80, 149, 0]) == pytest.approx((90, 150), abs=4)
    assert (result[:, :50] == 120).all()


def test_inpainting_model_needs_image_and_mask(sd: Any, files: ModelFiles, folder: Path) -> None:
    pipe = tiny_adapters.inpainting(sd)
    pipe.set_progress_bar_config(disable=True)
    result = make_pixels(pipe, files, image="scene.png", mask="mask.png")
    scene = np.asarray(input_images.cover(input_images.read_image(folder / "scene.png", "image"), SIZE))
    assert np.array_equal(result[:, 40:], scene[:, 40:])
    assert not np.array_equal(result[:, :32], scene[:, :32])
    assert "is for inpainting" in error_message(pipe, files)
    assert "is for inpainting" in error_message(pipe, files, image="scene.png")


def test_controlnet_effect_depends_on_its_scale(sd: Any, files: ModelFiles) -> None:
    tiny_adapters.controlnet(sd, files.project / "canny")
    control = {"model": "canny", "image": "scene.png", "prepare": "canny"}
    base = np.asarray(draw(sd, {}))
    assert np.array_equal(make_pixels(sd, files, control={**control, "scale": 0}), base)
    followed = make_pixels(sd, files, control={**control, "scale": 1})
    assert not np.array_equal(followed, base)
    assert np.array_equal(make_pixels(sd, files, control={**control, "scale": 1}), followed)
    assert not np.array_equal(make_pixels(sd, files, control={**control, "scale": 1, "prepare": "none"}), followed)
    assert np.array_equal(np.asarray(draw(sd, {})), base)


@pytest.mark.parametrize("more", [{}, {"mask": "mask.png"}])
def test_controlnet_works_with_a_start_image(sd: Any, files: ModelFiles, more: dict[str, Any]) -> None:
    tiny_adapters.controlnet(sd, files.project / "canny")
    control = {"model": "canny", "image": "scene.png", "prepare": "canny"}
    free = make_pixels(sd, files, image="scene.png", **more)
    assert np.array_equal(make_pixels(sd, files, image="scene.png", control={**control, "scale": 0}, **more), free)
    assert not np.array_equal(make_pixels(sd, files, image="scene.png", control={**control, "scale": 1}, **more), free)


def test_replaced_controlnet_is_loaded_again(sd: Any, files: ModelFiles) -> None:
    control = {"model": "swapped", "image": "scene.png", "prepare": "canny", "scale": 1}
    tiny_adapters.controlnet(sd, files.project / "swapped", seed=1)
    first = make_pixels(sd, files, control=control)
    tiny_adapters.controlnet(sd, files.project / "swapped", seed=2)
    assert not np.array_equal(make_pixels(sd, files, control=control), first)


def test_mismatched_controlnet_is_refused(pipes: dict[str, Any], folder: Path, files: ModelFiles) -> None:
    sd, sdxl = load_pipe("sd", pipes, folder), load_pipe("sdxl", pipes, folder)
    flux, pixart = load_pipe("flux", pipes, folder), load_pipe("pixart", pipes, folder)
    tiny_adapters.controlnet(sd, folder / "canny")
    control = {"model": "canny", "image": "scene.png", "prepare": "canny"}
    assert "the width of its text embeddings is 32, the model needs 64" in error_message(sdxl, files, control=control)
    assert "canny is for Stable Diffusion 1.x, 2.x or SDXL" in error_message(flux, files, control=control)
    assert "PixArtSigmaPipeline does not support ControlNets" in error_message(pixart, files, control=control)
    weights = tiny_adapters.controlnet(sd, folder / "broken") / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    assert "is truncated" in error_message(sd, files, control={**control, "model": "broken"})
    weights.rename(weights.with_suffix(".bin"))
    assert "only pickled weights" in error_message(sd, files, control={**control, "model": "broken"})
    assert "there is no model folder 'gone'" in error_message(sd, files, control={**control, "model": "gone"})
    assert "there is no 'gone.png'" in error_message(sd, files, control={**control, "image": "gone.png"})


def test_canny_finds_only_outlines() -> None:
    flat = Image.new("RGB", (200, 160), (90, 120, 60))
    assert np.asarray(controlnet.prepare_image(flat, "canny", (100, 80))).max() == 0
    ImageDraw.Draw(flat).rectangle((50, 40, 150, 120), fill=(220, 210, 250))
    lines = controlnet.prepare_image(flat, "canny", (200, 160))
    values = np.asarray(lines)
    assert (lines.mode, lines.size) == ("RGB", (200, 160))
    assert set(np.unique(values)) == {0, 255}
    rows, columns = np.nonzero(values[..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((40, 120, 50, 150), abs=1)
    assert values[60:100, 70:130].max() == 0  # no lines inside a flat shape
    assert len(rows) < 2 * 2 * (100 + 80)  # and lines are thin


def test_unsupported_task_or_image_is_refused(pipes: dict[str, Any], folder: Path, files: ModelFiles, sd: Any) -> None:
    pixart = load_pipe("pixart", pipes, folder)
    assert "PixArtSigmaPipeline cannot start from an image" in error_message(pixart, files, image="scene.png")
    assert "cannot draw parts of an image" in error_message(pixart, files, image="scene.png", mask="mask.png")
    assert "black.png is black" in error_message(sd, files, image="scene.png", mask="black.png")
    assert "square.png is 80x80 px, the image 120x80" in error_message(sd, files, image="scene.png", mask="square.png")
    assert "nothing to draw around it" in error_message(sd, files, (48, 40), image="small.png", outpaint=True)
    (folder / "half.png").write_bytes((folder / "scene.png").read_bytes()[:300])
    assert "half.png cannot be read" in error_message(sd, files, image="half.png")


def test_input_images_become_upright_srgb(tmp_path: Path) -> None:
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    middle = input_images.cover(wide, (50, 50))
    assert middle.size == (50, 50)
    assert middle.getpixel((5, 25)) == middle.getpixel((44, 25)) == (0, 0, 255)
    turned = Image.Exif()
    turned[0x0112] = 6
    wide.save(tmp_path / "turned.jpg", exif=turned)
    assert input_images.read_image(tmp_path / "turned.jpg", "image").size == (100, 300)
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert input_images.read_image(tmp_path / "clear.png", "image").getpixel((0, 0)) == (255, 255, 255)
    deep = np.full((4, 4), 32896, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert input_images.read_image(tmp_path / "deep.png", "image").getpixel((0, 0)) == (128, 128, 128)


def test_image_from_an_original_is_composite() -> None:
    assert tasks.digital_source_type(recipe_options()) == TRAINED_MEDIA
    for more in ({}, {"mask": "mask.png"}, {"outpaint": True}):
        assert tasks.digital_source_type(recipe_options(image="scene.png", **more)) == COMPOSITE_TRAINED_MEDIA


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"mask": "mask.png"}, "`mask`"),
        ({"outpaint": True}, "`outpaint`"),
        ({"strength": 0.5}, "`strength`"),
        ({"image": "scene.png", "mask": "mask.png", "outpaint": True}, "cannot be combined with `mask`"),
        ({"image": "scene.png", "strength": 0}, "`strength`"),
        ({"image": "scene.png", "strength": 1.2}, "`strength`"),
        ({"image": "scene.png", "steps": 3, "strength": 0.3}, "at least 4 steps"),
        ({"control": {"model": "canny"}}, "`control.image`"),
        ({"control": {"image": "scene.png"}}, "`control.model`"),
        ({"control": {"model": "canny", "image": "scene.png", "prepare": "depth"}}, "expected canny, lineart or none"),
        ({"loras": ["style.ckpt"]}, "is a pickle"),
        ({"embeddings": ["word.pt"]}, "is a pickle"),
        ({"loras": ["a.safetensors", "a.safetensors"]}, "is listed twice"),
        ({"ip_adapter": {"folder": "ip", "weight_name": "ip.bin", "image": "scene.png"}}, "is a pickle"),
    ],
)
def test_contradictory_options_are_refused(more: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_options(**more)
    assert message in str(caught.value)


def test_default_strength_is_higher_with_a_mask() -> None:
    strengths = [
        recipe_options(image="scene.png", **more).strength for more in ({}, {"mask": "mask.png"}, {"outpaint": True})
    ]
    assert strengths == [0.6, 0.9, 0.95]
    assert recipe_options().strength is None


def test_all_options_together_are_reproducible(folder: Path, files: ModelFiles, sd: Any) -> None:
    """LoRA, embedding, IP-Adapter, ControlNet and outpainting together: one master, reproducible."""
    tiny_adapters.lora(sd, folder / "style.safetensors", seed=1, parts=("unet", "text_encoder"))
    tiny_adapters.embedding(folder / "glow.safetensors", 32, name="<glow>")
    tiny_adapters.ip_adapter(sd, folder / "ip")
    tiny_adapters.controlnet(sd, folder / "canny")
    tiny_adapters.vae(sd, folder / "vae")
    provider = diffusers.PROVIDER.configure(
        ProviderContext(project=folder, cache=folder / "cache", options={"threads": 1})
    )
    written = {
        "model": "sd",
        "prompt": "a <glow> boat",
        "steps": 3,
        "vae": "vae",
        "loras": [{"file": "style.safetensors", "weight": 0.6}],
        "embeddings": ["glow.safetensors"],
        "ip_adapter": {"folder": "ip", "weight_name": "ip.safetensors", "image": "scene.png"},
        "control": {"model": "canny", "image": "scene.png", "prepare": "canny"},
        "image": "small.png",
        "outpaint": True,
    }
    recipe = Recipe(provider="diffusers", seed=3, width=96, height=64, options=provider.complete(written))
    first, again = (next(iter(provider.produce([recipe]))) for _ in range(2))
    assert first.png == again.png
    assert first.digital_source_type == COMPOSITE_TRAINED_MEDIA
    kept_pixels = np.asarray(Image.open(io.BytesIO(first.png)))[12:52, 24:72]
    assert np.array_equal(kept_pixels, np.asarray(Image.open(folder / "small.png")))
    expected = {
        "model",
        "vae",
        "control",
        "ip_adapter",
        "ip_adapter_encoder",
        "lora:style.safetensors",
        "embedding:glow.safetensors",
    }
    assert expected | {"image:small.png", "image:scene.png"} == set(first.models)
