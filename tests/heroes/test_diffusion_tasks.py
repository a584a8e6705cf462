"""Pictures from pictures: img2img, inpaint, outpaint, ControlNet; what is kept is kept, what cannot be is refused."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("skimage")

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imageseo.heroes.providers import diffusers
from imageseo.heroes.providers.diffusion import blending, controlnet, input_images, options, tasks
from imageseo.heroes.providers.diffusion.model_files import Files
from imageseo.model.errors import ProviderError, RecipeError
from imageseo.model.hero import COMPOSITE_TRAINED_MEDIA, TRAINED_MEDIA, Recipe
from imageseo.model.protocols import ProviderContext
from tests.support import tiny_adapters, tiny_models

Pixels = NDArray[np.uint8]
SIZE = (96, 64)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny models are drawn soonest by one thread: more of them wait for each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project: a picture of its own colours, one that is small, masks."""
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
def files(folder: Path) -> Files:
    return Files(project=folder, cache=folder / "cache")


@pytest.fixture(scope="module")
def pipes(folder: Path) -> dict[str, Any]:
    return {}


def pipe_of(family: str, pipes: dict[str, Any], folder: Path) -> Any:
    if family not in pipes:
        path = str(tiny_models.save(family, folder / family))
        auto: Any = import_module("diffusers").AutoPipelineForText2Image
        pipes[family] = auto.from_pretrained(path, use_safetensors=True, local_files_only=True)
        pipes[family].set_progress_bar_config(disable=True)
    return pipes[family]


@pytest.fixture
def sd(pipes: dict[str, Any], folder: Path) -> Any:
    return pipe_of("sd", pipes, folder)


def asked(**more: Any) -> options.RecipeOptions:
    return options.read({"model": "sd", "prompt": "a paper boat", "steps": 4, **more})


def drawn(pipe: Any, more: Mapping[str, Any], size: tuple[int, int] = SIZE) -> Image.Image:
    import inspect

    import torch

    known = inspect.signature(pipe.__call__).parameters
    given = {"width": size[0], "height": size[1]} if "width" in known else {}
    generator = torch.Generator("cpu").manual_seed(3)
    found: Image.Image = pipe("a paper boat", num_inference_steps=4, generator=generator, **given, **more).images[0]
    return found


def made(pipe: Any, files: Files, size: tuple[int, int] = SIZE, **more: Any) -> Pixels:
    said = asked(**more)
    called, given = tasks.call(pipe, said, files, size)
    return np.asarray(tasks.finished(drawn(called, given, size), said, files, size))


def refusal(pipe: Any, files: Files, size: tuple[int, int] = SIZE, **more: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        tasks.call(pipe, asked(**more), files, size)
    return str(caught.value)


def test_words_alone_call_the_pipeline_itself(sd: Any, files: Files) -> None:
    called, given = tasks.call(sd, asked(), files, SIZE)
    assert called is sd
    assert given == {}


@pytest.mark.parametrize("family", ["sd", "sdxl", "sd3", "flux"])
def test_img2img_starts_from_the_picture_with_the_same_weights(
    family: str, pipes: dict[str, Any], folder: Path, files: Files
) -> None:
    pipe = pipe_of(family, pipes, folder)
    called, given = tasks.call(pipe, asked(image="scene.png", strength=0.5), files, SIZE)
    assert called.components["vae"] is pipe.vae
    assert given["image"].size == SIZE
    soft, hard = (made(pipe, files, image="scene.png", strength=strength) for strength in (0.25, 1.0))
    assert soft.shape == (64, 96, 3)
    assert not np.array_equal(soft, hard)
    assert np.array_equal(soft, made(pipe, files, image="scene.png", strength=0.25))


@pytest.mark.parametrize("family", ["sd", "sdxl", "flux"])
def test_inpaint_keeps_what_the_mask_spares(family: str, pipes: dict[str, Any], folder: Path, files: Files) -> None:
    pipe = pipe_of(family, pipes, folder)
    scene = np.asarray(input_images.covering(input_images.read(folder / "scene.png", "image"), SIZE))
    new = made(pipe, files, image="scene.png", mask="mask.png")
    left, right = new[:, :32].astype(int), new[:, 40:]
    assert np.array_equal(right, scene[:, 40:])
    assert np.abs(left - scene[:, :32]).mean() > 10
    assert np.array_equal(new, made(pipe, files, image="scene.png", mask="mask.png"))


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_outpaint_keeps_the_original_to_the_pixel(
    family: str, pipes: dict[str, Any], folder: Path, files: Files
) -> None:
    pipe = pipe_of(family, pipes, folder)
    small = np.asarray(Image.open(folder / "small.png"))
    new = made(pipe, files, image="small.png", outpaint=True)
    assert np.array_equal(new[12:52, 24:72], small)
    # A larger picture of another shape is reduced until it fits; those pixels are kept then.
    scene = Image.open(folder / "scene.png").resize((48, 32), Image.Resampling.LANCZOS)
    tall = made(pipe, files, (48, 64), image="scene.png", outpaint=True)
    assert np.array_equal(tall[16:48], np.asarray(scene))


def test_what_surrounds_an_outpainted_picture_is_drawn_and_led_over(sd: Any, files: Files) -> None:
    _, given = tasks.call(sd, asked(image="small.png", outpaint=True), files, SIZE)
    mask = np.asarray(given["mask_image"])
    assert mask[20:44, 32:64].max() == 0
    assert mask[:, :24].min() == mask[:, 72:].min() == mask[:12].min() == mask[52:].min() == 255
    first, other = (
        np.asarray(drawn(*tasks.call(sd, asked(image="small.png", outpaint=True, strength=strength), files, SIZE)))
        for strength in (0.5, 1.0)
    )
    assert not np.array_equal(first[:, :24], other[:, :24])


def test_no_line_shows_where_colours_drift() -> None:
    """A made picture that is 40 levels too dark around a real one: no step at the border or anywhere."""
    real = Image.new("RGB", (100, 100), (150, 150, 150))
    new = np.asarray(blending.continued(Image.new("RGB", (400, 300), (110, 110, 110)), real, (150, 100))).astype(int)
    assert (new[100:200, 150:250] == 150).all()
    assert np.abs(np.diff(new[..., 0], axis=0)).max() <= 1
    assert np.abs(np.diff(new[..., 0], axis=1)).max() <= 1
    assert new[0, 0, 0] < 115


def test_what_is_off_in_one_place_is_led_out_a_little() -> None:
    """Beside a real picture that is dark above and light below, what was made is level far out, and near it is not."""
    real = np.full((100, 100, 3), 90, np.uint8)
    real[50:] = 150
    made = Image.new("RGB", (400, 100), (120, 120, 120))
    new = np.asarray(blending.continued(made, Image.fromarray(real), (150, 0))).astype(int)
    assert np.array_equal(new[:, 150:250], real)
    assert np.abs(np.diff(new[20, 100:300, 0])).max() <= 8
    assert (new[20, 149, 0], new[80, 149, 0]) == pytest.approx((90, 150), abs=4)
    assert (new[:, :50] == 120).all()


def test_an_inpainting_model_reads_mask_and_picture_and_refuses_words_alone(
    sd: Any, files: Files, folder: Path
) -> None:
    pipe = tiny_adapters.inpainting(sd)
    pipe.set_progress_bar_config(disable=True)
    new = made(pipe, files, image="scene.png", mask="mask.png")
    scene = np.asarray(input_images.covering(input_images.read(folder / "scene.png", "image"), SIZE))
    assert np.array_equal(new[:, 40:], scene[:, 40:])
    assert not np.array_equal(new[:, :32], scene[:, :32])
    assert "made for inpainting" in refusal(pipe, files)
    assert "made for inpainting" in refusal(pipe, files, image="scene.png")


def test_a_controlnet_follows_outlines_by_its_scale(sd: Any, files: Files) -> None:
    tiny_adapters.controlnet(sd, files.project / "canny")
    said = {"model": "canny", "image": "scene.png", "prepare": "canny"}
    base = np.asarray(drawn(sd, {}))
    assert np.array_equal(made(sd, files, control={**said, "scale": 0}), base)
    followed = made(sd, files, control={**said, "scale": 1})
    assert not np.array_equal(followed, base)
    assert np.array_equal(made(sd, files, control={**said, "scale": 1}), followed)
    assert not np.array_equal(made(sd, files, control={**said, "scale": 1, "prepare": "none"}), followed)
    assert np.array_equal(np.asarray(drawn(sd, {})), base)


@pytest.mark.parametrize("more", [{}, {"mask": "mask.png"}])
def test_a_controlnet_goes_with_a_picture(sd: Any, files: Files, more: dict[str, Any]) -> None:
    tiny_adapters.controlnet(sd, files.project / "canny")
    said = {"model": "canny", "image": "scene.png", "prepare": "canny"}
    free = made(sd, files, image="scene.png", **more)
    assert np.array_equal(made(sd, files, image="scene.png", control={**said, "scale": 0}, **more), free)
    assert not np.array_equal(made(sd, files, image="scene.png", control={**said, "scale": 1}, **more), free)


def test_a_controlnet_that_was_replaced_is_read_again(sd: Any, files: Files) -> None:
    said = {"model": "swapped", "image": "scene.png", "prepare": "canny", "scale": 1}
    tiny_adapters.controlnet(sd, files.project / "swapped", seed=1)
    first = made(sd, files, control=said)
    tiny_adapters.controlnet(sd, files.project / "swapped", seed=2)
    assert not np.array_equal(made(sd, files, control=said), first)


def test_controlnets_that_do_not_fit_are_refused(pipes: dict[str, Any], folder: Path, files: Files) -> None:
    sd, sdxl = pipe_of("sd", pipes, folder), pipe_of("sdxl", pipes, folder)
    flux, pixart = pipe_of("flux", pipes, folder), pipe_of("pixart", pipes, folder)
    tiny_adapters.controlnet(sd, folder / "canny")
    said = {"model": "canny", "image": "scene.png", "prepare": "canny"}
    assert "the width of the text that it reads is 32, the model's 64" in refusal(sdxl, files, control=said)
    assert "canny is for Stable Diffusion 1.x, 2.x or SDXL" in refusal(flux, files, control=said)
    assert "PixArtSigmaPipeline takes no ControlNet" in refusal(pixart, files, control=said)
    weights = tiny_adapters.controlnet(sd, folder / "broken") / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    assert "is cut off" in refusal(sd, files, control={**said, "model": "broken"})
    weights.rename(weights.with_suffix(".bin"))
    assert "pickle only" in refusal(sd, files, control={**said, "model": "broken"})
    assert "there is no model folder 'gone'" in refusal(sd, files, control={**said, "model": "gone"})
    assert "there is no 'gone.png'" in refusal(sd, files, control={**said, "image": "gone.png"})


def test_canny_finds_outlines_and_nothing_else() -> None:
    flat = Image.new("RGB", (200, 160), (90, 120, 60))
    assert np.asarray(controlnet.prepared(flat, "canny", (100, 80))).max() == 0
    ImageDraw.Draw(flat).rectangle((50, 40, 150, 120), fill=(220, 210, 250))
    lines = controlnet.prepared(flat, "canny", (200, 160))
    values = np.asarray(lines)
    assert (lines.mode, lines.size) == ("RGB", (200, 160))
    assert set(np.unique(values)) == {0, 255}
    rows, columns = np.nonzero(values[..., 0])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((40, 120, 50, 150), abs=1)
    assert values[60:100, 70:130].max() == 0  # the inside of a flat shape has no lines
    assert len(rows) < 2 * 2 * (100 + 80)  # and they are thin


def test_what_cannot_be_drawn_is_refused(pipes: dict[str, Any], folder: Path, files: Files, sd: Any) -> None:
    pixart = pipe_of("pixart", pipes, folder)
    assert "PixArtSigmaPipeline cannot start from a picture" in refusal(pixart, files, image="scene.png")
    assert "cannot draw parts of a picture" in refusal(pixart, files, image="scene.png", mask="mask.png")
    assert "black.png is black" in refusal(sd, files, image="scene.png", mask="black.png")
    assert "square.png is 80x80 px, the picture 120x80" in refusal(sd, files, image="scene.png", mask="square.png")
    assert "there is nothing around it to draw" in refusal(sd, files, (48, 40), image="small.png", outpaint=True)
    (folder / "half.png").write_bytes((folder / "scene.png").read_bytes()[:300])
    assert "half.png cannot be read" in refusal(sd, files, image="half.png")


def test_pictures_are_covered_upright_and_in_srgb(tmp_path: Path) -> None:
    wide = Image.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    middle = input_images.covering(wide, (50, 50))
    assert middle.size == (50, 50)
    assert middle.getpixel((5, 25)) == middle.getpixel((44, 25)) == (0, 0, 255)
    turned = Image.Exif()
    turned[0x0112] = 6
    wide.save(tmp_path / "turned.jpg", exif=turned)
    assert input_images.read(tmp_path / "turned.jpg", "image").size == (100, 300)
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    assert input_images.read(tmp_path / "clear.png", "image").getpixel((0, 0)) == (255, 255, 255)
    deep = np.full((4, 4), 32896, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert input_images.read(tmp_path / "deep.png", "image").getpixel((0, 0)) == (128, 128, 128)


def test_what_came_from_a_real_picture_is_composite() -> None:
    assert tasks.source_type(asked()) == TRAINED_MEDIA
    for more in ({}, {"mask": "mask.png"}, {"outpaint": True}):
        assert tasks.source_type(asked(image="scene.png", **more)) == COMPOSITE_TRAINED_MEDIA


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"mask": "mask.png"}, "`mask`"),
        ({"outpaint": True}, "`outpaint`"),
        ({"strength": 0.5}, "`strength`"),
        ({"image": "scene.png", "mask": "mask.png", "outpaint": True}, "cannot stand beside `mask`"),
        ({"image": "scene.png", "strength": 0}, "`strength`"),
        ({"image": "scene.png", "strength": 1.2}, "`strength`"),
        ({"image": "scene.png", "steps": 3, "strength": 0.3}, "at least 4 steps"),
        ({"control": {"model": "canny"}}, "`control.image`"),
        ({"control": {"image": "scene.png"}}, "`control.model`"),
        ({"control": {"model": "canny", "image": "scene.png", "prepare": "depth"}}, "canny or none"),
        ({"loras": ["style.ckpt"]}, "is a pickle"),
        ({"embeddings": ["word.pt"]}, "is a pickle"),
        ({"loras": ["a.safetensors", "a.safetensors"]}, "stands there twice"),
        ({"ip_adapter": {"folder": "ip", "weight_name": "ip.bin", "image": "scene.png"}}, "is a pickle"),
    ],
)
def test_options_that_do_not_go_together_are_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        asked(**more)
    assert said in str(caught.value)


def test_what_is_masked_may_change_more_than_what_is_redrawn() -> None:
    strengths = [asked(image="scene.png", **more).strength for more in ({}, {"mask": "mask.png"}, {"outpaint": True})]
    assert strengths == [0.6, 0.9, 0.95]
    assert asked().strength is None


def test_everything_at_once_through_the_provider(folder: Path, files: Files, sd: Any) -> None:
    """LoRA, word, IP-Adapter, ControlNet, a border drawn around a picture: one master, twice the same."""
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
    kept = np.asarray(Image.open(io.BytesIO(first.png)))[12:52, 24:72]
    assert np.array_equal(kept, np.asarray(Image.open(folder / "small.png")))
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
