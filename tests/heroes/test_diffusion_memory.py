"""Models in less memory: offloading draws the same picture, 8-bit weights nearly so; what cannot work is refused."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from imageseo.heroes.providers.diffusers import PROVIDER, Diffusers
from imageseo.heroes.providers.diffusion import pipelines
from imageseo.model.errors import ImageseoError, SettingsError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import ProviderContext
from tests.support import tiny_adapters, tiny_models
from tests.support.extras import needs_packages

pytestmark = needs_packages("torch", "diffusers", "peft", "accelerate")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("memory")
    for family in ("sd", "flux"):
        tiny_models.save(family, folder / family)
    pipe = pipelines.load(folder / "sd", "model", digest=str(folder), dtype="float32", device="cpu")
    tiny_adapters.lora(pipe, folder / "ink.safetensors", seed=1, parts=("unet", "text_encoder"))
    tiny_adapters.controlnet(pipe, folder / "control")
    tiny_adapters.vae(pipe, folder / "vae")
    tiny_adapters.embedding(folder / "word.safetensors", 32, name="<word>")
    Image.linear_gradient("L").convert("RGB").resize((64, 64)).save(folder / "sketch.png")
    return folder


def configured(project: Path, **options: Any) -> Diffusers:
    settings = {"device": "cpu", "threads": 1, **options}
    return PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache", options=settings))


def recipe(model: str = "sd", **options: Any) -> Recipe:
    completed = PROVIDER.complete({"model": model, "prompt": "a lighthouse at dawn", "steps": 2, **options})
    return Recipe(provider="diffusers", seed=7, width=64, height=64, options=completed)


def make(project: Path, *wanted: Recipe, **settings: Any) -> list[Master]:
    return list(configured(project, **settings).produce(wanted))


def fault(project: Path, wanted: Recipe, memory: str) -> str:
    provider = configured(project, memory=memory)
    with pytest.raises(ImageseoError) as caught:
        provider.preflight(wanted)
    with pytest.raises(ImageseoError) as at_work:
        list(provider.produce([wanted]))
    assert at_work.value.message == caught.value.message
    return f"{caught.value.message}\n{caught.value.hint}"


def test_offloaded_models_draw_the_same(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With additions and other tasks too, one after the other in one process."""
    wanted = [
        recipe(),
        recipe(loras=["ink.safetensors"]),
        recipe(vae="vae", embeddings=["word.safetensors"], prompt="a <word>"),
        recipe(image="sketch.png", steps=4),
        recipe(control={"model": "control", "image": "sketch.png"}),
        recipe(prompt="a (boat:1.4)"),
        recipe(),
    ]
    plain = make(project, *wanted)
    monkeypatch.setattr(pipelines, "_LOADED", {})
    offloaded = make(project, *wanted, memory="offload")
    assert [each.png for each in offloaded] == [each.png for each in plain]
    assert offloaded[0].env["memory"] == "offload"
    assert "memory" not in plain[0].env


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts in KiB")
@pytest.mark.parametrize("memory", ["auto", "offload"])
def test_memory_does_not_grow_with_the_number_of_heroes(project: Path, memory: str) -> None:
    """Twenty heroes in one process, with and without additions, need hardly more than the first five."""
    import resource

    provider = configured(project, memory=memory)
    kinds = [recipe(), recipe(loras=["ink.safetensors"]), recipe(image="sketch.png", steps=4)]
    peaks = []
    for count in (5, 20):
        wanted = [replace(kinds[number % 3], seed=100 * count + number) for number in range(count)]
        assert len(list(provider.produce(wanted))) == count
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    assert peaks[1] - peaks[0] < 24, f"{peaks} MiB"


@pytest.mark.skipif(find_spec("torchao") is None, reason="needs torchao")
@pytest.mark.parametrize("family", ["sd", "flux"])
def test_8bit_weights_draw_nearly_the_same(project: Path, family: str) -> None:
    (plain,) = make(project, recipe(family))
    small, again = make(project, recipe(family), recipe(family), memory="8bit")
    assert small.png == again.png
    pixels = [np.asarray(Image.open(io.BytesIO(each.png)), np.int16) for each in (plain, small)]
    assert 0 < np.abs(pixels[0] - pixels[1]).max() <= 8
    assert small.env["memory"] == "8bit"


def test_modes_that_cannot_work_are_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    memory: Any = import_module("imageseo.heroes.providers.diffusion.memory")
    monkeypatch.setattr(memory, "find_spec", lambda name: None)
    assert "8bit needs torchao, which is not installed\npip install torchao" in fault(project, recipe(), "8bit")
    assert "4bit needs bitsandbytes, which is not installed" in fault(project, recipe(), "4bit")
    monkeypatch.setattr(memory, "find_spec", lambda name: name)
    if not torch.cuda.is_available():
        assert "4bit needs a CUDA device" in fault(project, recipe(), "4bit")
    for mode in ("8bit", "4bit"):
        told = fault(project, recipe(loras=["ink.safetensors"]), mode)
        assert f"{mode} does not work with `loras`" in told
        assert "`providers.diffusers.memory: offload`" in told
    (project / "one.safetensors").write_bytes(b"")
    with pytest.raises(ImageseoError, match="does not work with a checkpoint in one file"):
        configured(project, memory="8bit").preflight(recipe("one.safetensors"))


def test_unknown_mode_is_a_fault_of_the_settings(project: Path) -> None:
    with pytest.raises(SettingsError, match="expected auto, offload, 8bit or 4bit"):
        configured(project, memory="16bit")
