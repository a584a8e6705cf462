"""A second pass, several ControlNets, and samplers that come close to those of other tools."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imageseo.heroes.masters.master_check import checked_masters
from imageseo.heroes.providers.diffusers import PROVIDER, Diffusers
from imageseo.heroes.providers.diffusion import controlnet, inference, pipelines
from imageseo.model.errors import ImageseoError, ProviderError, RecipeError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import HeroProvider, ProviderContext
from tests.support import tiny_adapters, tiny_models
from tests.support.extras import needs_packages

pytestmark = needs_packages("torch", "diffusers")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("passes")
    for family in ("sd", "flux", "pixart", "sd3"):
        tiny_models.save(family, folder / family)
    pipe = pipelines.load(folder / "sd", "model", digest=str(folder), dtype="float32", device="cpu")
    for name, seed in (("one", 6), ("two", 9)):
        tiny_adapters.controlnet(pipe, folder / name, seed=seed)
    Image.radial_gradient("L").convert("RGB").resize((64, 64)).save(folder / "sketch.png")
    Image.linear_gradient("L").convert("RGB").resize((64, 64)).save(folder / "other.png")
    return folder


def configured(project: Path, **options: Any) -> Diffusers:
    settings = {"device": "cpu", "threads": 1, **options}
    return PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache", options=settings))


def recipe(model: str = "sd", seed: int = 7, **options: Any) -> Recipe:
    completed = PROVIDER.complete({"model": model, "prompt": "a lighthouse at dawn", "steps": 3, **options})
    return Recipe(provider="diffusers", seed=seed, width=64, height=64, options=completed)


def make(project: Path, *wanted: Recipe, **settings: Any) -> list[Master]:
    """Draw and check as `generate` does."""
    provider = cast("HeroProvider", configured(project, **settings))
    return list(checked_masters("diffusers", provider, wanted))


def difference(one: Master, other: Master) -> int:
    """Return the largest difference of a pixel: a batch is computed in another order."""
    first, second = (np.asarray(Image.open(io.BytesIO(each.png)), np.int16) for each in (one, other))
    return int(np.abs(first - second).max())


def size(master: Master) -> tuple[int, int]:
    return Image.open(io.BytesIO(master.png)).size


@pytest.mark.parametrize("family", ["sd", "flux", "sd3"])
def test_second_pass_draws_the_enlarged_image_again(project: Path, family: str) -> None:
    wanted = [recipe(family, hires={"scale": 1.5, "strength": each}) for each in (0.4, 0.9)]
    first, weak, strong, again = make(project, recipe(family), *wanted, wanted[0])
    assert [size(each) for each in (first, weak, strong)] == [(64, 64), (96, 96), (96, 96)]
    assert weak.png == again.png
    assert weak.png != strong.png
    assert "Denoising strength: 0.4, Hires upscale: 1.5, Hires upscaler: Lanczos" in str(weak.parameters)
    enlarged = Image.open(io.BytesIO(first.png)).resize((96, 96), Image.Resampling.LANCZOS)
    enlarged.save(project / "enlarged.png")
    (by_hand,) = make(project, replace(recipe(family, image="enlarged.png", strength=0.4), width=96, height=96))
    assert by_hand.png == weak.png


def test_second_pass_keeps_batches_and_seeds(project: Path) -> None:
    wanted = [recipe(seed=seed, hires={"scale": 1.5}) for seed in (1, 2)]
    together = make(project, *wanted, repro=False, batch=2)
    assert [each.env["batch"] for each in together] == [2, 2]
    for each, alone in zip(together, make(project, *wanted), strict=True):
        assert difference(each, alone) <= 2


def test_enlarged_images_have_the_size_of_their_recipe() -> None:
    both = recipe(hires={"scale": 1.3}, upscale={"model": "m", "scale": 4})
    assert PROVIDER.output_size(recipe()) == (64, 64)
    assert PROVIDER.output_size(recipe(upscale={"model": "m", "scale": 2})) == (128, 128)
    assert PROVIDER.output_size(both) == (96 * 4, 96 * 4)


def test_second_pass_that_cannot_be_drawn_is_refused(project: Path) -> None:
    for family, hires, message in (
        ("pixart", {}, "PixArtSigmaPipeline cannot start from an image"),
        ("sd3", {"scale": 4}, ""),
    ):
        wide = recipe(family, hires=hires or True)
        wide = Recipe(provider="diffusers", seed=1, width=128, height=64, options=wide.options)
        with pytest.raises(ImageseoError, match=message or "the second pass of StableDiffusion3 draws"):
            configured(project).preflight(wide)
        with pytest.raises(ProviderError, match=r"cannot|draws"):
            make(project, wide)
    faults: tuple[tuple[dict[str, Any], str], ...] = (
        ({"image": "sketch.png"}, "cannot be combined with `image`"),
        ({"control": {"model": "one", "image": "sketch.png"}}, "cannot be combined with `control`"),
        ({"hires": {"strength": 0.1}}, "less than one step"),
        ({"hires": {"scale": 9}}, "`hires.scale`: expected a number from 1 to 4"),
        ({"hires": {"scael": 2}}, "did you mean 'scale'"),
    )
    for options, message in faults:
        with pytest.raises(RecipeError) as caught:
            recipe(**{"hires": True, **options})
        assert message in str(caught.value)


def test_unusable_image_of_a_first_pass_stays_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A black or single-coloured image is never a master, whichever pass it comes from."""
    call = inference.call_pipeline
    for spoiled_pass in ("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline"):
        for value, message in ((float("nan"), "NaN"), (0.5, "single colour")):

            def spoil(pipe: Any, arguments: Any, name: str = spoiled_pass, value: float = value) -> Any:
                result = call(pipe, arguments)
                if type(pipe).__name__ == name:
                    result.images[:] = value
                return result

            monkeypatch.setattr(inference, "call_pipeline", spoil)
            with pytest.raises(ProviderError, match=message):
                make(project, recipe(hires=True))


def test_several_controlnets_are_followed_by_their_scales(project: Path) -> None:
    one, two = {"model": "one", "image": "sketch.png"}, {"model": "two", "image": "other.png"}
    wanted = {
        "free": recipe(),
        "one": recipe(control=one),
        "list of one": recipe(control=[one]),
        "both": recipe(control=[one, two]),
        "second off": recipe(control=[one, {**two, "scale": 0}]),
        "first off": recipe(control=[{**one, "scale": 0}, two]),
        "two": recipe(control=two),
        "both again": recipe(control=[one, two]),
    }
    drawn = dict(zip(wanted, make(project, *wanted.values()), strict=True))
    png = {name: each.png for name, each in drawn.items()}
    assert wanted["one"].key == wanted["list of one"].key
    assert png["second off"] == png["one"]
    assert png["first off"] == png["two"]
    assert png["both again"] == png["both"]
    assert len({png[name] for name in ("free", "one", "two", "both")}) == 4
    assert set(drawn["both"].models) == {"model", "control", "control:two", "image:sketch.png", "image:other.png"}
    assert configured(project).preflight(wanted["both"]) == ()
    with pytest.raises(ImageseoError, match="there is no model folder 'none'"):
        configured(project).preflight(recipe(control=[one, {**two, "model": "none"}]))
    with pytest.raises(RecipeError) as caught:
        recipe(control=[one, {"model": "two"}])
    assert "`control[1].image`: is missing" in str(caught.value)


def test_line_art_is_where_the_image_is_darker_than_around() -> None:
    paper = Image.new("RGB", (96, 64), "white")
    ImageDraw.Draw(paper).line((20, 10, 20, 54), fill="black", width=2)
    lines = np.asarray(controlnet.prepare_image(paper, "lineart", paper.size))
    assert lines.shape == (64, 96, 3)
    assert lines[32, 20].min() > 100
    assert lines[:, 50:].max() == 0
    for plain in ("white", "black", "#808080"):
        assert np.asarray(controlnet.line_art(Image.new("RGB", (32, 32), plain))).max() == 0


SAMPLERS = (
    "dpm++ sde",
    "dpm++ sde karras",
    "dpm++ 3m sde",
    "dpm++ 3m sde exponential",
    "tcd",
    "dpm++ 2m sde",
    "dpm++ 2s",
)


def test_samplers_are_distinct_and_repeatable(project: Path) -> None:
    wanted = [recipe(scheduler=name, steps=5) for name in SAMPLERS]
    drawn = make(project, *wanted)
    assert [each.png for each in make(project, *reversed(wanted))] == [each.png for each in reversed(drawn)]
    assert len({each.png for each in drawn}) == len(SAMPLERS)
    batch = [recipe(seed=seed, scheduler="dpm++ sde", steps=5) for seed in (1, 2)]
    together = make(project, *batch, repro=False, batch=2)
    assert [each.env["batch"] for each in together] == [2, 2]
    for each, alone in zip(together, make(project, *batch), strict=True):
        assert difference(each, alone) <= 2


def test_class_and_settings_of_the_scheduler_are_recorded(project: Path) -> None:
    (master,) = make(project, recipe(scheduler="DPM++ 2M SDE Karras"))
    told = str(master.env["scheduler"])
    assert told.startswith("DPMSolverMultistepScheduler {")
    assert '"algorithm_type": "sde-dpmsolver++"' in told
    assert '"use_karras_sigmas": true' in told


@pytest.mark.parametrize(
    ("written", "note"),
    [
        ("DPM++ 2M SDE Karras", "A1111 draws another image with DPM++ 2M SDE"),
        ("DPM++ SDE", "A1111 draws another image with DPM++ SDE"),
        ("DPM++ 2S a", "A1111 draws another image with DPM++ 2S a"),
        ("DPM++ 3M SDE", "A1111 draws another image with DPM++ 3M SDE"),
        ("TCD", ""),
        ("Euler a", ""),
        ("default", ""),
    ],
)
def test_samplers_that_only_come_close_are_marked(written: str, note: str) -> None:
    found = PROVIDER.notes(recipe(scheduler=written))
    assert len(found) == bool(note)
    assert all("is approximate" in each and note in each for each in found)
