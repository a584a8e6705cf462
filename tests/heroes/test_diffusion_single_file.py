"""Checkpoints in one .safetensors file: loaded offline with settings from a folder, equal to the model folder."""

from __future__ import annotations

import json
import shutil
import socket
import struct
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from imageseo.heroes.providers.diffusers import PROVIDER, Diffusers
from imageseo.heroes.providers.diffusion import pipelines, single_file
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.model.errors import ProviderError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import ProviderContext
from tests.support import tiny_checkpoints, tiny_models
from tests.support.extras import needs_packages

pytestmark = needs_packages("torch", "diffusers")

UNET = "model.diffusion_model."


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder, and the same model as a checkpoint with its settings beside it."""
    folder = tmp_path_factory.mktemp("checkpoints")
    tiny_models.save("sd", folder / "sd")
    pipe = pipelines.load(folder / "sd", "model", digest=str(folder), dtype="float32", device="cpu")
    (folder / "models").mkdir()
    tiny_checkpoints.save(pipe, folder / "models/paper.safetensors")
    tiny_checkpoints.save_config(folder / "sd", folder / "models/configs/sd15")
    return folder


def configured(project: Path) -> Diffusers:
    settings = {"device": "cpu", "threads": 1}
    return PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache", options=settings))


def recipe(model: str = "models/paper.safetensors", **options: Any) -> Recipe:
    completed = PROVIDER.complete({"model": model, "prompt": "a lighthouse at dawn", "steps": 2, **options})
    return Recipe(provider="diffusers", seed=7, width=64, height=64, options=completed)


def make(project: Path, wanted: Recipe) -> Master:
    (master,) = configured(project).produce([wanted])
    return master


def write(path: Path, shapes: dict[str, Sequence[int]]) -> Path:
    """Write a checkpoint whose tensors all end at byte 0: only names and shapes count."""
    header = {name: {"dtype": "U8", "shape": list(shape), "data_offsets": [0, 0]} for name, shape in shapes.items()}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    return path


def fault(project: Path, wanted: Recipe) -> str:
    with pytest.raises(ProviderError) as caught:
        configured(project).preflight(wanted)
    return f"{caught.value.message}\n{caught.value.hint}"


def test_checkpoint_draws_the_same_without_a_socket(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> Any:
        pytest.fail("a socket was opened")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(pipelines, "_LOADED", {})
    assert configured(project).preflight(recipe()) == ()
    master = make(project, recipe())
    assert master.png == make(project, recipe("sd")).png
    assert list(master.models) == ["model", "config"]
    assert "Model: paper" in str(master.parameters)


def test_settings_can_be_elsewhere(project: Path, tmp_path: Path) -> None:
    shutil.copy(project / "models/paper.safetensors", tmp_path / "alone.safetensors")
    told = fault(tmp_path, recipe("alone.safetensors"))
    assert "is a checkpoint (sd15) alone" in told
    assert f"its {tmp_path}/configs/sd15 lacks model_index.json" in told
    assert "hf download stable-diffusion-v1-5/stable-diffusion-v1-5 --include" in told
    assert f"--local-dir {tmp_path}/configs/sd15" in told
    shutil.copytree(project / "models/configs/sd15", tmp_path / "settings")
    assert configured(tmp_path).preflight(recipe("alone.safetensors", config="settings")) == ()
    (tmp_path / "settings/unet/config.json").unlink()
    shutil.rmtree(tmp_path / "settings/tokenizer")
    told = fault(tmp_path, recipe("alone.safetensors", config="settings"))
    assert "lacks tokenizer/, unet/config.json" in told
    assert "there is no model folder 'none'" in fault(tmp_path, recipe("alone.safetensors", config="none"))
    assert "`config`: 'sd' is not a checkpoint" in fault(project, recipe("sd", config="settings"))


def test_whole_file_is_hashed(project: Path, tmp_path: Path) -> None:
    """A hash of a slice would be equal for models that were merged."""
    files = ModelFiles(project=tmp_path, cache=tmp_path / ".cache")
    shutil.copytree(project / "models", tmp_path / "models")
    path = tmp_path / "models/paper.safetensors"
    data = path.read_bytes()
    digests = [single_file.locate(files, "model", "models/paper.safetensors").digests("model", files)]
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    digests.append(single_file.locate(files, "model", "models/paper.safetensors").digests("model", files))
    assert digests[0]["config"] == digests[1]["config"]
    assert digests[0]["model"] != digests[1]["model"]
    (tmp_path / "models/configs/sd15/unet/config.json").write_text("{}")
    digests.append(single_file.locate(files, "model", "models/paper.safetensors").digests("model", files))
    assert digests[1]["config"] != digests[2]["config"]


@pytest.mark.parametrize("length", [0, 7, 300, -1])
def test_short_file_is_refused_by_its_header(project: Path, tmp_path: Path, length: int) -> None:
    data = (project / "models/paper.safetensors").read_bytes()[:length]
    (tmp_path / "short.safetensors").write_bytes(data)
    assert "truncated" in fault(tmp_path, recipe("short.safetensors"))


def test_pickled_checkpoint_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "old.ckpt").write_bytes(b"PK\x03\x04")
    assert "other formats can run code when loaded" in fault(tmp_path, recipe("old.ckpt"))
    shutil.copytree(project / "models", tmp_path / "models")
    (tmp_path / "models/configs/sd15/vae/diffusion_pytorch_model.bin").write_bytes(b"PK\x03\x04")
    assert "has only pickled weights" in fault(tmp_path, recipe())


def test_checkpoint_without_some_weights_is_refused(project: Path, tmp_path: Path) -> None:
    """diffusers would leave them empty."""
    from safetensors.torch import load_file, save_file

    shutil.copytree(project / "models", tmp_path / "models")
    tensors = load_file(tmp_path / "models/paper.safetensors")
    text = "cond_stage_model.transformer.text_model"
    for name in (f"{UNET}out.2.weight", f"{text}.final_layer_norm.weight", "first_stage_model.decoder.conv_in.bias"):
        save_file({key: each for key, each in tensors.items() if key != name}, tmp_path / "models/paper.safetensors")
        with pytest.raises(ProviderError, match=r"paper\.safetensors lacks some of the weights"):
            make(tmp_path, recipe())


def test_checkpoint_without_text_encoder_needs_one_in_its_settings(project: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(project / "models", tmp_path / "models")
    tensors = load_file(tmp_path / "models/paper.safetensors")
    kept = {name: each for name, each in tensors.items() if not name.startswith("cond_stage_model.")}
    save_file(kept, tmp_path / "models/paper.safetensors")
    told = fault(tmp_path, recipe())
    assert "lacks text_encoder/*.safetensors" in told
    assert '--include "text_encoder/*.safetensors"' in told
    shutil.copy(project / "sd/text_encoder/model.safetensors", tmp_path / "models/configs/sd15/text_encoder")
    assert make(tmp_path, recipe()).png == make(project, recipe("sd")).png


FAMILIES: dict[str, dict[str, Sequence[int]]] = {
    "sd15": {f"{UNET}output_blocks.11.0.skip_connection.weight": [320, 640, 1, 1]},
    "sd15-inpainting": {f"{UNET}input_blocks.0.0.weight": [320, 9, 3, 3]},
    "sd2": {f"{UNET}input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight": [320, 1024]},
    "sdxl": {f"{UNET}x": [1], "conditioner.embedders.1.model.transformer.resblocks.9.mlp.c_proj.bias": [1280]},
    "sdxl-refiner": {f"{UNET}x": [1], "conditioner.embedders.0.model.transformer.resblocks.9.mlp.c_proj.bias": [1280]},
    "sd3": {
        f"{UNET}joint_blocks.0.context_block.adaLN_modulation.1.bias": [9216],
        f"{UNET}pos_embed": [1, 36864, 1536],
    },
    "sd35-medium": {
        f"{UNET}joint_blocks.0.context_block.adaLN_modulation.1.bias": [9216],
        f"{UNET}pos_embed": [1, 147456, 1536],
    },
    "sd35-large": {
        "joint_blocks.0.context_block.adaLN_modulation.1.bias": [14592],
        "joint_blocks.37.x_block.mlp.fc1.weight": [9728, 2432],
    },
    "flux-dev": {
        "double_blocks.0.img_attn.norm.key_norm.scale": [128],
        "guidance_in.in_layer.bias": [3072],
        "img_in.weight": [3072, 64],
    },
    "flux-schnell": {f"{UNET}double_blocks.0.img_attn.norm.key_norm.scale": [128]},
}


@pytest.mark.parametrize("family", FAMILIES)
def test_family_is_found_as_by_diffusers(family: str, tmp_path: Path) -> None:
    theirs: Any = import_module("diffusers.loaders.single_file_utils")

    class Shaped:
        def __init__(self, shape: Sequence[int]) -> None:
            self.shape = shape

    path = write(tmp_path / "x.safetensors", FAMILIES[family])
    assert single_file.family_of(FAMILIES[family], path, "model") == family
    checkpoint: Any = {name: Shaped(shape) for name, shape in FAMILIES[family].items()}
    repository = theirs.fetch_diffusers_config(checkpoint)["pretrained_model_name_or_path"]
    assert single_file.REPOSITORIES[family] == repository
    told = fault(tmp_path, recipe("x.safetensors"))
    assert f"is a checkpoint ({family}) alone" in told
    assert repository in told


def test_other_files_are_not_checkpoints(tmp_path: Path) -> None:
    write(tmp_path / "ink.safetensors", {"unet.down.to_q.lora_A.weight": [4, 320]})
    assert "is a LoRA: name it under `loras`" in fault(tmp_path, recipe("ink.safetensors"))
    write(tmp_path / "vae.safetensors", {"decoder.conv_in.weight": [4, 3]})
    assert "is not a checkpoint of a family known here" in fault(tmp_path, recipe("vae.safetensors"))
