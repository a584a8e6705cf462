"""What is hung on a pipeline works, mixes, and leaves no trace; what does not fit is refused by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imageseo.heroes.providers.diffusion import adapters, inference, options, pipelines
from imageseo.heroes.providers.diffusion import generation_metadata as said
from imageseo.heroes.providers.diffusion.model_files import Files
from imageseo.model.errors import ProviderError
from tests.support import tiny_adapters, tiny_models

Pixels = NDArray[np.uint8]


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
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def sd(folder: Path) -> Any:
    return loaded(tiny_models.save("sd", folder / "sd"))


@pytest.fixture(scope="module")
def sdxl(folder: Path) -> Any:
    return loaded(tiny_models.save("sdxl", folder / "sdxl"))


@pytest.fixture(scope="module")
def files(folder: Path) -> Files:
    return Files(project=folder, cache=folder / "cache")


def loaded(folder: Path) -> Any:
    import diffusers

    auto: Any = diffusers.AutoPipelineForText2Image
    pipe = auto.from_pretrained(str(folder), use_safetensors=True, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def drawn(pipe: Any, prompt: str = "a paper boat", **more: Any) -> Pixels:
    import torch

    generator = torch.Generator("cpu").manual_seed(3)
    made = pipe(prompt, num_inference_steps=2, width=64, height=32, generator=generator, **more)
    return np.asarray(made.images[0])


def asked(**more: Any) -> options.RecipeOptions:
    return options.read({"model": "sd", "prompt": "a paper boat", **more})


@contextmanager
def hung(pipe: Any, files: Files, **more: Any) -> Iterator[Mapping[str, Any]]:
    with adapters.attached(pipe, asked(**more), files) as extra:
        yield extra


def with_(pipe: Any, files: Files, prompt: str = "a paper boat", **more: Any) -> Pixels:
    with hung(pipe, files, **more) as extra:
        return drawn(pipe, prompt, **extra)


def refusal(pipe: Any, files: Files, **more: Any) -> str:
    """What is said of what does not fit; and that nothing of it stays on the pipeline."""
    before = drawn(pipe)
    with pytest.raises(ProviderError) as caught, hung(pipe, files, **more):
        pass
    assert np.array_equal(drawn(pipe), before)
    assert "Traceback" not in str(caught.value)
    return str(caught.value)


def test_loras_mix_by_weight_and_leave_no_trace(sd: Any, files: Files) -> None:
    for name, seed in (("one", 1), ("two", 2)):
        tiny_adapters.lora(sd, files.project / f"{name}.safetensors", seed=seed, parts=("unet", "text_encoder"))
    base = drawn(sd)
    mixes = {
        weights: with_(
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
    again = with_(
        sd, files, loras=[{"file": "one.safetensors", "weight": 0.7}, {"file": "two.safetensors", "weight": 0.3}]
    )
    assert np.array_equal(again, mixes[0.7, 0.3])
    assert np.array_equal(drawn(sd), base)
    assert not sd.get_list_adapters()


def test_a_lora_in_the_names_of_kohyas_trainer_is_the_same_lora(sd: Any, files: Files) -> None:
    path = tiny_adapters.lora(sd, files.project / "peft.safetensors", seed=1, parts=("unet", "text_encoder"))
    tiny_adapters.as_kohya(path, files.project / "kohya.safetensors")
    plain = with_(sd, files, loras=["peft.safetensors"])
    assert not np.array_equal(plain, drawn(sd))
    assert np.array_equal(with_(sd, files, loras=["kohya.safetensors"]), plain)


def test_a_lora_for_sdxl_reaches_both_of_its_text_encoders(sdxl: Any, files: Files) -> None:
    path = tiny_adapters.lora(
        sdxl, files.project / "xl.safetensors", seed=3, parts=("unet", "text_encoder", "text_encoder_2")
    )
    base = drawn(sdxl)
    with hung(sdxl, files, loras=["xl.safetensors"]):
        assert set(sdxl.get_list_adapters()) == {"unet", "text_encoder", "text_encoder_2"}
        assert not np.array_equal(drawn(sdxl), base)
    assert np.array_equal(drawn(sdxl), base)
    assert path.is_file()


def test_a_lora_for_another_model_is_refused_by_what_it_is_for(sd: Any, sdxl: Any, files: Files) -> None:
    tiny_adapters.lora(sdxl, files.project / "foreign.safetensors", seed=3)
    said = refusal(sd, files, loras=["foreign.safetensors"])
    assert "foreign.safetensors does not fit" in said
    assert "texts 64 wide, the model's are 32 wide" in said
    tiny_adapters.lora(sd, files.project / "foreign.safetensors", seed=3)
    assert "texts 32 wide, the model's are 64 wide" in refusal(sdxl, files, loras=["foreign.safetensors"])


def test_a_lora_that_fits_in_part_is_refused(sd: Any, files: Files) -> None:
    """diffusers warns of layers without a place, and draws without them."""
    import torch
    from safetensors.torch import load_file, save_file

    path = tiny_adapters.lora(sd, files.project / "part.safetensors", seed=3)
    tensors = load_file(str(path))
    for side, shape in (("A", (2, 16)), ("B", (16, 2))):
        tensors[f"unet.mid_block.attentions.9.to_q.lora_{side}.weight"] = torch.zeros(shape)
    save_file(tensors, str(path))
    assert "part.safetensors does not fit" in refusal(sd, files, loras=["part.safetensors"])


def test_files_that_are_no_loras_are_refused(sd: Any, files: Files) -> None:
    whole = tiny_adapters.lora(sd, files.project / "whole.safetensors", seed=1).read_bytes()
    (files.project / "half.safetensors").write_bytes(whole[: len(whole) // 2])
    assert "half.safetensors is cut off" in refusal(sd, files, loras=["half.safetensors"])
    (files.project / "pickled.safetensors").write_bytes(b"\x80\x04\x95" + bytes(200))
    assert "pickled.safetensors is no safetensors file" in refusal(sd, files, loras=["pickled.safetensors"])
    assert "there is no 'gone.safetensors'" in refusal(sd, files, loras=["gone.safetensors"])
    tiny_adapters.embedding(files.project / "word.safetensors", 32, name="<word>")
    assert "word.safetensors holds no LoRA" in refusal(sd, files, loras=["word.safetensors"])


def test_a_failure_while_drawing_takes_everything_off(sd: Any, files: Files) -> None:
    tiny_adapters.lora(sd, files.project / "one.safetensors", seed=1)
    tiny_adapters.vae(sd, files.project / "other-vae")
    base = drawn(sd)
    with pytest.raises(RuntimeError), hung(sd, files, loras=["one.safetensors"], vae="other-vae"):
        raise RuntimeError("out of memory")
    assert np.array_equal(drawn(sd), base)


@pytest.mark.parametrize(("name", "word", "vectors"), [("<glow>", "<glow>", 1), ("emb_params", "glow", 3)])
def test_textual_inversion_teaches_a_word_and_is_forgotten(
    sd: Any, files: Files, name: str, word: str, vectors: int
) -> None:
    tiny_adapters.embedding(files.project / "glow.safetensors", 32, name=name, vectors=vectors)
    tokenizer, table = sd.tokenizer, sd.text_encoder.get_input_embeddings()
    size, other = len(sd.tokenizer), drawn(sd)
    before = drawn(sd, f"a {word} boat")
    taught = with_(sd, files, f"a {word} boat", embeddings=["glow.safetensors"])
    assert not np.array_equal(taught, before)
    assert np.array_equal(with_(sd, files, embeddings=["glow.safetensors"]), other)  # other words mean what they meant
    assert np.array_equal(drawn(sd, f"a {word} boat"), before)
    assert sd.tokenizer is tokenizer
    assert sd.text_encoder.get_input_embeddings() is table
    assert len(sd.tokenizer) == size == sd.text_encoder.config.vocab_size


def test_textual_inversion_of_sdxl_has_a_part_for_each_encoder(sdxl: Any, files: Files) -> None:
    import torch
    from safetensors.torch import save_file

    before = drawn(sdxl, "a gleam boat")
    both = {"clip_l": torch.ones(2, 32), "clip_g": torch.ones(2, 32)}
    save_file(both, str(files.project / "gleam.safetensors"))
    with hung(sdxl, files, embeddings=["gleam.safetensors"]):
        assert sdxl.tokenizer.convert_tokens_to_ids("gleam") == len(sdxl.tokenizer) - 2
        assert sdxl.tokenizer_2.convert_tokens_to_ids("gleam") == len(sdxl.tokenizer_2) - 2
        assert not np.array_equal(drawn(sdxl, "a gleam boat"), before)
    assert np.array_equal(drawn(sdxl, "a gleam boat"), before)


def test_textual_inversions_that_do_not_fit_are_refused(sd: Any, files: Files) -> None:
    tiny_adapters.embedding(files.project / "wide.safetensors", 48, name="<wide>")
    assert "words 48 wide, the model's are 32 wide" in refusal(sd, files, embeddings=["wide.safetensors"])
    tiny_adapters.embedding(files.project / "a.safetensors", 32, name="emb_params")
    tiny_adapters.embedding(files.project / "glow.safetensors", 32, name="<glow>")
    said = refusal(sd, files, embeddings=["glow.safetensors", "a.safetensors"])
    assert "a.safetensors cannot be taught as 'a'" in said


def test_another_vae_decodes_and_the_own_one_returns(sd: Any, sdxl: Any, files: Files) -> None:
    tiny_adapters.vae(sd, files.project / "vae")
    own, base = sd.vae, drawn(sd)
    assert not np.array_equal(with_(sd, files, vae="vae"), base)
    assert sd.vae is own
    assert np.array_equal(drawn(sd), base)
    weights = files.project / "vae" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert "is cut off" in refusal(sd, files, vae="vae")
    tiny_models.vae(latent=8).save_pretrained(str(files.project / "deep"))
    assert "its latent_channels is 8, the model's 4" in refusal(sd, files, vae="deep")
    sd.unet.save_pretrained(str(files.project / "unet"))
    assert "is of the kind UNet2DConditionModel, the model needs AutoencoderKL" in refusal(sd, files, vae="unet")


def test_a_vae_that_lacks_weights_is_not_filled_with_noise(sd: Any, files: Files) -> None:
    from safetensors.torch import load_file, save_file

    weights = tiny_adapters.vae(sd, files.project / "hole") / "diffusion_pytorch_model.safetensors"
    save_file({name: each for name, each in load_file(str(weights)).items() if "conv_out" not in name}, str(weights))
    assert "hole lacks" in refusal(sd, files, vae="hole")


@pytest.fixture(scope="module")
def portrait(files: Files) -> str:
    Image.linear_gradient("L").convert("RGB").resize((90, 60)).save(files.project / "portrait.png")
    return "portrait.png"


@pytest.mark.parametrize("family", ["sd", "sdxl"])
def test_an_ip_adapter_follows_a_picture_and_leaves_no_trace(
    family: str, files: Files, portrait: str, request: pytest.FixtureRequest
) -> None:
    pipe = request.getfixturevalue(family)
    tiny_adapters.ip_adapter(pipe, files.project / f"ip-{family}")
    base = drawn(pipe)
    said = {"folder": f"ip-{family}", "weight_name": "ip.safetensors", "image": portrait}
    assert np.array_equal(with_(pipe, files, ip_adapter={**said, "scale": 0}), base)
    followed = with_(pipe, files, ip_adapter={**said, "scale": 1})
    assert not np.array_equal(followed, base)
    assert np.array_equal(with_(pipe, files, ip_adapter={**said, "scale": 1}), followed)
    assert np.array_equal(drawn(pipe), base)
    assert pipe.image_encoder is None
    assert pipe.unet.config.encoder_hid_dim_type is None


def test_an_ip_adapter_and_a_lora_go_together(sd: Any, files: Files, portrait: str) -> None:
    tiny_adapters.ip_adapter(sd, files.project / "ip")
    tiny_adapters.lora(sd, files.project / "one.safetensors", seed=1)
    said: dict[str, Any] = {"folder": "ip", "weight_name": "ip.safetensors", "image": portrait, "scale": 1}
    base, alone = drawn(sd), with_(sd, files, ip_adapter=said)
    both = with_(sd, files, ip_adapter=said, loras=["one.safetensors"])
    assert not np.array_equal(both, alone)
    assert np.array_equal(with_(sd, files, ip_adapter=said, loras=[{"file": "one.safetensors", "weight": 0}]), alone)
    assert np.array_equal(drawn(sd), base)


def test_ip_adapters_that_do_not_fit_are_refused(sd: Any, files: Files, portrait: str) -> None:
    tiny_adapters.ip_adapter(sd, files.project / "wide", width=64)
    said = {"folder": "wide", "weight_name": "ip.safetensors", "image": portrait}
    assert "texts 64 wide, the model's are 32 wide" in refusal(sd, files, ip_adapter=said)
    assert "there is no" in refusal(sd, files, ip_adapter={**said, "weight_name": "gone.safetensors"})
    encoder = files.project / "wide" / "image_encoder"
    (encoder / "model.safetensors").rename(encoder / "pytorch_model.bin")
    tiny_adapters.lora(sd, files.project / "wide" / "lora.safetensors", seed=1)
    assert "pickle only" in refusal(sd, files, ip_adapter=said)
    encoder.rename(files.project / "elsewhere")
    assert "has no image_encoder" in refusal(sd, files, ip_adapter=said)
    (files.project / "no.png").write_bytes(b"no picture")
    assert "no.png is no picture" in refusal(sd, files, ip_adapter={**said, "image": "no.png"})


def test_the_files_that_read_the_picture_are_evidence_too(sd: Any, files: Files, portrait: str) -> None:
    """Another image encoder makes another picture: its files are named beside the adapter's."""
    folder = tiny_adapters.ip_adapter(sd, files.project / "seen")
    more = {"ip_adapter": {"folder": "seen", "weight_name": "ip.safetensors", "image": portrait}}
    before = said.models(asked(**more), files)
    assert before["ip_adapter_encoder"] == files.digest(folder / "image_encoder")
    tiny_adapters.ip_adapter(sd, files.project / "others", seed=9)
    (files.project / "others/image_encoder/model.safetensors").replace(folder / "image_encoder/model.safetensors")
    after = said.models(asked(**more), files)
    assert {key for key in after if after[key] != before[key]} == {"ip_adapter_encoder"}


def test_parts_of_the_hub_are_evidence_too(
    sd: Any, files: Files, portrait: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    commit = "0123456789" * 4
    vae = tiny_adapters.vae(sd, tmp_path / f"models--org--vae/snapshots/{commit}")
    ip = tiny_adapters.ip_adapter(sd, tmp_path / f"models--org--ip/snapshots/{commit}")
    adapter = {"folder": f"org/ip@{commit}", "weight_name": "ip.safetensors", "image": portrait}
    more: dict[str, Any] = {"vae": f"org/vae@{commit}", "ip_adapter": adapter}
    found = said.models(asked(**more), files)
    assert found["vae"] == files.digest(vae)
    assert found["ip_adapter"] == files.digest(ip / "ip.safetensors")
    assert not np.array_equal(with_(sd, files, **more), drawn(sd))


def test_the_libraries_that_a_recipe_calls_are_evidence(sd: Any) -> None:
    machine, plain = pipelines.Machine(device="cpu"), inference.Drawn(pictures=())

    def libraries(**more: Any) -> set[str]:
        found = said.env(sd, machine, asked(**more), dtype="float32", batch=1, drawn=plain)
        return set(found) & {"peft", "scikit-image", "ncnn", "compel"}

    control = {"model": "net", "image": "scene.png"}
    assert libraries() == libraries(control={**control, "prepare": "none"}) == set()
    assert libraries(loras=["a.safetensors"]) == {"peft"}
    assert libraries(control={**control, "prepare": "canny"}) == {"scikit-image"}
    assert libraries(upscale={"model": "x4"}) == ({"ncnn"} if find_spec("ncnn") else set())
