"""A dry run of a diffusers recipe promises only what can be made: everything is told without loading weights."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from imageseo.heroes.generate.dry_run import DryRun, plan
from imageseo.heroes.generate.planner import plan_generation
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.store import FolderMasterStore
from imageseo.heroes.providers.diffusers import PROVIDER, Diffusers
from imageseo.heroes.providers.diffusion import pipelines
from imageseo.model.errors import ImageseoError
from imageseo.model.hero import HeroRequest, Recipe
from imageseo.model.protocols import HeroProvider, ProviderContext
from tests.support import tiny_adapters, tiny_models
from tests.support.extras import needs_packages

pytestmark = needs_packages("torch", "diffusers", "peft")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planned")
    for family in ("sd", "sdxl", "sd3", "flux", "pixart"):
        tiny_models.save(family, folder / family)
    Image.new("RGB", (64, 64), "navy").save(folder / "sketch.png")
    return folder


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Tests run in parallel, and these models are too small for several threads."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def configured(project: Path, **options: Any) -> Diffusers:
    settings = {"device": "cpu", "threads": 1, **options}
    return PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache", options=settings))


def recipe(model: str = "sd", *, width: int = 64, height: int = 64, **options: Any) -> Recipe:
    completed = PROVIDER.complete({"model": model, "prompt": "a lighthouse at dawn", "steps": 2, **options})
    return Recipe(provider="diffusers", seed=7, width=width, height=height, options=completed)


def fault(project: Path, wanted: Recipe, **settings: Any) -> str:
    with pytest.raises(ImageseoError) as caught:
        configured(project, **settings).preflight(wanted)
    assert caught.value.hint, f"no remedy: {caught.value}"
    return f"{caught.value.message}\n{caught.value.hint}"


def load_pipeline(folder: Path) -> Any:
    return pipelines.load(folder, "model", digest=str(folder), dtype="float32", device="cpu")


def dry(project: Path, *recipes: Recipe) -> DryRun:
    requests = [HeroRequest(page=f"{number}.md", recipe=each) for number, each in enumerate(recipes)]
    lock, vault = locks.read(project / locks.NAME), FolderMasterStore(project, "heroes")
    planned = plan_generation(requests, lock, vault, present=None, redraw=(), command="imageseo generate {}".format)
    return plan(planned, {"diffusers": cast("HeroProvider", configured(project))})


def test_dry_run_refuses_what_cannot_be_made(project: Path) -> None:
    found = dry(project, recipe(), recipe("none-here"), recipe("org/name"), recipe(width=100), recipe("sd@main"))
    assert [row.action for row in found.rows] == ["make", "refuse", "refuse", "refuse", "refuse"]
    assert found.failed
    reasons = [f"{row.reason} {row.hint}" for row in found.rows]
    assert "there is no model folder 'none-here'" in reasons[1]
    assert "`org/name@<commit>` with all 40" in reasons[2]
    assert "`width: 96`, `height: 64`" in reasons[3]
    assert "0.md: would be made" in found.as_text()
    assert "1.md: would fail (`model`: there is no model folder 'none-here'" in found.as_text()
    assert json.loads(found.as_json())["counts"] == {"make": 1, "refuse": 4}


@pytest.mark.parametrize(
    ("model", "size", "part"),
    [
        ("sd", (64, 60), "StableDiffusion draws multiples of 8 px"),
        ("sdxl", (1344, 767), "StableDiffusionXL draws multiples of 8 px"),
        ("sd3", (4096, 64), "up to 384 px a side"),
        ("flux", (64, 90), "`height: 88`"),
        ("pixart", (1000, 100), "PixArtSigma draws multiples of 8 px"),
    ],
)
def test_size_limits_are_those_of_the_loaded_model(project: Path, model: str, size: tuple[int, int], part: str) -> None:
    wanted = recipe(model, width=size[0], height=size[1])
    assert part in (told := fault(project, wanted))
    with pytest.raises(ImageseoError) as caught:
        pipelines.check_size(load_pipeline(project / model), *size)
    assert f"{caught.value.message}\n{caught.value.hint}" == told
    configured(project).preflight(recipe(model, width=128, height=64))


def test_missing_and_unfit_files_are_told(project: Path) -> None:
    sd, xl = load_pipeline(project / "sd"), load_pipeline(project / "sdxl")
    tiny_adapters.lora(sd, project / "good.safetensors", seed=1)
    tiny_adapters.lora(xl, project / "xl.safetensors", seed=1)
    tiny_adapters.embedding(project / "word.safetensors", 32, name="word")
    tiny_adapters.controlnet(sd, project / "control")
    tiny_adapters.controlnet(xl, project / "control-xl")
    tiny_adapters.ip_adapter(sd, project / "ip")
    (project / "short.safetensors").write_bytes((project / "good.safetensors").read_bytes()[:-9])
    (project / "empty.safetensors").write_bytes(b"")
    (project / "notes.png").write_text("no image")
    control = {"model": "control", "image": "sketch.png", "prepare": "canny"}
    adapter = {"folder": "ip", "weight_name": "ip.safetensors", "image": "sketch.png"}
    good = recipe(loras=["good.safetensors"], embeddings=["word.safetensors"], control=control, ip_adapter=adapter)
    assert configured(project).preflight(good) == ()
    wrong: dict[str, dict[str, Any]] = {
        "`loras[0].file`: there is no 'none.safetensors'": {"loras": ["none.safetensors"]},
        "short.safetensors is truncated": {"loras": ["short.safetensors"]},
        "empty.safetensors is not a safetensors file, or is truncated (0 bytes)": {"loras": ["empty.safetensors"]},
        "word.safetensors is not a LoRA": {"loras": ["word.safetensors"]},
        "with texts of width 64, the model has 32": {"loras": ["xl.safetensors"]},
        "`embeddings[0]`: there is no 'x.safetensors'": {"embeddings": ["x.safetensors"]},
        "there is no model folder 'none'": {"control": {**control, "model": "none"}},
        "control-xl is for another model": {"control": {**control, "model": "control-xl"}},
        "there is no 'none.png'": {"control": {**control, "image": "none.png"}},
        "notes.png is not a readable image": {"image": "notes.png"},
        "`mask`: there is no 'm.png'": {"image": "sketch.png", "mask": "m.png"},
        "`vae`: there is no model folder 'v'": {"vae": "v"},
        "`refiner.model`: there is no model folder 'r'": {"refiner": "r"},
        "`upscale.model`: there is no file": {"upscale": "u"},
        "`ip_adapter.weight_name`: there is no": {"ip_adapter": {**adapter, "weight_name": "x.safetensors"}},
    }
    for message, options in wrong.items():
        assert message in fault(project, recipe(**options)), options
    assert "PixArtSigmaPipeline does not support LoRAs" in fault(project, recipe("pixart", loras=["good.safetensors"]))
    assert "FluxPipeline does not support it" in fault(project, recipe("flux", ip_adapter=adapter))
    assert "FluxPipeline needs a FluxControlNetModel" in fault(project, recipe("flux", control=control))
    assert "was trained by flow matching" in fault(project, recipe("sd3", scheduler="ddim"))


def test_adapter_with_the_wrong_image_encoder_names_both(project: Path) -> None:
    sd = load_pipeline(project / "sd")
    tiny_adapters.ip_adapter(sd, project / "mixed")
    config = project / "mixed/image_encoder/config.json"
    settings = json.loads(config.read_text())
    config.write_text(json.dumps({**settings, "projection_dim": 1280}))
    adapter = {"folder": "mixed", "weight_name": "ip.safetensors", "image": "sketch.png"}
    assert "expects image embeddings of width 24, image_encoder gives 1280 (ViT-bigG)" in fault(
        project, recipe(ip_adapter=adapter)
    )


def test_all_faults_are_told_at_once(project: Path) -> None:
    told = fault(project, recipe(width=100, loras=["none.safetensors"], image="none.png"))
    for part in (
        "multiples of 8 px",
        "none.safetensors",
        "none.png",
        "use the nearest size",
        "relative to the project",
    ):
        assert part in told


def test_damaged_model_is_told(project: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(project / "sd", tmp_path / "sd")
    weights = copy / "unet/diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert "is truncated" in fault(tmp_path, recipe())
    (copy / "scheduler/scheduler_config.json").write_text("[")
    shutil.copyfile(project / "sd/unet/diffusion_pytorch_model.safetensors", weights)
    assert "scheduler_config.json cannot be read as JSON" in fault(tmp_path, recipe())


@contextmanager
def without(monkeypatch: pytest.MonkeyPatch, name: str) -> Iterator[None]:
    preflight: Any = import_module("imageseo.heroes.providers.diffusion.planning.preflight")
    find = preflight.find_spec
    with monkeypatch.context() as patch:
        patch.setattr(preflight, "find_spec", lambda each: None if each == name else find(each))
        yield


def test_missing_package_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases: dict[str, dict[str, Any]] = {
        "torch": {},
        "peft": {"loras": ["good.safetensors"]},
        "ncnn": {"upscale": "u"},
        "skimage": {"control": {"model": "c", "image": "i", "prepare": "canny"}},
    }
    for name, options in cases.items():
        with without(monkeypatch, name):
            told = fault(project, recipe(**options))
        assert name in told
        assert "diffusers]" in told


def test_missing_device_is_told(project: Path) -> None:
    import torch

    if not torch.cuda.is_available():
        assert "cuda is not available" in fault(project, recipe(), device="cuda")


def test_preflight_does_not_import_torch(project: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.heroes import test_diffusion_preflight as here\n"
        f"here.configured(Path({str(project)!r})).preflight(here.recipe(scheduler='euler a'))\n"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules), 'loaded'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def words(count: int) -> str:
    return " ".join(f"w{number}" for number in range(count))


def test_words_that_an_encoder_drops_are_told_by_plan_and_result(project: Path) -> None:
    provider, prompt = configured(project), "a lighthouse, " + words(30)  # one letter is one token of the tiny CLIP
    for family, encoders in {
        "flux": ["CLIP (text_encoder)"],
        "sd3": ["CLIP (text_encoder)", "CLIP (text_encoder_2)"],
    }.items():
        wanted = recipe(family, prompt=prompt)
        notes = provider.preflight(wanted)
        assert [note.partition(" reads 77 of ")[0] for note in notes] == [f"`prompt`: {name}" for name in encoders]
        for note in notes:
            dropped = note.partition("are dropped: “")[2].rstrip("”").split()
            assert dropped
            assert prompt.split()[-len(dropped) :] == dropped
            assert f"the last {len(dropped)} words" in note
        (master,) = provider.produce([wanted])
        assert set(notes) <= set(master.notes)


@pytest.mark.parametrize(("family", "limit"), [("sd3", 256), ("flux", 512), ("pixart", 300)])
def test_t5_reads_as_much_as_its_pipeline(project: Path, family: str, limit: int) -> None:
    import inspect

    pipe = load_pipeline(project / family)
    assert inspect.signature(pipe.__call__).parameters["max_sequence_length"].default == limit
    prompt = words(limit)
    (note,) = (note for note in configured(project).preflight(recipe(family, prompt=prompt)) if "T5" in note)
    assert f"reads {limit} of " in note
    name = {"sd3": "tokenizer_3", "flux": "tokenizer_2", "pixart": "tokenizer"}[family]
    dropped = len(getattr(pipe, name)(words(limit)).input_ids) - limit
    shown = note.partition("dropped: “")[2].rstrip("”").removesuffix(" …")
    assert shown in prompt
    assert dropped > 0
    assert not configured(project).preflight(recipe(family, prompt="a lighthouse"))


def test_stable_diffusion_reads_long_prompts_to_the_end(project: Path) -> None:
    """compel encodes them in parts."""
    for family in ("sd", "sdxl"):
        assert configured(project, strict=True).preflight(recipe(family, prompt=words(200))) == ()


def test_strict_refuses_a_prompt_that_is_cut(project: Path) -> None:
    wanted = recipe("flux", prompt=words(90))
    told = fault(project, wanted, strict=True)
    assert "CLIP (text_encoder) reads 77 of " in told
    assert "strict: false" in told
    strict = configured(project, strict=True, repro=False)
    drawn = strict.produce([recipe("flux"), wanted, recipe("flux", prompt="a boat")])
    next(drawn)
    with pytest.raises(ImageseoError, match="are dropped"):
        next(drawn)


def test_cut_negative_prompt_is_told(project: Path) -> None:
    wanted: dict[str, Any] = {"negative": words(40)}
    assert configured(project).preflight(recipe("sd3", **wanted))[0].startswith("`negative`: CLIP")
    assert not [note for note in configured(project).preflight(recipe("flux", **wanted)) if "reads" in note]


@pytest.mark.parametrize("family", ["flux", "sd3", "pixart", "sd"])
def test_weights_are_dropped_with_a_note(project: Path, family: str) -> None:
    provider = configured(project)
    weighted = recipe(family, prompt="a (lighthouse:1.3) at dawn", weights="drop")
    note = "`prompt`: weights are dropped: 'lighthouse' 1.3"
    assert provider.preflight(weighted) == (note,)
    dropped, plain = provider.produce([weighted, recipe(family, prompt="a lighthouse at dawn")])
    assert dropped.png == plain.png
    assert note in dropped.notes
    assert note not in plain.notes


@pytest.mark.parametrize("family", ["flux", "sd3", "pixart"])
def test_weights_that_a_model_does_not_support_are_refused(project: Path, family: str) -> None:
    told = fault(project, recipe(family, prompt="a (lighthouse:1.3)"))
    assert "does not support weights in prompts" in told
    assert "`weights: drop`" in told
    assert "does not support weights" in fault(project, recipe(family, negative="(text:2)"))


def test_weights_and_long_prompts_need_compel(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with without(monkeypatch, "compel"):
        assert configured(project).preflight(recipe("sd", prompt="a boat")) == ()
        assert configured(project).preflight(recipe("sd", prompt="a (boat:1.2)", weights="drop"))
        for prompt in ("a (boat:1.2)", words(90)):
            assert "need compel" in fault(project, recipe("sd", prompt=prompt))


WEIGHTED = "a (lighthouse:{}) at dawn"


@pytest.mark.parametrize("family", ["flux", "sd3", "pixart"])
def test_weights_can_be_applied_to_t5(project: Path, family: str) -> None:
    provider = configured(project)
    wanted = [recipe(family, prompt=WEIGHTED.format(weight), weights="apply") for weight in (0, 0.5, 1.5)]
    assert all(provider.preflight(each) == () for each in wanted)
    drawn = [each.png for each in provider.produce([recipe(family), *wanted, wanted[-1]])]
    assert len(set(drawn[:4])) == 4
    assert drawn[4] == drawn[3]
    plain = [recipe(family, prompt="a lighthouse (at dawn)", weights=weights) for weights in ("apply", None)]
    first, second = provider.produce(plain)
    assert first.png == second.png, "bare brackets are text"


@pytest.mark.parametrize("family", ["flux", "sd3", "pixart"])
def test_only_the_weighted_tokens_change(project: Path, family: str) -> None:
    import torch

    from imageseo.heroes.providers.diffusion.weights import t5_weights

    pipe = load_pipeline(project / family)
    name = pipelines.family(pipe)
    plain, same, more = (
        t5_weights.encode(pipe, name, [prompt], "text")["prompt_embeds"]
        for prompt in ("a lighthouse at dawn", WEIGHTED.format(1), WEIGHTED.format(1.5))
    )
    assert torch.allclose(plain, same, atol=1e-5)
    changed = ((plain - more).abs().amax(dim=(0, 2)) > 1e-5).nonzero().flatten().tolist()
    tokenizer = {"flux": "tokenizer_2", "sd3": "tokenizer_3", "pixart": "tokenizer"}[family]
    offsets = getattr(pipe, tokenizer)("a lighthouse at dawn", return_offsets_mapping=True)["offset_mapping"]
    before = 77 if family == "sd3" else 0
    word = [before + at for at, (start, end) in enumerate(offsets) if 2 <= max(start, end - 1) < 12 and end > start]
    assert changed == [at for at in word if at in changed]
    assert len(changed) >= len(word) - 1  # the token of a space may hold the word's first place
