"""Heroes by diffusion models: real pipelines of every family, tiny and with random weights, by the code that runs."""

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

from imageseo.config.settings import HeroSettings
from imageseo.heroes.providers.diffusers import HEIGHT, PROVIDER, WIDTH, Diffusers
from imageseo.heroes.providers.diffusion import inference, options, pipelines, runner
from imageseo.heroes.providers.diffusion.prefetch import prefetched
from imageseo.heroes.providers.procedural import PROVIDER as PROCEDURAL
from imageseo.heroes.recipes.keys import OPTIONS, WORDED
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.model.errors import ProviderError, RecipeError, SettingsError
from imageseo.model.hero import TRAINED_MEDIA, Master, Recipe
from imageseo.model.protocols import HeroProvider, Progress, ProviderContext
from imageseo.model.site import Page, PageHints
from tests.support import small_sites, tiny_adapters, tiny_models

torch: Any = pytest.importorskip("torch")
pytest.importorskip("diffusers")

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
    """Tests run side by side, and these models are too small to be shared out."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def provider(models: Path) -> Diffusers:
    return configured(models)


def configured(project: Path, *, progress: Progress | None = None, **options: Any) -> Diffusers:
    given = {**SETTINGS, **options}
    return PROVIDER.configure(
        ProviderContext(project=project, cache=project / ".cache", options=given, progress=progress)
    )


def recipe(model: str = "sd", seed: int = 7, *, width: int = 64, height: int = 64, **options: Any) -> Recipe:
    completed = PROVIDER.complete({"model": model, "prompt": "a lighthouse at dawn", "steps": 2, **options})
    return Recipe(provider="diffusers", seed=seed, width=width, height=height, options=completed)


def made(provider: Diffusers, *recipes: Recipe) -> list[Master]:
    return list(provider.produce(recipes))


def pixels(master: Master) -> str:
    return shown(io.BytesIO(master.png))


def shown(file: Path | io.BytesIO) -> str:
    with Image.open(file) as image:
        return hashlib.sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).hexdigest()[:16]


def recipes() -> dict[str, Recipe]:
    """One picture of every family, one with all that a recipe may say of it."""
    found = {family: recipe(family) for family in tiny_models.FAMILIES}
    found["refined"] = recipe("sdxl", steps=4, refiner={"model": "refiner", "start": 0.5}, scheduler="dpm++ 2m karras")
    found["weighted"] = recipe("sd", prompt="a (lighthouse:1.4) at [dawn]", negative="text", scheduler="euler a")
    return found


class TestFamilies:
    @pytest.mark.parametrize("family", tiny_models.FAMILIES)
    def test_seed_prompt_and_steps_count(self, provider: Diffusers, family: str) -> None:
        base = recipe(family)
        others = [recipe(family, 8), recipe(family, prompt="an engine of glass"), recipe(family, steps=3), base]
        first, *rest = (pixels(master) for master in made(provider, base, *others))
        assert rest[-1] == first
        assert len({first, *rest}) == 4

    def test_what_a_master_says(self, provider: Diffusers, models: Path) -> None:
        asked = recipe(
            "sdxl", 4711, width=128, steps=3, negative="text, logo", scheduler="DPM++ 2M Karras", guidance=6.5
        )
        (master,) = made(provider, asked)
        assert master.digital_source_type == TRAINED_MEDIA
        assert master.models == provider.models(asked)
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

    def test_a_refiner_takes_over(self, provider: Diffusers) -> None:
        plain = recipe("sdxl", steps=4)
        refined = recipe("sdxl", steps=4, refiner={"model": "refiner", "start": 0.5})
        one, other = made(provider, plain, refined)
        assert pixels(one) != pixels(other)
        assert set(other.models) == {"model", "refiner"}
        assert "Refiner: refiner, Refiner switch at: 0.5" in str(other.parameters)

    def test_dtype_is_the_recipe_s(self, provider: Diffusers) -> None:
        (master,) = made(provider, recipe("sd", dtype="bf16"))
        assert master.env["dtype"] == "bfloat16"
        assert pixels(master) != pixels(*made(provider, recipe("sd")))

    def test_a_negative_prompt_that_says_nothing_is_told(self, provider: Diffusers) -> None:
        (flux,) = made(provider, recipe("flux", negative="text"))
        assert any("Flux takes none" in note for note in flux.notes)
        (unguided,) = made(provider, recipe("sd", negative="text", guidance=1))
        assert any("guidance above 1" in note for note in unguided.notes)

    def test_a_model_is_loaded_once(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        made(configured(models), recipe("sd"))
        import diffusers

        monkeypatch.setattr(
            diffusers.AutoPipelineForText2Image, "from_pretrained", lambda *_, **__: pytest.fail("loaded again")
        )
        made(configured(models), recipe("sd", 8))

    def test_a_single_variant_is_loaded(self, models: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(models / "sd", tmp_path / "half")
        for file in folder.rglob("*.safetensors"):
            file.rename(file.with_name(file.name.replace(".safetensors", ".fp16.safetensors")))
        (master,) = made(configured(tmp_path), recipe("half"))
        assert pixels(master) == pixels(*made(configured(models), recipe("sd")))


class TestSchedulers:
    NAMES = ("ddim", "euler", "euler a", "dpm++ 2m", "dpm++ 2m karras", "dpm++ 2m sde", "unipc", "lcm", "heun", "pndm")

    def test_distinct_and_repeatable(self, provider: Diffusers) -> None:
        asked = [recipe("sd", steps=4, width=32, height=32, scheduler=name) for name in self.NAMES]
        first = [pixels(master) for master in made(provider, *asked)]
        # Another order: a scheduler leaves nothing behind in the pipeline.
        again = [pixels(master) for master in made(provider, *reversed(asked))]
        assert again == first[::-1]
        assert len(set(first)) == len(self.NAMES)

    @pytest.mark.parametrize("family", ["sd3", "flux"])
    def test_flow_matching_takes_its_own(self, provider: Diffusers, family: str) -> None:
        names = ("euler", "euler karras", "dpm++ 2m", "unipc")
        found = {pixels(master) for master in made(provider, *(recipe(family, steps=5, scheduler=n) for n in names))}
        assert len(found) == len(names)
        for name in ("euler a", "ddim", "dpm++ 2m karras", *(["heun"] if family == "flux" else [])):
            with pytest.raises(ProviderError, match="flow matching") as caught:
                made(provider, recipe(family, scheduler=name))
            assert "there are: default, euler" in caught.value.hint

    def test_the_model_s_own_is_named(self, provider: Diffusers) -> None:
        assert "Sampler: DDIM," in str(made(provider, recipe("sd"))[0].parameters)


class TestPrompts:
    def test_weights_count(self, provider: Diffusers) -> None:
        prompts = [
            "a lighthouse at dawn",
            "a (lighthouse:1.5) at dawn",
            "a (lighthouse:0.4) at dawn",
            "a [lighthouse] at dawn",
        ]
        for family in ("sd", "sdxl"):
            found = {pixels(master) for master in made(provider, *(recipe(family, prompt=p) for p in prompts))}
            assert len(found) == len(prompts)

    @pytest.mark.parametrize("family", ["sd", "sdxl"])
    def test_compel_reads_plain_words_as_the_pipeline_does(self, provider: Diffusers, family: str) -> None:
        """Else a weight somewhere would change what all the other words mean."""
        import numpy as np

        from imageseo.heroes.providers.diffusion import prompt_embeddings

        made(provider, recipe(family))
        pipe = next(
            pipe
            for key, pipe in pipelines._LOADED.items()
            if pipelines.family(pipe) == FAMILY[family] and "float32" in key
        )
        for negative in ("", "text, logo"):
            plain, _ = prompt_embeddings.arguments(pipe, ["a lighthouse, at dawn"], negative)
            weighed = prompt_embeddings._weighted(pipe, ["a lighthouse, at dawn"], negative)
            keys = {"prompt_embeds", "negative_prompt_embeds"}
            keys |= {"pooled_prompt_embeds", "negative_pooled_prompt_embeds"} if family == "sdxl" else set()
            assert set(weighed) == keys
            common = {"width": 64, "height": 64, "num_inference_steps": 2, "output_type": "np"}
            pictures = [
                pipe(**common, **each, generator=torch.Generator("cpu").manual_seed(1)).images[0]
                for each in (plain, weighed)
            ]
            assert np.abs(pictures[0] - pictures[1]).max() < 2 / 255

    def test_who_weighed_is_told(self, provider: Diffusers) -> None:
        plain, weighted = made(provider, recipe("sd"), recipe("sd", prompt="a (lighthouse:1.2)"))
        assert "compel" not in plain.env
        assert weighted.env["compel"]

    def test_long_prompts_are_read_to_the_end(self, provider: Diffusers) -> None:
        long = "paper, " * 60
        found = {
            pixels(master) for master in made(provider, *(recipe("sd", prompt=long + end) for end in ("red", "blue")))
        }
        assert len(found) == 2

    def test_other_families_refuse_weights(self, provider: Diffusers) -> None:
        for family in ("sd3", "flux", "pixart"):
            with pytest.raises(ProviderError, match="knows no weights"):
                made(provider, recipe(family, prompt="a (lighthouse:1.3) at dawn"))
        made(provider, recipe("flux", prompt="a lighthouse (at dawn)"))

    def test_a_text_is_encoded_once(self, provider: Diffusers, monkeypatch: pytest.MonkeyPatch) -> None:
        made(provider, recipe("sd"))
        seen: list[str] = []
        for pipe in pipelines._LOADED.values():
            if getattr(pipe, "text_encoder", None) is not None:
                monkeypatch.setattr(pipe.text_encoder, "register_buffer", pipe.text_encoder.register_buffer)
                hook = pipe.text_encoder.get_input_embeddings().register_forward_hook(lambda *_: seen.append("x"))
                monkeypatch.setattr(pipe.text_encoder, "_test_hook", hook, raising=False)
        fresh = configured(provider._place.project if provider._place else Path())
        made(fresh, *(recipe("sd", seed, negative="text") for seed in (1, 2, 3)))
        assert len(seen) == 2
        made(fresh, recipe("sd", 1, prompt="another", negative="text"))
        assert len(seen) == 3

    def test_remembered_texts_know_the_order_of_adapters(self, models: Path) -> None:
        """Weights belong to LoRAs by their order, and so do the numbers of the words that embeddings teach."""
        made(configured(models), recipe("sd"))
        pipe = next(each for each in pipelines._LOADED.values() if pipelines.family(each) == "StableDiffusion")
        for name, seed in (("a", 1), ("b", 2)):
            tiny_adapters.lora(pipe, models / f"{name}.safetensors", seed=seed, parts=("text_encoder",))
            tiny_adapters.embedding(models / f"<{name}>.safetensors", 32, name=f"<{name}>", seed=seed)
        for one, other in (
            (mixed(a=1.0, b=0.1), mixed(b=1.0, a=0.1)),
            (mixed("<a>", "<b>", prompt="a <a> boat"), mixed("<b>", "<a>", prompt="a <b> boat")),
        ):
            (alone,) = made(configured(models), other)
            first, after = made(configured(models), one, other)
            assert pixels(after) == pixels(alone) != pixels(first)


def mixed(*embeddings: str, prompt: str = "a boat", **weights: float) -> Recipe:
    more: dict[str, Any] = {"embeddings": [f"{name}.safetensors" for name in embeddings]}
    if weights:
        more = {"loras": [{"file": f"{name}.safetensors", "weight": weight} for name, weight in weights.items()]}
    return recipe("sd", prompt=prompt, **more)


FAMILY = {"sd": "StableDiffusion", "sdxl": "StableDiffusionXL"}


class TestBatches:
    def test_pictures_keep_their_order_and_seeds(self, models: Path) -> None:
        asked = [recipe("sd", 1), recipe("sd", 2, width=128), recipe("sd", 3), recipe("sd", 4), recipe("sd", 5)]
        alone = [pixels(master) for master in made(configured(models), *asked)]
        masters = made(configured(models, repro=False, batch=3), *asked)
        # A batch's arithmetic is another one in the last bit: equal pictures on this machine would be luck.
        assert [master.env["batch"] for master in masters] == [3, 1, 3, 3, 1]
        assert [close(a, b) for a, b in zip(masters, made(configured(models), *asked), strict=True)] == [True] * 5
        assert len(set(alone)) == 5
        assert all(not master.env["repro"] for master in masters)

    def test_repro_draws_one_by_one(self, models: Path) -> None:
        masters = made(configured(models, batch=3), recipe("sd", 1), recipe("sd", 2))
        assert [master.env["batch"] for master in masters] == [1, 1]

    def test_a_master_is_given_as_soon_as_it_is_made(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        real, calls = inference.call, []

        def interrupted(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            calls.append(1)
            if len(calls) == 3:
                raise KeyboardInterrupt
            return real(pipe, arguments)

        monkeypatch.setattr(inference, "call", interrupted)
        masters = configured(models).produce([recipe("sd", seed) for seed in range(4)])
        assert next(masters).png
        assert next(masters).png
        with pytest.raises(KeyboardInterrupt):
            next(masters)

    def test_who_stops_waiting_stops_the_work(self, models: Path) -> None:
        """A taker that leaves (a full disk, a refused model) does not wait for pictures that nobody will see."""
        told = _Told()
        masters = configured(models, progress=told).produce([recipe("sd", seed, steps=50) for seed in range(9)])
        next(masters)
        masters.close()  # type: ignore[attr-defined]
        assert not [each for each in threading.enumerate() if each.name == "imageseo-diffusers"]
        assert len(told.tasks) <= 3

    def test_neighbours_do_not_change_a_picture(self, models: Path) -> None:
        """One weight, or one long prompt, is read in another way: what is plain stays plain beside it."""
        prompts = ["paper boat", "paper, " * 60, "glass boat", "a (boat:1.3)", "a (kite:1.2)", "a (tower:1.3)" * 20]
        asked = [recipe("sd", prompt=prompt) for prompt in prompts]
        masters = made(configured(models, repro=False, batch=9), *asked)
        assert [master.env["batch"] for master in masters] == [2, 1, 2, 2, 2, 1]
        assert ["compel" in master.env for master in masters] == [False, True, False, True, True, True]
        alone = [made(configured(models, repro=False, batch=9), each)[0] for each in asked]
        assert [close(one, other) for one, other in zip(masters, alone, strict=True)] == [True] * 6
        embedding: dict[str, Any] = {"embeddings": ["<many>.safetensors"]}
        tiny_adapters.embedding(models / "<many>.safetensors", 32, name="<many>", vectors=80)
        taught = [recipe("sd", prompt=f"{word} (boat:1.3)", **embedding) for word in ("paper", "<many>")]
        assert [each.env["batch"] for each in made(configured(models, repro=False, batch=9), *taught)] == [1, 1]

    def test_what_waits_is_not_drawn_again(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """However late the thread begins: here, after what waited has been taken."""
        real, sizes, gate = inference.call, [], threading.Event()

        def counted(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            sizes.append(len(arguments["generator"]))
            return real(pipe, arguments)

        monkeypatch.setattr(inference, "call", counted)
        asked = [recipe("sd", seed) for seed in (1, 2, 3)]
        provider = configured(models, repro=False, batch=2)
        made(provider, asked[0])
        first = provider.produce(asked[:2])
        assert next(first).png
        first.close()  # type: ignore[attr-defined]
        sizes.clear()

        def late(source: Any, keep: Any) -> Any:
            def waiting(stop: threading.Event) -> Iterator[Any]:
                gate.wait(30)
                yield from source(stop)

            return prefetched(waiting, keep)

        monkeypatch.setattr(runner, "ahead", late)
        studio = provider._studio["studio"]
        assert list(studio.drawn) == [asked[1].key]
        masters = provider.produce(asked[1:])
        assert next(masters).png
        gate.set()
        assert next(masters).png
        masters.close()  # type: ignore[attr-defined]
        assert sizes == [1]

    def test_a_fault_is_said_in_its_own_turn(self, models: Path) -> None:
        """A lock that was edited by hand: the first picture is not to blame for the second's options."""
        good = recipe("sd")
        bad = replace(good, options={**good.options, "steps": "many"})
        masters = configured(models, repro=False, batch=2).produce([good, bad])
        assert next(masters).png
        with pytest.raises(RecipeError, match="steps"):
            next(masters)

    def test_threads_and_strictness_are_as_before(self, models: Path) -> None:
        before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
        made(configured(models), recipe("sd"))
        assert (torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()) == before


def close(one: Master, other: Master) -> bool:
    import numpy as np

    left, right = (np.asarray(Image.open(io.BytesIO(each.png)), dtype=np.int16) for each in (one, other))
    return left.shape == right.shape and int(np.abs(left - right).max()) <= 2


class TestFaults:
    @pytest.mark.parametrize(
        ("family", "width", "height", "says"),
        [
            ("sd", 100, 64, ["multiples of 8 px", "`width: 96`, `height: 64`"]),
            ("flux", 64, 90, ["multiples of 8 px", "`height: 88`"]),
            ("sd3", 4096, 64, ["up to 384 px", "`width: 384`"]),
        ],
    )
    def test_sizes_that_cannot_be(
        self, provider: Diffusers, family: str, width: int, height: int, says: list[str]
    ) -> None:
        with pytest.raises(ProviderError) as caught:
            made(provider, recipe(family, width=width, height=height))
        assert all(word in str(caught.value) for word in says), str(caught.value)

    @pytest.mark.parametrize("family", [each for each in tiny_models.FAMILIES if each != "sd3"])  # too tiny for it
    def test_the_usual_size_suits_every_family(self, models: Path, family: str) -> None:
        pipe = pipelines.load(models / family, "model", digest=family, dtype="float32", device="cpu")
        pipelines.check_size(pipe, WIDTH, HEIGHT)

    def test_black_is_no_master(self, provider: Diffusers, monkeypatch: pytest.MonkeyPatch) -> None:
        real = inference.call
        for value, word in ((float("nan"), "NaN"), (0.0, "of one colour, #000000")):

            def spoiled(pipe: Any, arguments: Mapping[str, Any], value: float = value) -> Any:
                result = real(pipe, arguments)
                result.images[:] = value
                return result

            monkeypatch.setattr(inference, "call", spoiled)
            with pytest.raises(ProviderError, match=word) as caught:
                made(provider, recipe("sd"))
            assert "dtype" in caught.value.hint

    def test_weights_that_overflow_give_no_master(self, models: Path, tmp_path: Path) -> None:
        """Really: a VAE whose numbers are too large, as SDXL's own is in float16."""
        from safetensors.torch import load_file, save_file

        folder = shutil.copytree(models / "sd", tmp_path / "hot")
        weights = load_file(folder / "vae/diffusion_pytorch_model.safetensors")
        weights["decoder.conv_in.weight"] = weights["decoder.conv_in.weight"] * 3e38
        save_file(weights, folder / "vae/diffusion_pytorch_model.safetensors")
        with pytest.raises(ProviderError, match="NaN"):
            made(configured(tmp_path), recipe("hot"))

    @pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryError()])
    def test_memory_that_runs_out_once(self, models: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        real, sizes = inference.call, []

        def short(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            sizes.append((len(arguments["generator"]), pipe.vae.use_tiling))
            if len(sizes) == 1:
                raise error
            return real(pipe, arguments)

        monkeypatch.setattr(inference, "call", short)
        provider = configured(models, repro=False, batch=2)
        masters = made(provider, recipe("sd", 1), recipe("sd", 2), recipe("sd", 3))
        assert sizes == [(2, False), (1, True), (1, True), (1, False)]
        assert [master.env.get("tiled", False) for master in masters] == [True, True, False]
        assert masters[0].env["batch"] == 1

    def test_memory_that_runs_out_leaves_the_model_that_draws(
        self, models: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also where another pipeline was made from it, to start from a picture."""
        Image.linear_gradient("L").resize((64, 64)).save(models / "start.png")
        asked = recipe("sd", image="start.png", strength=0.9)
        made(configured(models), asked, recipe("pixart"))
        real, calls = inference.call, []

        def short(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            calls.append(pipelines.family(pipe))
            if len(calls) == 1:
                raise MemoryError
            return real(pipe, arguments)

        monkeypatch.setattr(inference, "call", short)
        (master,) = made(configured(models), asked)
        assert master.env["tiled"]
        assert calls == ["StableDiffusionImg2Img"] * 2
        assert [pipelines.family(each) for each in pipelines._LOADED.values()] == ["StableDiffusion"]

    def test_memory_that_runs_out_twice(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def short(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")

        monkeypatch.setattr(inference, "call", short)
        with pytest.raises(ProviderError, match="memory ran out") as caught:
            made(configured(models), recipe("sd"))
        assert "upscale" in caught.value.hint

    def test_memory_that_runs_out_while_loading(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Other models are let go of first; then it is a fault of this recipe."""
        made(configured(models), recipe("sd"))
        tries: list[int] = []

        def short(*_: Any) -> Any:
            tries.append(len(pipelines._LOADED))
            raise torch.OutOfMemoryError("CUDA out of memory.")

        monkeypatch.setattr(pipelines, "_loaded", short)
        with pytest.raises(ProviderError, match="memory ran out"):
            made(configured(models), recipe("sd", dtype="float16"))
        assert tries[0] > 0
        assert tries[1:] == [0]

    def test_what_is_no_pipeline(self, models: Path, tmp_path: Path) -> None:
        folder = shutil.copytree(models / "sd", tmp_path / "odd")
        index = json.loads((folder / "model_index.json").read_text())
        (folder / "model_index.json").write_text(json.dumps({**index, "_class_name": "NoSuchPipeline"}))
        with pytest.raises(ProviderError, match="cannot be loaded") as caught:
            made(configured(tmp_path), recipe("odd"))
        assert "text-to-image" in caught.value.hint

    def test_pickles_are_never_opened(self, models: Path, tmp_path: Path) -> None:
        """A folder that would run code when its weights are unpickled."""
        folder = shutil.copytree(models / "sd", tmp_path / "evil")
        (folder / "unet/diffusion_pytorch_model.safetensors").unlink()
        (folder / "unet/diffusion_pytorch_model.bin").write_bytes(b"cposix\nsystem\n(S'touch owned'\ntR.")
        with pytest.raises(ProviderError, match="pickle"):
            made(configured(tmp_path), recipe("evil"))

    def test_a_device_that_is_not_there(self, models: Path) -> None:
        if torch.backends.mps.is_available():
            pytest.skip("there is one")
        with pytest.raises(ProviderError, match=r"there is no mps here; torch .* sees"):
            made(configured(models, device="mps"), recipe("sd"))

    def test_what_a_batch_made_ahead_outlives_a_fault(self, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The one that failed raises in its turn; asked again for the rest, the provider has it already."""
        real, calls = inference.call, []

        def spoiled(pipe: Any, arguments: Mapping[str, Any]) -> Any:
            calls.append(len(arguments["generator"]))
            result = real(pipe, arguments)
            result.images[1] = float("nan")
            return result

        monkeypatch.setattr(inference, "call", spoiled)
        asked = [recipe("sd", seed) for seed in (1, 2, 3)]
        provider = configured(models, repro=False, batch=3)
        masters = provider.produce(asked)
        assert next(masters).png
        with pytest.raises(ProviderError, match="NaN"):
            next(masters)
        (last,) = made(provider, *asked[2:])
        assert calls == [3]
        assert last.env["batch"] == 3


class _Told:
    """A Progress that remembers."""

    def __init__(self) -> None:
        self.tasks: list[tuple[str, int, int]] = []

    @contextmanager
    def task(self, title: str, total: int) -> Iterator[_Told]:
        self.tasks.append((title, total, 0))
        yield self

    def advance(self, count: int = 1) -> None:
        title, total, done = self.tasks.pop()
        self.tasks.append((title, total, done + count))


@pytest.mark.parametrize("family", ["sd", "pixart", "flux"])
def test_every_step_is_shown(models: Path, family: str) -> None:
    told = _Told()
    made(configured(models, progress=told), recipe(family, 3, steps=5, scheduler="euler"))
    assert told.tasks == [("64x64, seed 3", 5, 5)]


def test_a_site_is_generated_then_built_without_torch(models: Path, tmp_path: Path) -> None:
    """The whole way: recipes in front matter, `generate`, and a frozen build that has never heard of torch.

    Another process draws the same as this one, whatever the environment says of threads: the setting is what counts.
    """
    pages = {f"docs/{name}.md": _page(each) for name, each in recipes().items()}
    small_sites.mkdocs_site(
        tmp_path,
        config="plugins:\n  - imageseo:\n      providers:\n        diffusers: {device: cpu, threads: 1}\n",
        files=pages,
    )
    for name in (*tiny_models.FAMILIES, "refiner"):
        shutil.copytree(models / name, tmp_path / name)
    done = small_sites.run("imageseo", "generate", cwd=tmp_path, env={"OMP_NUM_THREADS": "3", "PYTHONHASHSEED": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Warning" not in done.stderr, done.stderr
    lock = tomllib.loads((tmp_path / "imageseo.lock").read_text())
    there = {each["page"]: each for each in lock["hero"]}
    here = {f"docs/{name}.md": pixels(*made(configured(models), each)) for name, each in recipes().items()}
    assert {page: shown(tmp_path / each["output"]["file"]) for page, each in there.items()} == here
    assert len(set(here.values())) == len(here)
    assert there["docs/sd.md"]["recipe"]["options"]["scheduler"] == "default"
    assert there["docs/sd.md"]["env"]["dtype"] == "float32"
    blocked = tmp_path / "blocked"
    for name in ("torch", "diffusers", "transformers"):
        small_sites.write(blocked, {f"{name}.py": "raise SystemExit('a locked build loads no model')"})
    for name in (*tiny_models.FAMILIES, "refiner"):
        shutil.rmtree(tmp_path / name)
    done = small_sites.run("mkdocs", "build", cwd=tmp_path, env={"PYTHONPATH": str(blocked), "IMAGESEO_FROZEN": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "site/assets/heroes").glob("*.jpg"))


def _page(each: Recipe) -> str:
    size = {"width": each.width, "height": each.height, "seed": each.seed}
    said = {key: value for key, value in each.options.items() if value not in ("", [], ())}
    hero = {"provider": each.provider, **said, **size, "alt": "A light"}
    return f"---\nhero: {json.dumps(hero)}\n---\n# A light\n"


def test_a_fault_of_the_recipe_is_the_recipe_s(provider: Diffusers) -> None:
    with pytest.raises(RecipeError):
        provider.complete({"model": "sd"})


def test_a_size_that_no_recipe_says_is_the_provider_s(tmp_path: Path) -> None:
    def asked(settings: HeroSettings, **meta: Any) -> tuple[int, int]:
        hero = {"provider": "diffusers", "model": "gone", "prompt": "a light", "seed": 1, **meta}
        page = Page(path="a.html", hints=PageHints(source=Path("a.md"), meta={"hero": hero}))
        request = RequestReader(settings=settings, providers=providers).of(page)
        assert request is not None
        assert request.recipe is not None
        return request.recipe.width, request.recipe.height

    providers = {"diffusers": cast("HeroProvider", PROVIDER), "procedural": cast("HeroProvider", PROCEDURAL)}
    assert asked(HeroSettings()) == (WIDTH, HEIGHT), "whether the model is there or not"
    assert asked(HeroSettings(), width=512) == (512, HEIGHT)
    assert asked(HeroSettings(width=1024)) == (1024, HEIGHT), "as the site says of all heroes"
    assert asked(HeroSettings(), provider="procedural", model=None) == (1600, 900)
    small = PROVIDER.configure(ProviderContext(project=tmp_path, cache=tmp_path, options={"width": 768, "height": 432}))
    providers["diffusers"] = cast("HeroProvider", small)
    assert asked(HeroSettings(width=1024, height=576)) == (768, 432), "as the site says of those of models"
    assert asked(HeroSettings(), height=512) == (768, 512)
    with pytest.raises(SettingsError) as caught:
        PROVIDER.configure(ProviderContext(project=tmp_path, cache=tmp_path, options={"width": 32, "height": "tall"}))
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "providers.diffusers.width",
        "providers.diffusers.height",
    ]
    assert "from 64 to 8192" in caught.value.faults[0]


def test_its_options_are_known_where_series_and_flat_front_matter_are_read() -> None:
    assert {*options.KEYS} - {"prompt", "negative"} <= {*OPTIONS}
    words = {each.name for each in fields(options.RecipeOptions) if each.type in ("str", "str | None", "Dtype | None")}
    assert words - {"prompt", "negative", "image"} == {*WORDED}
