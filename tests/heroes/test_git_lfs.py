"""Git LFS pointers in the place of masters, locks, models and images are named, and nothing is made instead."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from imageseo.config import loader
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.remote_cache import RemoteCache
from imageseo.heroes.masters.store import FolderMasterStore, RemoteMasterStore, open_master_store
from imageseo.heroes.providers.asset_library.file_metadata import read_header
from imageseo.heroes.providers.diffusion import input_images, model_checks
from imageseo.heroes.recipes import prompts_file
from imageseo.integrations.pages import HeroesFile
from imageseo.layout import layout_file
from imageseo.lint import baseline
from imageseo.model import git_lfs
from imageseo.model.errors import ImageseoError, PointerError
from imageseo.storage.remote import Remote
from tests.support.small_sites import run, write

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"4d" * 32 + b"\nsize 12345\n"
HASH = "sha256:" + "ab" * 32
PAGE = "<html><head><title>{0}</title></head><body><main><h1>{0}</h1><p>Text.</p></main></body></html>"
HERO = '["index.html"]\nstyle = "topo"\nseed = 3\nwidth = 320\nheight = 180\nalt = "Lines"\n'


def test_only_pointers_are_pointers(tmp_path: Path) -> None:
    assert git_lfs.is_pointer(POINTER)
    assert not git_lfs.is_pointer(b"version 1\n")
    assert not git_lfs.is_pointer(POINTER + bytes(2000)), "larger than any pointer"
    write(tmp_path, {"a.png": POINTER, "b.png": b"\x89PNG"})
    assert git_lfs.is_pointer_file(tmp_path / "a.png")
    assert not any(git_lfs.is_pointer_file(tmp_path / name) for name in ("b.png", "none.png", "nul\0.png", "."))


def test_generate_and_build_name_the_pointer_of_a_master_and_make_nothing(tmp_path: Path) -> None:
    files = {"public/index.html": PAGE.format("Start"), "heroes.toml": HERO, "imageseo.toml": 'formats = ["webp"]\n'}
    project = write(tmp_path, files)
    assert run("imageseo", "generate", "--site", "public", cwd=project).returncode == 0
    master = next((project / "heroes").glob("*.png"))
    image, lock = master.read_bytes(), (project / "imageseo.lock").read_bytes()
    master.write_bytes(POINTER)
    for command in (["generate", "--site", "public"], ["build", "public"]):
        done = run("imageseo", *command, cwd=project)
        said = done.stdout + done.stderr
        assert done.returncode == 1, said
        assert f"{master.name} is a Git LFS pointer, not the image itself" in said
        assert "git lfs pull" in said
        assert "run `imageseo generate" not in said.lower()
        assert "overwrite it" not in said
    assert master.read_bytes() == POINTER
    assert (project / "imageseo.lock").read_bytes() == lock
    master.write_bytes(image)
    assert run("imageseo", "build", "public", cwd=project).returncode == 0


@pytest.mark.parametrize("shared", [False, True], ids=["folder", "file URL"])
def test_stores_reject_a_pointer(tmp_path: Path, shared: bool) -> None:
    folder = tmp_path / "share"
    if shared:
        (tmp_path / "project").mkdir()
        masters = open_master_store(folder.as_uri(), tmp_path / "project", tmp_path / "cache")
    else:
        masters = FolderMasterStore(tmp_path, "share")
    file = masters.put("hero-12345678.png", POINTER)
    for access in (lambda: masters.digest(file), lambda: masters.read(file, HASH)):
        with pytest.raises(PointerError, match="is a Git LFS pointer") as fault:
            access()
        assert "git lfs pull" in fault.value.hint


def test_bucket_rejects_a_pointer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Remote, "get", lambda self, file: POINTER)
    monkeypatch.setattr(RemoteCache, "read", lambda self, sha256: None)
    masters = RemoteMasterStore("memory://masters", tmp_path)
    with pytest.raises(PointerError, match=r"hero\.png is a Git LFS pointer"):
        masters.digest("hero.png")
    with pytest.raises(PointerError, match=r"hero\.png is a Git LFS pointer") as fault:
        masters.read("hero.png", HASH)
    assert "copy it to memory://masters again" in fault.value.hint


def _component(folder: Path) -> Path:
    kinds = {"_class_name": "StableDiffusionPipeline", "tokenizer": ["transformers", "CLIPTokenizer"]}
    return write(folder, {"model_index.json": json.dumps(kinds), "tokenizer/vocab.json": POINTER})


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("imageseo.lock", locks.read),
        ("prompts.toml", lambda path: prompts_file.read(path, "prompts.toml")),
        ("imageseo.layout.json", layout_file.read),
        ("baseline.json", baseline.read),
        ("heroes.toml", lambda path: HeroesFile.read(path.parent)),
        ("imageseo.toml", lambda path: loader.read_project(path.parent, env={})),
        ("init.png", lambda path: input_images.read_image(path, "image")),
        ("lora.safetensors", lambda path: model_checks.check_weights(path, "loras[0].file")),
        ("vocab.json", lambda path: model_checks.check_model(_component(path.parent / "model"), "model")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_files_of_a_project(tmp_path: Path, name: str, read: Callable[[Path], object]) -> None:
    (tmp_path / name).write_bytes(POINTER)
    with pytest.raises(ImageseoError, match="is a Git LFS pointer, not the") as fault:
        read(tmp_path / name)
    assert name in fault.value.message
    assert "git lfs pull" in fault.value.hint


def test_image_of_a_library(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(POINTER)
    assert read_header(tmp_path / "a.jpg").problem == "is a Git LFS pointer, not the image itself"
