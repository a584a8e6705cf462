"""Adapters of a diffusion pipeline: they work, combine and leave no trace; files that do not fit are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from imageseo.heroes.providers.diffusion import adapters, generation_metadata, inference, options, pipelines
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions
from imageseo.model.errors import ProviderError
from tests.support import tiny_adapters, tiny_models
from tests.support.extras import needs_packages

pytestmark = needs_packages("torch", "peft")

Pixels = NDArray[np.uint8]


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
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def sd(folder: Path) -> Any:
    return load_pipeline(tiny_models.save("sd", folder / "sd"))


@pytest.fixture(scope="module")
def sdxl(folder: Path) -> Any:
    return load_pipeline(tiny_models.save("sdxl", folder / "sdxl"))


@pytest.fixture(scope="module")
def files(folder: Path) -> ModelFiles:
    return ModelFiles(project=folder, cache=folder / "cache")


def load_pipeline(folder: Path) -> Any:
    import diffusers

    auto: Any = diffusers.AutoPipelineForText2Image
    pipe = auto.from_pretrained(str(folder), use_safetensors=True, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def draw(pipe: Any, prompt: str = "a paper boat", **more: Any) -> Pixels:
    import torch

    generator = torch.Generator("cpu").manual_seed(3)
    result = pipe(prompt, num_inference_steps=2, width=64, height=32, generator=generator, **more)
    return np.asarray(result.images[0])


def recipe_options(**more: Any) -> RecipeOptions:
    return options.read_options({"model": "sd", "prompt": "a paper boat", **more})


@contextmanager
def attached(pipe: Any, files: ModelFiles, **more: Any) -> Iterator[Mapping[str, Any]]:
    with adapters.attach(pipe, recipe_options(**more), files) as extra:
        yield extra.arguments


def draw_attached(pipe: Any, files: ModelFiles, prompt: str = "a paper boat", **more: Any) -> Pixels:
    with attached(pipe, files, **more) as extra:
        return draw(pipe, prompt, **extra)


def error_message(pipe: Any, files: ModelFiles, **more: Any) -> str:
    """Return the error message for a file that does not fit; check that the pipeline is unchanged."""
    before = draw(pipe)
    with pytest.raises(ProviderError) as caught, attached(pipe, files, **more):
        pass
    assert np.array_equal(draw(pipe), before)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def test_loras_mix_by_weight_and_are_removed(sd: Any, files: ModelFiles) -> None:
    for name, seed in (("one", 1), ("two", 2)):
        tiny_adapters.lora(sd, files.project / f"{name}.safetensors", seed=seed, parts=("unet", "text_encoder"))
    base = draw(sd)
    mixes = {
        weights: draw_attached(
            sd,
            files,
            loras=[
                {"file": f"{name}.safetensors", "weight": weight}
                for name, weight in zip(("one", "two"), weights, strict=True)
            ],
        )
        for weights in ((0, 0), (1, 0), (0, 1), (0.7, 0.3), (0.3, 0.7))
    }
    assert np.array_equal(mixes.pop((0, 0)), base)
    pictures = [base, *mixes.values()]
    assert all(not np.array_equal(one, other) for at, one in enumerate(pictures) for other in pictures[:at])
    again = draw_attached(
        sd, files, loras=[{"file": "one.safetensors", "weight": 0.7}, {"file": "two.safetensors", "weight": 0.3}]
    )
    assert np.array_equal(again, mixes[0.7, 0.3])
    assert np.array_equal(draw(sd), base)
    assert not sd.get_list_adapters()


def test_lora_in_kohya_names_is_equal(sd: Any, files: ModelFiles) -> None:
    path = tiny_adapters.lora(sd, files.project / "peft.safetensors", seed=1, parts=("unet", "text_encoder"))
    tiny_adapters.as_kohya(path, files.project / "kohya.safetensors")
    plain = draw_attached(sd, files, loras=["peft.safetensors"])
    assert not np.array_equal(plain, draw(sd))
    assert np.array_equal(draw_attached(sd, files, loras=["kohya.safetensors"]), plain)


def test_sdxl_lora_applies_to_both_text_encoders(sdxl: Any, files: ModelFiles) -> None:
    path = tiny_adapters.lora(
        sdxl, files.project / "xl.safetensors", seed=3, parts=("unet", "text_encoder", "text_encoder_2")
    )
    base = draw(sdxl)
    with attached(sdxl, files, loras=["xl.safetensors"]):
        assert set(sdxl.get_list_adapters()) == {"unet", "text_encoder", "text_encoder_2"}
        assert not np.array_equal(draw(sdxl), base)
    assert np.array_equal(draw(sdxl), base)
    assert path.is_file()


def test_lora_for_another_model_is_refused_with_its_width(sd: Any, sdxl: Any, files: ModelFiles) -> None:
    tiny_adapters.lora(sdxl, files.project / "foreign.safetensors", seed=3)
    message = error_message(sd, files, loras=["foreign.safetensors"])
    assert "foreign.safetensors does not fit" in message
    assert "texts of width 64, the model has 32" in message
    tiny_adapters.lora(sd, files.project / "foreign.safetensors", seed=3)
    assert "texts of width 32, the model has 64" in error_message(sdxl, files, loras=["foreign.safetensors"])


def test_lora_with_unused_layers_is_counted(sd: Any, files: ModelFiles) -> None:
    """diffusers only warns about unused layers and draws without them, even if that is every layer."""
    import torch
    from safetensors.torch import load_file, save_file

    path = tiny_adapters.lora(sd, files.project / "part.safetensors", seed=3)
    tensors = load_file(str(path))
    for side, shape in (("A", (2, 16)), ("B", (16, 2))):
        tensors[f"unet.mid_block.attentions.9.to_q.lora_{side}.weight"] = torch.zeros(shape)
    save_file(tensors, str(path))
    tiny_adapters.lora(sd, files.project / "full.safetensors", seed=3)
    layers = (len(tensors) - 2) // 2
    with adapters.attach(sd, recipe_options(loras=["part.safetensors"]), files) as extra:
        assert extra.lora_layers == {"part.safetensors": (layers, layers + 1)}
        (note,) = extra.notes
        assert f"part.safetensors: {layers} of its {layers + 1} layers match the model" in note
        part = draw(sd)
    assert np.array_equal(part, draw_attached(sd, files, loras=["full.safetensors"]))
    with adapters.attach(sd, recipe_options(loras=["full.safetensors"]), files) as extra:
        assert extra.notes == ()
    for prefix in ("unet.mid_block.attentions.9.", "transformer."):
        save_file({name.replace("unet.", prefix): each for name, each in tensors.items()}, str(path))
        message = error_message(sd, files, loras=["part.safetensors"])
        assert "part.safetensors does not fit" in message
        assert f"none of its {layers + 1} layers match" in message


def test_invalid_lora_file_is_refused(sd: Any, files: ModelFiles) -> None:
    complete = tiny_adapters.lora(sd, files.project / "whole.safetensors", seed=1).read_bytes()
    (files.project / "half.safetensors").write_bytes(complete[: len(complete) // 2])
    assert "half.safetensors is truncated" in error_message(sd, files, loras=["half.safetensors"])
    (files.project / "pickled.safetensors").write_bytes(b"\x80\x04\x95" + bytes(200))
    assert "pickled.safetensors is not a safetensors file" in error_message(sd, files, loras=["pickled.safetensors"])
    assert "there is no 'gone.safetensors'" in error_message(sd, files, loras=["gone.safetensors"])
    tiny_adapters.embedding(files.project / "word.safetensors", 32, name="<word>")
    assert "word.safetensors is not a LoRA" in error_message(sd, files, loras=["word.safetensors"])


def test_adapters_are_removed_after_an_error(sd: Any, files: ModelFiles) -> None:
    tiny_adapters.lora(sd, files.project / "one.safetensors", seed=1)
    tiny_adapters.vae(sd, files.project / "other-vae")
    base = draw(sd)
    with pytest.raises(RuntimeError), attached(sd, files, loras=["one.safetensors"], vae="other-vae"):
        raise RuntimeError("out of memory")
    assert np.array_equal(draw(sd), base)


@pytest.mark.parametrize(("name", "word", "vectors"), [("<glow>", "<glow>", 1), ("emb_params", "glow", 3)])
def test_textual_inversion_adds_a_word_and_is_removed(
    sd: Any, files: ModelFiles, name: str, word: str, vectors: int
) -> None:
    tiny_adapters.embedding(files.project / "glow.safetensors", 32, name=name, vectors=vectors)
    tokenizer, table = sd.tokenizer, sd.text_encoder.get_input_embeddings()
    size, other = len(sd.tokenizer), draw(sd)
    before = draw(sd, f"a {word} boat")
    with_embedding = draw_attached(sd, files, f"a {word} boat", embeddings=["glow.safetensors"])
    assert not np.array_equal(with_embedding, before)
    assert np.array_equal(
        draw_attached(sd, files, embeddings=["glow.safetensors"]), other
    )  # other words are unaffected
    assert np.array_equal(draw(sd, f"a {word} boat"), before)
    assert sd.tokenizer is tokenizer
    assert sd.text_encoder.get_input_embeddings() is table
    assert len(sd.tokenizer) == size == sd.text_encoder.config.vocab_size


def test_sdxl_textual_inversion_has_vectors_for_each_encoder(sdxl: Any, files: ModelFiles) -> None:
    import torch
    from safetensors.torch import save_file

    before = draw(sdxl, "a gleam boat")
    both = {"clip_l": torch.ones(2, 32), "clip_g": torch.ones(2, 32)}
    save_file(both, str(files.project / "gleam.safetensors"))
    with attached(sdxl, files, embeddings=["gleam.safetensors"]):
        assert sdxl.tokenizer.convert_tokens_to_ids("gleam") == len(sdxl.tokenizer) - 2
        assert sdxl.tokenizer_2.convert_tokens_to_ids("gleam") == len(sdxl.tokenizer_2) - 2
        assert not np.array_equal(draw(sdxl, "a gleam boat"), before)
    assert np.array_equal(draw(sdxl, "a gleam boat"), before)


def test_mismatched_textual_inversion_is_refused(sd: Any, files: ModelFiles) -> None:
    tiny_adapters.embedding(files.project / "wide.safetensors", 48, name="<wide>")
    assert "vectors of width 48, the model has 32" in error_message(sd, files, embeddings=["wide.safetensors"])
    tiny_adapters.embedding(files.project / "a.safetensors", 32, name="emb_params")
    tiny_adapters.embedding(files.project / "glow.safetensors", 32, name="<glow>")
    message = error_message(sd, files, embeddings=["glow.safetensors", "a.safetensors"])
    assert "a.safetensors cannot be added as 'a'" in message


def test_vae_is_replaced_and_restored(sd: Any, sdxl: Any, files: ModelFiles) -> None:
    tiny_adapters.vae(sd, files.project / "vae")
    original, base = sd.vae, draw(sd)
    assert not np.array_equal(draw_attached(sd, files, vae="vae"), base)
    assert sd.vae is original
    assert np.array_equal(draw(sd), base)
    weights = files.project / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert "is truncated" in error_message(sd, files, vae="vae")
    tiny_models.vae(latent=8).save_pretrained(str(files.project / "deep"))
    assert "its latent_channels is 8, the model's 4" in error_message(sd, files, vae="deep")
    sd.unet.save_pretrained(str(files.project / "unet"))
    assert "is UNet2DConditionModel, the model needs AutoencoderKL" in error_message(sd, files, vae="unet")


def test_vae_with_missing_weights_is_refused(sd: Any, files: ModelFiles) -> None:
    from safetensors.torch import load_file, save_file

    weights = tiny_adapters.vae(sd, files.project / "hole") / "diffusion_pytorch_model.safetensors"
    save_file({name: each for name, each in load_file(str(weights)).items() if "conv_out" not in name}, str(weights))
    assert "hole lacks" in error_message(sd, files, vae="hole")


@pytest.fixture(scope="module")
def portrait(files: ModelFiles) -> str:
    Image.linear_gradient("L").convert("RGB").resize((90, 60)).save(files.project / "portrait.png")
    return "portrait.png"


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_ip_adapter_follows_an_image_and_is_removed(
    family: str, files: ModelFiles, portrait: str, request: pytest.FixtureRequest
) -> None:
    pipe = request.getfixturevalue(family)
    tiny_adapters.ip_adapter(pipe, files.project / f"ip-{family}")
    base = draw(pipe)
    adapter = {"folder": f"ip-{family}", "weight_name": "ip.safetensors", "image": portrait}
    assert np.array_equal(draw_attached(pipe, files, ip_adapter={**adapter, "scale": 0}), base)
    followed = draw_attached(pipe, files, ip_adapter={**adapter, "scale": 1})
    assert not np.array_equal(followed, base)
    assert np.array_equal(draw_attached(pipe, files, ip_adapter={**adapter, "scale": 1}), followed)
    assert np.array_equal(draw(pipe), base)
    assert pipe.image_encoder is None
    assert pipe.unet.config.encoder_hid_dim_type is None


def test_ip_adapter_and_lora_work_together(sd: Any, files: ModelFiles, portrait: str) -> None:
    tiny_adapters.ip_adapter(sd, files.project / "ip")
    tiny_adapters.lora(sd, files.project / "one.safetensors", seed=1)
    adapter: dict[str, Any] = {"folder": "ip", "weight_name": "ip.safetensors", "image": portrait, "scale": 1}
    base, alone = draw(sd), draw_attached(sd, files, ip_adapter=adapter)
    both = draw_attached(sd, files, ip_adapter=adapter, loras=["one.safetensors"])
    assert not np.array_equal(both, alone)
    assert np.array_equal(
        draw_attached(sd, files, ip_adapter=adapter, loras=[{"file": "one.safetensors", "weight": 0}]), alone
    )
    assert np.array_equal(draw(sd), base)


def test_mismatched_ip_adapter_is_refused(sd: Any, files: ModelFiles, portrait: str) -> None:
    tiny_adapters.ip_adapter(sd, files.project / "wide", width=64)
    adapter = {"folder": "wide", "weight_name": "ip.safetensors", "image": portrait}
    assert "text embeddings of width 64, the model has 32" in error_message(sd, files, ip_adapter=adapter)
    assert "there is no" in error_message(sd, files, ip_adapter={**adapter, "weight_name": "gone.safetensors"})
    encoder = files.project / "wide" / "image_encoder"
    (encoder / "model.safetensors").rename(encoder / "pytorch_model.bin")
    tiny_adapters.lora(sd, files.project / "wide" / "lora.safetensors", seed=1)
    assert "only pickled weights" in error_message(sd, files, ip_adapter=adapter)
    encoder.rename(files.project / "elsewhere")
    assert "has no image_encoder" in error_message(sd, files, ip_adapter=adapter)
    (files.project / "no.png").write_bytes(b"no picture")
    assert "no.png is not a readable image" in error_message(sd, files, ip_adapter={**adapter, "image": "no.png"})


def test_image_encoder_files_are_recorded(sd: Any, files: ModelFiles, portrait: str) -> None:
    """Another image encoder gives another image: its files are recorded in addition to the adapter's."""
    folder = tiny_adapters.ip_adapter(sd, files.project / "seen")
    more = {"ip_adapter": {"folder": "seen", "weight_name": "ip.safetensors", "image": portrait}}
    before = generation_metadata.hash_models(recipe_options(**more), files)
    assert before["ip_adapter_encoder"] == files.digest(folder / "image_encoder")
    tiny_adapters.ip_adapter(sd, files.project / "others", seed=9)
    (files.project / "others/image_encoder/model.safetensors").replace(folder / "image_encoder/model.safetensors")
    after = generation_metadata.hash_models(recipe_options(**more), files)
    assert {key for key in after if after[key] != before[key]} == {"ip_adapter_encoder"}


def test_hub_components_are_recorded(
    sd: Any, files: ModelFiles, portrait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789" * 4
    vae = tiny_adapters.vae(sd, tmp_path / f"models--org--vae/snapshots/{commit}")
    ip = tiny_adapters.ip_adapter(sd, tmp_path / f"models--org--ip/snapshots/{commit}")
    adapter = {"folder": f"org/ip@{commit}", "weight_name": "ip.safetensors", "image": portrait}
    more: dict[str, Any] = {"vae": f"org/vae@{commit}", "ip_adapter": adapter}
    found = generation_metadata.hash_models(recipe_options(**more), files)
    assert found["vae"] == files.digest(vae)
    assert found["ip_adapter"] == files.digest(ip / "ip.safetensors")
    assert not np.array_equal(draw_attached(sd, files, **more), draw(sd))


def test_libraries_used_by_a_recipe_are_recorded(sd: Any) -> None:
    machine, plain = pipelines.Machine(device="cpu"), inference.BatchResult(images=())

    def libraries(**more: Any) -> set[str]:
        found = generation_metadata.describe_environment(
            sd, machine, recipe_options(**more), dtype="float32", batch=1, result=plain
        )
        return set(found) & {"peft", "scikit-image", "ncnn", "compel"}

    control = {"model": "net", "image": "scene.png"}
    assert libraries() == libraries(control={**control, "prepare": "none"}) == set()
    assert libraries(loras=["a.safetensors"]) == {"peft"}
    assert libraries(control={**control, "prepare": "canny"}) == {"scikit-image"}
    assert libraries(upscale={"model": "x4"}) == ({"ncnn"} if find_spec("ncnn") else set())
