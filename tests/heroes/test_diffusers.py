"""Heroes by diffusion models: real pipelines of every family, tiny and with random weights, run by the real code."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from imageseo.config.heroes import HeroSettings
from imageseo.heroes.providers.diffusers import HEIGHT, PROVIDER, WIDTH, Diffusers
from imageseo.heroes.providers.diffusion import inference, options, pipelines, runner
from imageseo.heroes.providers.diffusion.prefetch import prefetch
from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions
from imageseo.heroes.providers.procedural import PROVIDER as PROCEDURAL
from imageseo.heroes.recipes.keys import OPTIONS, WORDED
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.model.errors import ProviderError, RecipeError, SettingsError
from imageseo.model.hero import TRAINED_MEDIA, Master, Recipe
from imageseo.model.progress import Progress
from imageseo.model.protocols import HeroProvider, ProviderContext
from imageseo.model.site import Page, PageHints
from tests.support import small_sites, tiny_adapters, tiny_models
from tests.support.extras import needs_packages

pytestmark = needs_packages("torch", "diffusers")

SETTINGS = {"device": "cpu", "threads": 1}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project folder with a tiny model of every family."""
    project = tmp_path_factory.mktemp("diffusers")
    for family in (*tiny_models.FAMILIES, "refiner"):
        tiny_models.save(family, project / family)
    return project


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tests run in parallel, and these models are too small for several threads."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def provider(models: Path) -> Diffusers:
    return configured(models)


def configured(project: Path, *, progress: Progress | None = None, **options: Any) -> Diffusers:
    settings = {**SETTINGS, **options}
    return PROVIDER.configure(
        ProviderContext(project=project, cache=project / ".cache", options=settings, progress=progress)
    )


def recipe(model: str = "sd", seed: int = 7, *, width: int = 64, height: int = 64, **options: Any) -> Recipe:
    completed = PROVIDER.complete({"model": model, "prompt": "a lighthouse at dawn", "steps": 2, **options})
    return Recipe(provider="diffusers", seed=seed, width=width, height=height, options=completed)


def make_masters(provider: Diffusers, *recipes: Recipe) -> list[Master]:
    return list(provider.produce(recipes))


def master_pixels(master: Master) -> str:
    return hash_pixels(io.BytesIO(master.png))


def hash_pixels(file: Path | io.BytesIO) -> str:
    with Image.open(file) as image:
        return hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).hexdigest()[:16]


def example_recipes() -> dict[str, Recipe]:
    """Recipes for every family, and one with most options."""
    found = {family: recipe(family) for family in tiny_models.FAMILIES}
    found["refined"] = recipe("sdxl", steps=4, refiner={"model": "refiner", "start": 0.5}, scheduler="dpm++ 2m karras")
    found["weighted"] = recipe("sd", prompt="a (lighthouse:1.4) at [dawn]", negative="text", scheduler="euler a")
    return found


class TestFamilies:
    @pytest.mark.slow
    @pytest.mark.parametrize("family", tiny_models.FAMILIES)
    def test_seed_prompt_and_steps_count(self, provider: Diffusers, family: str) -> None:
        base = recipe(family)
        others = [recipe(family, 8), recipe(family, prompt="an engine of glass"), recipe(family, steps=3), base]
        first, *rest = (master_pixels(master) for master in make_masters(provider, base, *others))
        assert rest[-1] == first
        assert len({first, *rest}) == 4

    @pytest.mark.slow
    def test_master_has_complete_metadata(self, provider: Diffusers, models: Path) -> None:
        full_recipe = recipe(
            "sdxl", 4711, width=128, steps=3, negative="text, logo", scheduler="DPM++ 2M Karras", guidance=6.5
        )
        (master,) = make_masters(provider, full_recipe)
        assert master.digital_source_type == TRAINED_MEDIA
        assert master.models == provider.models(full_recipe)
        digest = master.models["model"].removeprefix("sha256:")
        assert len(digest) == 64
        assert master.parameters == (
            "a lighthouse at dawn\nNegative prompt: text, logo\n"
            "Steps: 3, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 4711, Size: 128x64, "
            f"Model hash: {digest[:10]}, Model: sdxl"
        )
        with Image.open(io.BytesIO(master.png)) as image:
            assert (image.format, image.mode, image.size, image.info) == ("PNG", "RGB", (128, 64), {})
        env = dict(master.env)
        assert {"torch", "diffusers", "transformers", "cpu", "attention"} <= set(env)
        assert (env["device"], env["dtype"], env["batch"], env["threads"]) == ("cpu", "float32", 1, 1)
        assert json.loads(json.dumps(env)) == env
        assert None not in env.values()

    @pytest.mark.slow
    def test_refiner_changes_the_image(self, provider: Diffusers) -> None:
        plain = recipe("sdxl", steps=4)
        refined = recipe("sdxl", steps=4, refiner={"model": "refiner", "start": 0.5})
        one, other = make_masters(provider, plain, refined)
        assert master_pixels(one) != master_pixels(other)
        assert set(other.models) == {"model", "refiner"}
        assert "Refiner: refiner, Refiner switch at: 0.5" in str(other.parameters)

    def test_dtype_comes_from_the_recipe(self, provider: Diffusers) -> None:
        (master,) = make_masters(provider, recipe("sd", dtype="bf16"))
        assert master.env["dtype"] == "bfloat16"
        assert master_pixels(master) != master_pixels(*make_masters(provider, recipe("sd")))

    def test_ignored_negative_prompt_is_noted(self, provider: Diffusers) -> None:
        (flux,) = make_masters(provider, recipe("flux", negative="text"))
        assert any("Flux does not support it" in note for note in flux.notes)
        (unguided,) = make_masters(provider, recipe("sd", negative="text", guidance=1))
        assert any("guidance above 1" in note for note in unguided.notes)

    @pytest.mark.slow
    def test_model_is_loaded_once(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        make_masters(configured(models), recipe("sd"))
        import diffusers

        monkeypatch.setattr(
            diffusers.AutoPipelineForText2Image, "from_pretrained", lambda *_, **__: pytest.fail("loaded again")
        )
        make_masters(configured(models), recipe("sd", 8))

    @pytest.mark.slow
    def test_fp16_variant_is_loaded(self, models: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(models / "sd", tmp_path / "half")
        for file in folder.rglob("*.safetensors"):
            file.rename(file.with_name(file.name.replace(".safetensors", ".fp16.safetensors")))
        (master,) = make_masters(configured(tmp_path), recipe("half"))
        assert master_pixels(master) == master_pixels(*make_masters(configured(models), recipe("sd")))


def test_recipe_with_a_lora_leaves_no_trace_in_the_next_one(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = pipelines.load(models / "sd", "model", digest="trace", dtype="float32", device="cpu")
    for name, seed in (("first", 1), ("second", 2)):
        parts = ("unet", "text_encoder")
        tiny_adapters.lora(pipe, models / f"{name}.safetensors", seed=seed, parts=parts)
    recipes = [recipe("sd", loras=["first.safetensors"]), recipe("sd"), recipe("sd", loras=["second.safetensors"])]
    alone = []
    for each in recipes:
        monkeypatch.setattr(pipelines, "_LOADED", {})
        alone += make_masters(configured(models), each)
    monkeypatch.setattr(pipelines, "_LOADED", {})
    together = make_masters(configured(models), *recipes)
    assert [each.png for each in together] == [each.png for each in alone]
    assert len({each.png for each in alone}) == 3
    assert "first.safetensors 44/44" in together[0].env["lora_layers"]
    assert "lora_layers" not in together[1].env


class TestSchedulers:
    NAMES = ("ddim", "euler", "euler a", "dpm++ 2m", "dpm++ 2m karras", "dpm++ 2m sde", "unipc", "lcm", "heun", "pndm")

    @pytest.mark.slow
    def test_schedulers_give_distinct_and_repeatable_images(self, provider: Diffusers) -> None:
        recipes = [recipe("sd", steps=4, width=32, height=32, scheduler=name) for name in self.NAMES]
        first = [master_pixels(master) for master in make_masters(provider, *recipes)]
        # In another order: a scheduler must not change the pipeline for the next image.
        again = [master_pixels(master) for master in make_masters(provider, *reversed(recipes))]
        assert again == first[::-1]
        assert len(set(first)) == len(self.NAMES)

    @pytest.mark.slow
    @pytest.mark.parametrize("family", ["sd3", "flux"])
    def test_flow_matching_model_accepts_only_its_schedulers(self, provider: Diffusers, family: str) -> None:
        names = ("euler", "euler karras", "dpm++ 2m", "unipc")
        found = {
            master_pixels(master)
            for master in make_masters(provider, *(recipe(family, steps=5, scheduler=n) for n in names))
        }
        assert len(found) == len(names)
        for name in ("euler a", "ddim", "dpm++ 2m karras", *(["heun"] if family == "flux" else [])):
            with pytest.raises(ProviderError, match="flow matching") as caught:
                make_masters(provider, recipe(family, scheduler=name))
            assert "use one of: default, euler" in caught.value.hint

    def test_default_scheduler_is_named(self, provider: Diffusers) -> None:
        assert "Sampler: DDIM," in str(make_masters(provider, recipe("sd"))[0].parameters)


class TestPrompts:
    @pytest.mark.slow
    def test_weights_change_the_image(self, provider: Diffusers) -> None:
        prompts = [
            "a lighthouse at dawn",
            "a (lighthouse:1.5) at dawn",
            "a (lighthouse:0.4) at dawn",
            "a [lighthouse] at dawn",
        ]
        for family in ("sd", "sdxl"):
            found = {
                master_pixels(master) for master in make_masters(provider, *(recipe(family, prompt=p) for p in prompts))
            }
            assert len(found) == len(prompts)

    @pytest.mark.parametrize("family", ["sd", "sdxl"])
    def test_compel_encodes_plain_text_like_the_pipeline(self, provider: Diffusers, family: str) -> None:
        """Otherwise a single weight would change the meaning of all other words."""
        import numpy as np
        import torch

        from imageseo.heroes.providers.diffusion import prompt_embeddings

        make_masters(provider, recipe(family))
        pipe = next(
            pipe
            for key, pipe in pipelines._LOADED.items()
            if pipelines.family(pipe) == FAMILY[family] and "float32" in key
        )
        for negative in ("", "text, logo"):
            plain, _ = prompt_embeddings.prompt_arguments(pipe, ["a lighthouse, at dawn"], negative)
            weighted = prompt_embeddings._weighted(pipe, ["a lighthouse, at dawn"], negative)
            keys = {"prompt_embeds", "negative_prompt_embeds"}
            keys |= {"pooled_prompt_embeds", "negative_pooled_prompt_embeds"} if family == "sdxl" else set()
            assert set(weighted) == keys
            common = {"width": 64, "height": 64, "num_inference_steps": 2, "output_type": "np"}
            pictures = [
                pipe(**common, **each, generator=torch.Generator("cpu").manual_seed(1)).images[0]
                for each in (plain, weighted)
            ]
            assert np.abs(pictures[0] - pictures[1]).max() < 2 / 255

    def test_use_of_compel_is_recorded(self, provider: Diffusers) -> None:
        plain, weighted = make_masters(provider, recipe("sd"), recipe("sd", prompt="a (lighthouse:1.2)"))
        assert "compel" not in plain.env
        assert weighted.env["compel"]

    def test_long_prompt_is_read_to_the_end(self, provider: Diffusers) -> None:
        long = "paper, " * 60
        found = {
            master_pixels(master)
            for master in make_masters(provider, *(recipe("sd", prompt=long + end) for end in ("red", "blue")))
        }
        assert len(found) == 2

    def test_family_without_weights_refuses_them(self, provider: Diffusers) -> None:
        for family in ("sd3", "flux", "pixart"):
            with pytest.raises(ProviderError, match="does not support weights"):
                make_masters(provider, recipe(family, prompt="a (lighthouse:1.3) at dawn"))
        make_masters(provider, recipe("flux", prompt="a lighthouse (at dawn)"))

    def test_text_is_encoded_once(self, provider: Diffusers, monkeypatch: pytest.MonkeyPatch) -> None:
        make_masters(provider, recipe("sd"))
        encodings: list[str] = []
        for pipe in pipelines._LOADED.values():
            if getattr(pipe, "text_encoder", None) is not None:
                monkeypatch.setattr(pipe.text_encoder, "register_buffer", pipe.text_encoder.register_buffer)
                hook = pipe.text_encoder.get_input_embeddings().register_forward_hook(lambda *_: encodings.append("x"))
                monkeypatch.setattr(pipe.text_encoder, "_test_hook", hook, raising=False)
        fresh = configured(provider._context.project if provider._context else Path())
        make_masters(fresh, *(recipe("sd", seed, negative="text") for seed in (1, 2, 3)))
        assert len(encodings) == 2
        make_masters(fresh, recipe("sd", 1, prompt="another", negative="text"))
        assert len(encodings) == 3

    @pytest.mark.slow
    def test_encoding_cache_depends_on_the_order_of_adapters(self, models: Path) -> None:
        """Weights are matched to LoRAs by order, and so are token numbers of words to embeddings."""
        make_masters(configured(models), recipe("sd"))
        pipe = next(each for each in pipelines._LOADED.values() if pipelines.family(each) == "StableDiffusion")
        for name, seed in (("a", 1), ("b", 2)):
            tiny_adapters.lora(pipe, models / f"{name}.safetensors", seed=seed, parts=("text_encoder",))
            tiny_adapters.embedding(models / f"<{name}>.safetensors", 32, name=f"<{name}>", seed=seed)
        for one, other in (
            (adapter_recipe(a=1.0, b=0.1), adapter_recipe(b=1.0, a=0.1)),
            (adapter_recipe("<a>", "<b>", prompt="a <a> boat"), adapter_recipe("<b>", "<a>", prompt="a <b> boat")),
        ):
            (alone,) = make_masters(configured(models), other)
            first, after = make_masters(configured(models), one, other)
            assert master_pixels(after) == master_pixels(alone) != master_pixels(first)


def adapter_recipe(*embeddings: str, prompt: str = "a boat", **weights: float) -> Recipe:
    more: dict[str, Any] = {"embeddings": [f"{name}.safetensors" for name in embeddings]}
    if weights:
        more = {"loras": [{"file": f"{name}.safetensors", "weight": weight} for name, weight in weights.items()]}
    return recipe("sd", prompt=prompt, **more)


FAMILY = {"sd": "StableDiffusion", "sdxl": "StableDiffusionXL"}


class TestBatches:
    @pytest.mark.slow
    def test_batch_keeps_order_and_seeds(self, models: Path) -> None:
        recipes = [
            recipe("sd", 1),
            recipe("sd", 2, width=128),
            recipe("sd", 3),
            recipe("sd", 4),
            recipe("sd", 5),
        ]
        alone = [master_pixels(master) for master in make_masters(configured(models), *recipes)]
        masters = make_masters(configured(models, repro=False, batch=3), *recipes)
        # A batch may differ in the last bit: equal images on this machine would be luck.
        assert [master.env["batch"] for master in masters] == [3, 1, 3, 3, 1]
        assert [is_close(a, b) for a, b in zip(masters, make_masters(configured(models), *recipes), strict=True)] == [
            True
        ] * 5
        assert len(set(alone)) == 5
        assert all(not master.env["repro"] for master in masters)

    def test_repro_mode_draws_one_image_at_a_time(self, models: Path) -> None:
        masters = make_masters(configured(models, batch=3), recipe("sd", 1), recipe("sd", 2))
        assert [master.env["batch"] for master in masters] == [1, 1]

    def test_master_is_returned_as_soon_as_it_is_ready(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        call_pipeline, calls = inference.call_pipeline, []

        def interrupt(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return call_pipeline(pipe, arguments)

        monkeypatch.setattr(inference, "call_pipeline", interrupt)
        masters = configured(models).produce([recipe("sd", seed) for seed in range(4)])
        assert next(masters).png
        assert next(masters).png
        with pytest.raises(KeyboardInterrupt):
            next(masters)

    @pytest.mark.slow
    def test_closing_the_iterator_stops_the_thread(self, models: Path) -> None:
        """A consumer that stops (a full disk, a refused model) does not wait for images that are not needed."""
        progress = _RecordingProgress()
        masters = configured(models, progress=progress).produce([recipe("sd", seed, steps=50) for seed in range(9)])
        next(masters)
        masters.close()  # type: ignore[attr-defined]
        assert not [each for each in threading.enumerate() if each.name == "imageseo-diffusers"]
        assert len(progress.tasks) <= 3

    def test_batch_does_not_change_single_images(self, models: Path) -> None:
        """A single weight or long prompt changes the encoding of a batch: plain prompts must not be affected."""
        prompts = ["paper boat", "paper, " * 60, "glass boat", "a (boat:1.3)", "a (kite:1.2)", "a (tower:1.3)" * 20]
        recipes = [recipe("sd", prompt=prompt) for prompt in prompts]
        masters = make_masters(configured(models, repro=False, batch=9), *recipes)
        assert [master.env["batch"] for master in masters] == [2, 1, 2, 2, 2, 1]
        assert ["compel" in master.env for master in masters] == [False, True, False, True, True, True]
        alone = [make_masters(configured(models, repro=False, batch=9), each)[0] for each in recipes]
        assert [is_close(one, other) for one, other in zip(masters, alone, strict=True)] == [True] * 6
        embedding: dict[str, Any] = {"embeddings": ["<many>.safetensors"]}
        tiny_adapters.embedding(models / "<many>.safetensors", 32, name="<many>", vectors=80)
        with_embedding = [recipe("sd", prompt=f"{word} (boat:1.3)", **embedding) for word in ("paper", "<many>")]
        assert [
            each.env["batch"] for each in make_masters(configured(models, repro=False, batch=9), *with_embedding)
        ] == [1, 1]

    def test_image_drawn_ahead_is_not_drawn_again(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """However late the thread starts: here after the waiting image has been taken."""
        call_pipeline, sizes, gate = inference.call_pipeline, [], threading.Event()

        def count_calls(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            sizes.append(len(arguments["generator"]))
            return call_pipeline(pipe, arguments)

        monkeypatch.setattr(inference, "call_pipeline", count_calls)
        recipes = [recipe("sd", seed) for seed in (1, 2, 3)]
        provider = configured(models, repro=False, batch=2)
        make_masters(provider, recipes[0])
        first = provider.produce(recipes[:2])
        assert next(first).png
        first.close()  # type: ignore[attr-defined]
        sizes.clear()

        def late_prefetch(source: Any, keep: Any) -> Any:
            def waiting(stop: threading.Event) -> Iterator[Any]:
                gate.wait(30)
                yield from source(stop)

            return prefetch(waiting, keep)

        monkeypatch.setattr(runner, "prefetch", late_prefetch)
        runner_used = provider._runners["runner"]
        assert list(runner_used.ready) == [recipes[1].key]
        masters = provider.produce(recipes[1:])
        assert next(masters).png
        gate.set()
        assert next(masters).png
        masters.close()  # type: ignore[attr-defined]
        assert sizes == [1]

    def test_fault_is_raised_in_its_own_turn(self, models: Path) -> None:
        """A lock file edited by hand: the second recipe's fault must not affect the first image."""
        good = recipe("sd")
        bad = replace(good, options={**good.options, "steps": "many"})
        masters = configured(models, repro=False, batch=2).produce([good, bad])
        assert next(masters).png
        with pytest.raises(RecipeError, match="steps"):
            next(masters)

    def test_threads_and_determinism_are_restored(self, models: Path) -> None:
        import torch

        before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
        make_masters(configured(models), recipe("sd"))
        assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def is_close(one: Master, other: Master) -> bool:
    import numpy as np

    left, right = (np.asarray(Image.open(io.BytesIO(each.png)), dtype=np.int16) for each in (one, other))
    return left.shape == right.shape and int(np.abs(left - right).max()) <= 2


class TestFaults:
    @pytest.mark.parametrize(
        ("family", "width", "height", "parts"),
        [
            ("sd", 100, 64, ["multiples of 8 px", "`width: 96`, `height: 64`"]),
            ("flux", 64, 90, ["multiples of 8 px", "`height: 88`"]),
            ("sd3", 4096, 64, ["up to 384 px", "`width: 384`"]),
        ],
    )
    def test_impossible_size_is_refused(
        self, provider: Diffusers, family: str, width: int, height: int, parts: list[str]
    ) -> None:
        with pytest.raises(ProviderError) as caught:
            make_masters(provider, recipe(family, width=width, height=height))
        assert all(part in str(caught.value) for part in parts), str(caught.value)

    @pytest.mark.parametrize("family", [each for each in tiny_models.FAMILIES if each != "sd3"])  # too small a model
    def test_default_size_suits_every_family(self, models: Path, family: str) -> None:
        pipe = pipelines.load(models / family, "model", digest=family, dtype="float32", device="cpu")
        pipelines.check_size(pipe, WIDTH, HEIGHT)

    def test_black_image_is_refused(self, provider: Diffusers, monkeypatch: pytest.MonkeyPatch) -> None:
        call_pipeline = inference.call_pipeline
        for value, message in ((float("nan"), "NaN"), (0.0, "single colour, #000000")):

            def spoil(pipe: Any, arguments: Mapping[str, Any], value: float = value) -> Any:
                result = call_pipeline(pipe, arguments)
                result.images[:] = value
                return result

            monkeypatch.setattr(inference, "call_pipeline", spoil)
            with pytest.raises(ProviderError, match=message) as caught:
                make_masters(provider, recipe("sd"))
            assert "dtype" in caught.value.hint

    def test_overflow_is_reported(self, models: Path, tmp_path: Path) -> None:
        """A real overflow: a VAE with weights that are too large, as SDXL's are in float16."""
        from safetensors.torch import load_file, save_file

        folder = shutil.copytree(models / "sd", tmp_path / "hot")
        weights = load_file(folder / "vae/diffusion_pytorch_model.safetensors")
        weights["decoder.conv_in.weight"] = weights["decoder.conv_in.weight"] * 3e38
        save_file(weights, folder / "vae/diffusion_pytorch_model.safetensors")
        with pytest.raises(ProviderError, match="NaN"):
            make_masters(configured(tmp_path), recipe("hot"))

    @pytest.mark.parametrize("memory", ["of the GPU", "of the host"])
    def test_out_of_memory_once_is_retried_in_tiles(
        self, models: Path, monkeypatch: pytest.MonkeyPatch, memory: str
    ) -> None:
        import torch

        error = torch.OutOfMemoryError("CUDA out of memory.") if memory == "of the GPU" else MemoryError()
        call_pipeline, sizes = inference.call_pipeline, []

        def fail_once(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            sizes.append((len(arguments["generator"]), pipe.vae.use_tiling))
            if len(sizes) == 1:
                raise error
            return call_pipeline(pipe, arguments)

        monkeypatch.setattr(inference, "call_pipeline", fail_once)
        provider = configured(models, repro=False, batch=2)
        masters = make_masters(provider, recipe("sd", 1), recipe("sd", 2), recipe("sd", 3))
        assert sizes == [(2, False), (1, True), (1, True), (1, False)]
        assert [master.env.get("tiled", False) for master in masters] == [True, True, False]
        assert masters[0].env["batch"] == 1

    def test_out_of_memory_releases_only_other_models(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Even if another pipeline was made from it, to start from an image."""
        Image.linear_gradient("L").resize((64, 64)).save(models / "start.png")
        start_recipe = recipe("sd", image="start.png", strength=0.9)
        make_masters(configured(models), start_recipe, recipe("pixart"))
        call_pipeline, calls = inference.call_pipeline, []

        def fail_once(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            calls.append(pipelines.family(pipe))
            if len(calls) == 1:
                raise MemoryError
            return call_pipeline(pipe, arguments)

        monkeypatch.setattr(inference, "call_pipeline", fail_once)
        (master,) = make_masters(configured(models), start_recipe)
        assert master.env["tiled"]
        assert calls == ["StableDiffusionImg2Img"] * 2
        assert [pipelines.family(each) for each in pipelines._LOADED.values()] == ["StableDiffusion"]

    def test_out_of_memory_twice_is_reported(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail_once(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

        monkeypatch.setattr(inference, "call_pipeline", fail_once)
        with pytest.raises(ProviderError, match="memory ran out") as caught:
            make_masters(configured(models), recipe("sd"))
        assert "upscale" in caught.value.hint

    def test_out_of_memory_while_loading_is_reported(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Other models are released first; then it is an error of this recipe."""
        import torch

        make_masters(configured(models), recipe("sd"))
        loaded_counts: list[int] = []

        def fail_once(*_: Any) -> Any:
            loaded_counts.append(len(pipelines._LOADED))
            raise torch.OutOfMemoryError("CUDA out of memory.")

        monkeypatch.setattr(pipelines, "_load", fail_once)
        with pytest.raises(ProviderError, match="memory ran out"):
            make_masters(configured(models), recipe("sd", dtype="float16"))
        assert loaded_counts[0] > 0
        assert loaded_counts[1:] == [0]

    def test_unknown_pipeline_class_is_refused(self, models: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(models / "sd", tmp_path / "odd")
        index = json.loads((folder / "model_index.json").read_text())
        (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": "NoSuchPipeline"}))
        with pytest.raises(ProviderError, match="cannot be loaded") as caught:
            make_masters(configured(tmp_path), recipe("odd"))
        assert "text-to-image" in caught.value.hint

    def test_pickled_weights_are_refused(self, models: Path, tmp_path: Path) -> None:
        """A folder whose weights would run code when unpickled."""
        folder = shutil.copytree(models / "sd", tmp_path / "evil")
        (folder / "unet/diffusion_pytorch_model.safetensors").unlink()
        (folder / "unet/diffusion_pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'touch owned'\ntR.")
        with pytest.raises(ProviderError, match="pickle"):
            make_masters(configured(tmp_path), recipe("evil"))

    def test_unavailable_device_is_reported(self, models: Path) -> None:
        import torch

        if torch.backends.mps.is_available():
            pytest.skip("there is one")
        with pytest.raises(ProviderError, match=r"mps is not available; torch .* supports"):
            make_masters(configured(models, device="mps"), recipe("sd"))

    def test_images_drawn_ahead_survive_a_fault(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The failed image raises in its turn; for the others the provider already has the results."""
        call_pipeline, calls = inference.call_pipeline, []

        def spoil(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            calls.append(len(arguments["generator"]))
            result = call_pipeline(pipe, arguments)
            result.images[1] = float("nan")
            return result

        monkeypatch.setattr(inference, "call_pipeline", spoil)
        recipes = [recipe("sd", seed) for seed in (1, 2, 3)]
        provider = configured(models, repro=False, batch=3)
        masters = provider.produce(recipes)
        assert next(masters).png
        with pytest.raises(ProviderError, match="NaN"):
            next(masters)
        (last,) = make_masters(provider, *recipes[2:])
        assert calls == [3]
        assert last.env["batch"] == 3


class _RecordingProgress:
    """A Progress that records its tasks."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int, int]] = []

    @contextmanager
    def task(self, title: str, total: int, work: float | None = None) -> Iterator[_RecordingProgress]:
        self.tasks.append((title, total, 0))
        yield self

    def advance(self, count: int = 1, work: float | None = None) -> None:
        title, total, done = self.tasks.pop()
        self.tasks.append((title, total, done + count))


@pytest.mark.parametrize("family", ["sd", "pixart", "flux"])
def test_every_step_is_reported(models: Path, family: str) -> None:
    progress = _RecordingProgress()
    make_masters(configured(models, progress=progress), recipe(family, 3, steps=5, scheduler="euler"))
    assert progress.tasks == [("64x64, seed 3", 5, 5)]


@pytest.mark.slow
def test_site_is_generated_and_then_built_without_torch(models: Path, tmp_path: Path) -> None:
    """End to end: recipes in front matter, `generate`, and a frozen build without torch.

    Another process draws the same images, whatever the environment sets for threads: only the setting counts.
    """
    pages = {f"docs/{name}.md": _page(each) for name, each in example_recipes().items()}
    small_sites.mkdocs_site(
        tmp_path,
        config="plugins:\n  - imageseo:\n      providers:\n        diffusers: {device: cpu, threads: 1}\n",
        files=pages,
    )
    for name in (*tiny_models.FAMILIES, "refiner"):
        shutil.copytree(models / name, tmp_path / name)
    result = small_sites.run("imageseo", "generate", cwd=tmp_path, env={"OMP_NUM_THREADS": "3", "PYTHONHASHSEED": "1"})
    assert result.returncode == 0, result.stdout + result.stderr
    assert "Warning" not in result.stderr, result.stderr
    lock = tomllib.loads((tmp_path / "imageseo.lock").read_text())
    pins = {each["page"]: each for each in lock["hero"]}
    expected = {
        f"docs/{name}.md": master_pixels(*make_masters(configured(models), each))
        for name, each in example_recipes().items()
    }
    assert {page: hash_pixels(tmp_path / each["output"]["file"]) for page, each in pins.items()} == expected
    assert len(set(expected.values())) == len(expected)
    assert pins["docs/sd.md"]["recipe"]["options"]["scheduler"] == "default"
    assert pins["docs/sd.md"]["env"]["dtype"] == "float32"
    blocked = tmp_path / "blocked"
    for name in ("torch", "diffusers", "transformers"):
        small_sites.write(blocked, {f"{name}.py": "raise SystemExit('a locked build loads no model')"})
    for name in (*tiny_models.FAMILIES, "refiner"):
        shutil.rmtree(tmp_path / name)
    result = small_sites.run("mkdocs", "build", cwd=tmp_path, env={"PYTHONPATH": str(blocked), "IMAGESEO_FROZEN": "1"})
    assert result.returncode == 0, result.stdout + result.stderr
    assert list((tmp_path / "site/assets/heroes").glob("*.jpg"))


def _page(each: Recipe) -> str:
    size = {"width": each.width, "height": each.height, "seed": each.seed}
    options_written = {key: value for key, value in each.options.items() if value not in ("", [], ())}
    hero = {"provider": each.provider, **options_written, **size, "alt": "A light"}
    return f"---\nhero: {json.dumps(hero)}\n---\n# A light\n"


def test_recipe_without_prompt_is_refused(provider: Diffusers) -> None:
    with pytest.raises(RecipeError):
        provider.complete({"model": "sd"})


def test_size_defaults_to_the_provider(tmp_path: Path) -> None:
    def requested_size(settings: HeroSettings, **meta: Any) -> tuple[int, int]:
        hero = {"provider": "diffusers", "model": "gone", "prompt": "a light", "seed": 1, **meta}
        page = Page(path="a.html", hints=PageHints(source=Path("a.md"), meta={"hero": hero}))
        request = RequestReader(settings=settings, providers=providers).of(page)
        assert request is not None
        assert request.recipe is not None
        return request.recipe.width, request.recipe.height

    providers = {"diffusers": cast("HeroProvider", PROVIDER), "procedural": cast("HeroProvider", PROCEDURAL)}
    assert requested_size(HeroSettings()) == (WIDTH, HEIGHT), "whether or not the model exists"
    assert requested_size(HeroSettings(), width=512) == (512, HEIGHT)
    assert requested_size(HeroSettings(width=1024)) == (1024, HEIGHT), "from the settings of all heroes"
    assert requested_size(HeroSettings(), provider="procedural", model=None) == (1600, 900)
    small = PROVIDER.configure(ProviderContext(project=tmp_path, cache=tmp_path, options={"width": 768, "height": 432}))
    providers["diffusers"] = cast("HeroProvider", small)
    assert requested_size(HeroSettings(width=1024, height=576)) == (768, 432), "from the settings of the provider"
    assert requested_size(HeroSettings(), height=512) == (768, 512)
    with pytest.raises(SettingsError) as caught:
        PROVIDER.configure(ProviderContext(project=tmp_path, cache=tmp_path, options={"width": 32, "height": "tall"}))
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "providers.diffusers.width",
        "providers.diffusers.height",
    ]
    assert "from 64 to 8192" in caught.value.faults[0]


def test_options_are_accepted_in_series_and_flat_front_matter() -> None:
    assert {*options.KEYS} - {"prompt", "negative"} <= {*OPTIONS}
    words = {
        each.name
        for each in fields(RecipeOptions)
        if each.type in ("str", "str | None", "Dtype | None", "Weights | None")
    }
    assert words - {"prompt", "negative", "image"} == {*WORDED} - {"mode"}  # of another provider
