"""Checks of the diffusers provider before anything is loaded: options, settings, model files. Needs no torch."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from imageseo.heroes.providers.diffusers import PROVIDER
from imageseo.heroes.providers.diffusion import model_checks, model_files, options, schedulers
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.model.errors import ProviderError, RecipeError, SettingsError
from imageseo.model.hero import Recipe
from imageseo.model.protocols import ProviderContext

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def safetensors(size: int = 16) -> bytes:
    """A safetensors file with a single tensor of bytes."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(range(size))


def write_model(folder: Path) -> Path:
    """Write the files of a pipeline as `save_pretrained` does."""
    index = {
        "_class_name": "StableDiffusionPipeline",
        "unet": ["diffusers", "UNet2DConditionModel"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "safety_checker": [None, None],
    }
    files = {
        "model_index.json": json.dumps(index).encode(),
        "unet/config.json": b"{}",
        "unet/diffusion_pytorch_model.safetensors": safetensors(),
        "text_encoder/config.json": b"{}",
        "text_encoder/model.safetensors": safetensors(8),
        "tokenizer/vocab.json": b"{}",
        "README.md": b"words",
    }
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    write_model(tmp_path / "models/paper")
    return ModelFiles(project=tmp_path, cache=tmp_path / ".cache")


class TestOptions:
    def test_defaults_are_explicit(self) -> None:
        assert PROVIDER.complete({"model": "models/paper", "prompt": " a lighthouse "}) == {
            "model": "models/paper",
            "prompt": "a lighthouse",
            "negative": "",
            "steps": 30,
            "guidance": 5.0,
            "scheduler": "default",
        }

    def test_completing_twice_changes_nothing(self) -> None:
        written = {
            "model": f"org/name@{COMMIT}",
            "prompt": "x",
            "scheduler": "DPM++ 2M Karras",
            "dtype": "fp16",
            "refiner": "models/refiner",
            "loras": ["a.safetensors", {"file": "b.safetensors", "weight": 0.3}],
            "embeddings": "c.safetensors",
        }
        once = PROVIDER.complete(written)
        assert once["scheduler"] == "dpm++ 2m karras"
        assert once["dtype"] == "float16"
        assert once["refiner"] == {"model": "models/refiner", "start": 0.8}
        assert once["loras"][0] == {"file": "a.safetensors", "weight": 1.0}
        assert once["embeddings"] == ["c.safetensors"]
        assert PROVIDER.complete(once) == once
        assert json.loads(json.dumps(once)) == once

    def test_start_image_has_a_default_strength(self) -> None:
        plain = PROVIDER.complete({"model": "m", "prompt": "x", "image": "a.png"})
        masked = PROVIDER.complete({"model": "m", "prompt": "x", "image": "a.png", "mask": "b.png"})
        assert plain["strength"] < masked["strength"]

    def test_the_settings_name_a_model(self, tmp_path: Path) -> None:
        configured = PROVIDER.configure(
            ProviderContext(project=tmp_path, cache=tmp_path, options={"model": "models/ours"})
        )
        assert configured.complete({"prompt": "x"})["model"] == "models/ours"
        assert configured.complete({"prompt": "x", "model": "other"})["model"] == "other"

    @pytest.mark.parametrize(
        ("written", "parts"),
        [
            ({"negative_prompt": "x"}, ["`negative_prompt`", "did you mean 'negative'"]),
            ({"cfg_scale": 7}, ["did you mean 'guidance'"]),
            ({"stepps": 7}, ["did you mean 'steps'"]),
            ({"steps": 0}, ["`steps`", "from 1 to 500", "found 0"]),
            ({"steps": True}, ["found True"]),
            ({"guidance": "much"}, ["`guidance`", "a number", "found 'much'"]),
            ({"guidance": float("nan")}, ["found nan"]),
            ({"scheduler": "Eulr a"}, ["unknown scheduler 'Eulr a'", "did you mean 'euler a'"]),
            ({"scheduler": "DDIM Karras"}, ["'ddim' does not support karras"]),
            ({"dtype": "int8"}, ["unknown dtype 'int8'", "bfloat16"]),
            ({"loras": [{"file": "a.safetensors", "wieght": 1}]}, ["`loras[0].wieght`", "did you mean 'weight'"]),
            ({"loras": ["a.ckpt"]}, ["`loras[0].file`", ".safetensors"]),
            ({"control": {"model": "m"}}, ["`control.image`: is missing"]),
            ({"control": "m"}, ["`control`", "a table of"]),
            ({"mask": "m.png"}, ["`mask`", "image: sketch.png"]),
            ({"outpaint": "yes"}, ["`outpaint`", "true or false"]),
            ({"image": "a.png", "refiner": "r"}, ["`refiner`", "`image`"]),
            ({"prompt": ["x"]}, ["`prompt`", "expected text"]),
        ],
    )
    def test_fault_names_key_found_and_expected(self, written: dict[str, Any], parts: list[str]) -> None:
        with pytest.raises(RecipeError) as caught:
            PROVIDER.complete({"model": "m", "prompt": "x", **written})
        text = str(caught.value)
        assert all(part in text for part in parts), text

    def test_all_faults_are_reported_at_once(self) -> None:
        with pytest.raises(RecipeError) as caught:
            PROVIDER.complete({"sampler": "x", "steps": -1, "loras": [{}], "upscale": {"model": "m", "scale": 1.5}})
        named = [fault.message.partition(":")[0] for fault in caught.value.faults]
        assert named == ["`sampler`", "`model`", "`prompt`", "`steps`", "`loras[0].file`", "`upscale.scale`"]

    def test_every_option_is_read(self) -> None:
        """An option that `read_options` does not read would be dropped silently."""
        names = (
            "model prompt config negative weights steps guidance scheduler dtype vae refiner embeddings loras control "
            "ip_adapter image strength mask outpaint hires upscale"
        )
        assert " ".join(options.KEYS) == names
        assert {each.name for each in fields(options.read_options({"model": "m", "prompt": "x"}))} == set(options.KEYS)


class TestSettings:
    def test_all_faults_are_reported_at_once(self, tmp_path: Path) -> None:
        written = {"devise": "cpu", "device": "gpu", "offline": "no", "threads": 0, "batch": 2.5, "model": ""}
        with pytest.raises(SettingsError) as caught:
            PROVIDER.configure(ProviderContext(project=tmp_path, cache=tmp_path, options=written))
        assert len(caught.value.faults) == 6
        assert "did you mean device?" in caught.value.faults[0]
        assert all(fault.startswith("providers.diffusers.") for fault in caught.value.faults)


class TestSchedulerNames:
    @pytest.mark.parametrize(
        "name", ["DPM++ 2M Karras", "dpmpp_2m_karras", "dpm++2m karras", "DPM++-2M-Karras", "dpm++ karras"]
    )
    def test_spelling_does_not_matter(self, name: str) -> None:
        assert schedulers.canonical_name(name) == "dpm++ 2m karras"

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("Euler", "euler"),
            ("euler_ancestral", "euler a"),
            ("PLMS", "pndm"),
            ("UniPC", "unipc"),
            ("Default", "default"),
        ],
    )
    def test_aliases_are_resolved(self, name: str, expected: str) -> None:
        assert schedulers.canonical_name(name) == expected

    def test_canonical_name_is_unchanged(self) -> None:
        for name in ("euler a", "dpm++ 3m", "dpm++ 2m sde karras", "heun exponential", "default"):
            assert schedulers.canonical_name(schedulers.canonical_name(name)) == name

    def test_a1111_names_are_returned(self) -> None:
        assert schedulers.a1111_names("dpm++ 2m sde karras") == ("DPM++ 2M SDE", "Karras")
        assert schedulers.a1111_names("lcm") == ("LCM", "")


class TestFolders:
    def test_folder_of_the_project_is_found(self, files: ModelFiles) -> None:
        assert files.folder("model", "models/paper") == files.project / "models/paper"
        assert model_checks.check_model(files.folder("model", "models/paper"), "model") is None

    @pytest.mark.parametrize(
        ("name", "parts"),
        [
            ("models/papr", ["no model folder 'models/papr'", "looked in"]),
            ("runwayml/stable", ["needs a commit", "runwayml/stable@<commit>"]),
            ("org/name@main", ["needs a commit", "org/name@<commit>"]),
            (f"org/name@{COMMIT}", ["not in the hub's cache", f"--revision {COMMIT}", "offline = false"]),
            ("models/paper/model_index.json", ["is a file", "one .safetensors file"]),
        ],
    )
    def test_missing_folder_is_reported(
        self, files: ModelFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, parts: list[str]
    ) -> None:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        with pytest.raises(ProviderError) as caught:
            files.folder("model", name)
        assert all(part in str(caught.value) for part in parts), str(caught.value)

    def test_snapshot_is_found_in_the_hub_cache(
        self, files: ModelFiles, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        snapshot = write_model(tmp_path / "hub/models--org--name/snapshots" / COMMIT)
        assert files.folder("model", f"org/name@{COMMIT}") == snapshot

    def test_mirror_stands_in_for_a_model_that_vanished(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, subtests: Any
    ) -> None:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        copy, name = write_model(tmp_path / "models/copy"), f"org/name@{COMMIT}"
        mirror = {"folder": "models/copy", "sha256": ModelFiles(project=tmp_path, cache=tmp_path).digest(copy)}
        files = ModelFiles(project=tmp_path, cache=tmp_path / ".cache", mirrors={name: mirror})
        with subtests.test("the copy is used, online too"):
            assert files.folder("model", name) == copy
            online = ModelFiles(project=tmp_path, cache=tmp_path / ".cache", offline=False, mirrors={name: mirror})
            assert online.folder("model", name) == copy
        with subtests.test("another commit is not the same model"), pytest.raises(ProviderError, match="hub's cache"):
            files.folder("model", f"org/name@{'0' * 40}")
        with subtests.test("other files are refused"):
            weights = copy / "unet/diffusion_pytorch_model.safetensors"
            weights.write_bytes(weights.read_bytes()[:-1] + b"\x7f")
            with pytest.raises(ProviderError, match="is no copy of org/name"):
                files.folder("model", name)
        with subtests.test("the hub's own files come first"):
            snapshot = write_model(tmp_path / "hub/models--org--name/snapshots" / COMMIT)
            assert files.folder("model", name) == snapshot

    @pytest.mark.parametrize(
        ("mirrors", "message"),
        [
            ("x", "expected a table of models"),
            ({"org/name": {"folder": "m", "sha256": f"sha256:{'0' * 64}"}}, "expected `org/name@<commit>`"),
            ({f"org/name@{COMMIT}": "m"}, "expected `folder` and `sha256`"),
            ({f"org/name@{COMMIT}": {"folder": "m", "sha256": "00"}}, "expected sha256: and 64 digits"),
        ],
    )
    def test_faulty_mirrors_are_named(self, tmp_path: Path, mirrors: Any, message: str) -> None:
        context = ProviderContext(project=tmp_path, cache=tmp_path, options={"mirrors": mirrors})
        with pytest.raises(SettingsError) as caught:
            PROVIDER.configure(context)
        assert message in str(caught.value)

    def test_complete_snapshot_needs_no_network(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        snapshot = write_model(tmp_path / "hub/models--org--name/snapshots" / COMMIT)
        online = ModelFiles(project=tmp_path, cache=tmp_path / ".cache", offline=False)
        downloads: list[str] = []

        def download(key: str, repo: str, commit: str, folder: Path) -> Path:
            downloads.append(repo)
            return folder

        monkeypatch.setattr(model_files, "_download", download)
        assert online.folder("model", f"org/name@{COMMIT}") == snapshot
        assert downloads == []
        (snapshot / "unet/diffusion_pytorch_model.safetensors").unlink()
        online.folder("model", f"org/name@{COMMIT}")
        assert downloads == ["org/name"]

    @pytest.mark.parametrize(
        ("damage", "parts"),
        [
            (lambda m: (m / "model_index.json").unlink(), ["no model_index.json"]),
            (lambda m: (m / "model_index.json").write_text("{"), ["cannot be read as JSON"]),
            (lambda m: (m / "unet/diffusion_pytorch_model.safetensors").unlink(), ["no weights", "unet"]),
            (
                lambda m: (m / "unet/diffusion_pytorch_model.safetensors").rename(
                    m / "unet/diffusion_pytorch_model.bin"
                ),
                ["only pickled weights", "diffusion_pytorch_model.bin", "can run code"],
            ),
            (
                lambda m: (m / "unet/diffusion_pytorch_model.safetensors").write_bytes(safetensors()[:-3]),
                ["is truncated", "of"],
            ),
            (
                lambda m: (m / "text_encoder/model.safetensors").write_bytes(b"version https://git-lfs.github.com\n"),
                ["Git LFS pointer", "git lfs pull"],
            ),
            (lambda m: (m / "text_encoder/model.safetensors").write_bytes(b""), ["truncated (0 bytes)"]),
            (lambda m: (m / "text_encoder/model.safetensors").write_bytes(b"x" * 400), ["not a safetensors file"]),
            (lambda m: (m / "unet/diffusers.py").write_text("import os"), ["custom code", "never run"]),
            (lambda m: _rewrite(m, _class_name=["my_pipeline", "Mine"]), ["custom code", "my_pipeline"]),
            (lambda m: _rewrite(m, vae=["diffusers", "AutoencoderKL"]), ["incomplete", "vae/"]),
            (
                lambda m: (
                    (m / "unet/diffusion_pytorch_model.safetensors").rename(
                        m / "unet/diffusion_pytorch_model-00001-of-00003.safetensors"
                    )
                    and (m / "unet/diffusion_pytorch_model.safetensors.index.json").write_text(
                        json.dumps(
                            {
                                "weight_map": {
                                    f"w{n}": f"diffusion_pytorch_model-0000{n}-of-00003.safetensors" for n in (1, 2, 3)
                                }
                            }
                        )
                    )
                ),
                ["00002-of-00003.safetensors and 1 more is missing"],
            ),
        ],
    )
    def test_incomplete_or_unsafe_model_is_refused(
        self, files: ModelFiles, damage: Callable[[Path], object], parts: list[str]
    ) -> None:
        folder = files.project / "models/paper"
        damage(folder)
        with pytest.raises(ProviderError) as caught:
            model_checks.check_model(folder, "model")
        text = str(caught.value)
        assert "`model`" in text
        assert all(part in text for part in parts), text
        assert caught.value.hint

    def test_half_precision_weights_are_a_variant(self, files: ModelFiles) -> None:
        folder = files.project / "models/paper"
        for file in folder.rglob("*.safetensors"):
            file.rename(file.with_name(file.name.replace(".safetensors", ".fp16.safetensors")))
        assert model_checks.check_model(folder, "model") == "fp16"

    def test_missing_model_is_reported_without_torch(self, tmp_path: Path) -> None:
        configured = PROVIDER.configure(ProviderContext(project=tmp_path, cache=tmp_path / ".cache"))
        completed = configured.complete({"model": "nowhere/at/all", "prompt": "x"})
        with pytest.raises(ProviderError, match="no model folder"):
            next(configured.produce([Recipe(provider="diffusers", seed=1, width=64, height=64, options=completed)]))


def _rewrite(folder: Path, **more: Any) -> None:
    path = folder / "model_index.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **more}))


class TestDigests:
    def test_file_digest_is_its_sha256(self, files: ModelFiles) -> None:
        path = files.project / "models/paper/unet/diffusion_pytorch_model.safetensors"
        assert files.digest(path) == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()

    def test_folder_digest_covers_only_loaded_files(self, files: ModelFiles) -> None:
        folder = files.project / "models/paper"
        before = files.digest(folder)
        (folder / "README.md").write_text("other words")
        (folder / "all_in_one.safetensors").write_bytes(safetensors(4))
        assert files.digest(folder) == before
        (folder / "tokenizer/vocab.json").write_text('{"a": 1}')
        changed = files.digest(folder)
        assert changed != before
        (folder / "unet/config.json").rename(folder / "unet/other.json")
        assert files.digest(folder) not in (before, changed)

    def test_folder_digest_ignores_the_location(self, files: ModelFiles, tmp_path: Path) -> None:
        assert files.digest(write_model(tmp_path / "elsewhere")) == files.digest(files.project / "models/paper")

    def test_digest_is_cached(self, files: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
        before = files.digest(files.project / "models/paper")
        monkeypatch.setattr(hashlib, "file_digest", lambda *_: pytest.fail("read again"))
        again = ModelFiles(project=files.project, cache=files.cache)
        assert again.digest(files.project / "models/paper") == before

    def test_changed_file_of_equal_size_is_hashed_again(self, files: ModelFiles) -> None:
        path = files.project / "models/paper/text_encoder/model.safetensors"
        before = files.digest(path)
        stat = path.stat()
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
        assert files.digest(path) != before

    @pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"x": 3}'])
    def test_damaged_digest_cache_is_ignored(self, files: ModelFiles, content: bytes) -> None:
        path = files.cache / "diffusers/digests.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        assert files.digest(files.project / "models/paper").startswith("sha256:")


def test_completing_options_loads_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from imageseo.heroes.providers.diffusers import PROVIDER\n"
        "PROVIDER.complete({'model': 'm', 'prompt': 'x', 'scheduler': 'DPM++ 2M Karras', 'image': 'a.png'})\n"
        "print('LOADED', sorted({'torch', 'diffusers', 'transformers', 'PIL', 'numpy', 'huggingface_hub'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
