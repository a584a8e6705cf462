"""Whether a model's folder can be trusted and loaded: whole, safetensors only, no code; told without loading it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from imageseo.model.errors import ProviderError

_MATTER = (".safetensors", ".json", ".txt", ".model", ".jinja")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_WEIGHTLESS = ("Scheduler", "Tokenizer", "TokenizerFast", "Processor", "FeatureExtractor", "ImageProcessorPil")
_LIBRARIES = ("diffusers", "transformers")
_COPY = "Copy or fetch the model's folder again, whole (with Git LFS: `git lfs pull`)."


def check_model(folder: Path, key: str) -> str | None:
    """Check a pipeline's folder; its variant (``fp16``) when all its weights are of one, else None.

    ``key``: the option that names it. Raises ProviderError: what is missing or cut off, pickles, code.
    """
    index = folder / "model_index.json"
    if not index.is_file():
        beside = any(folder.glob("*.safetensors")) or (folder / "config.json").is_file()
        what = "this is a part of a model" if beside else "it is no model's folder, or was copied halfway"
        raise ProviderError(f"`{key}`: {folder} holds no model_index.json: {what}", hint=_COPY)
    parts = _json(index, key)
    if not isinstance(parts.get("_class_name"), str):
        raise ProviderError(
            f"`{key}`: {index} names no pipeline of diffusers but code of its own: {parts.get('_class_name')!r}",
            hint="Code that comes with a model is never run. Take a model that diffusers knows by itself.",
        )
    variants = []
    for name, kind in sorted(parts.items()):
        if name.startswith("_") or not isinstance(kind, list) or len(kind) != 2 or not all(kind):
            continue
        library, cls = kind
        own = folder / name / f"{library}.py"
        if own.is_file() or (library not in _LIBRARIES and (folder / f"{library}.py").is_file()):
            raise ProviderError(
                f"`{key}`: {name} of {folder} is code of its own ({library}.py)",
                hint="Code that comes with a model is never run. Take a model that diffusers knows by itself.",
            )
        if not (folder / name).is_dir():
            raise ProviderError(f"`{key}`: {folder} is not whole: {name}/ ({cls}) is missing", hint=_COPY)
        if not cls.endswith(_WEIGHTLESS):
            variants.append(check_part(folder / name, key))
    return next((each for each in variants if each), None)


def check_part(folder: Path, key: str) -> str | None:
    """Check one part of a model (a ControlNet, a VAE, a text encoder) as ``check_model`` does; its variant or None."""
    found = sorted(each for each in folder.glob("*.safetensors") if each.is_file() or each.is_symlink())
    indexes = sorted(folder.glob("*.safetensors.index*.json"))
    if not found and not indexes:
        pickles = sorted(each.name for each in folder.iterdir() if each.suffix in _PICKLES)
        if pickles:
            raise ProviderError(
                f"`{key}`: {folder} has its weights as pickle only ({pickles[0]}), which can run code when loaded",
                hint="Take the model's .safetensors edition, or convert it once, in a place without secrets: "
                "`pipe.save_pretrained(folder, safe_serialization=True)`.",
            )
        raise ProviderError(f"`{key}`: {folder} holds no weights (*.safetensors)", hint=_COPY)
    plain = [each for each in (*found, *indexes) if _variant(each) is None]
    variant = None if plain else _variant((found or indexes)[0])
    named: set[str] = set()
    for index in indexes:
        if _variant(index) == variant:
            named |= {str(each) for each in _json(index, key).get("weight_map", {}).values()}
    missing = sorted(each for each in named if not (folder / each).is_file())
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ProviderError(f"`{key}`: {folder} is not whole: {missing[0]}{more} is missing", hint=_COPY)
    for weights in found:
        if _variant(weights) == variant:
            check_weights(weights, key)
    return variant


def check_weights(path: Path, key: str) -> None:
    """Check that a .safetensors file is one and ends where it says, by its header. Raises ProviderError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            begin = stream.read(8)
            length = struct.unpack("<Q", begin)[0] if len(begin) == 8 else 0
            if begin.startswith(b"version "):
                raise ProviderError(f"`{key}`: {path} is a Git LFS pointer, not the file", hint=_COPY)
            if not 2 <= length <= min(size - 8, 100_000_000):
                raise ProviderError(f"`{key}`: {path} is no safetensors file, or cut off ({size} bytes)", hint=_COPY)
            header = json.loads(stream.read(length))
            ends = [each["data_offsets"][1] for name, each in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ProviderError(f"`{key}`: {path} is no safetensors file: its header is damaged", hint=_COPY) from error
    except OSError as error:
        raise ProviderError(f"`{key}`: {path} cannot be read: {error.strerror or error}", hint=_COPY) from error
    wanted = 8 + length + max(ends, default=0)
    if size != wanted:
        raise ProviderError(f"`{key}`: {path} is cut off: {size} of {wanted} bytes", hint=_COPY)


def loaded_files(folder: Path) -> Iterator[Path]:
    """The files of a model's folder that are loaded, by sorted relative path: weights, settings, vocabularies.

    Of a pipeline those of its parts alone: single-file editions that hubs keep beside them are never read.
    """
    if not (folder / "model_index.json").is_file():
        yield from _files(folder)
        return
    parts = _json(folder / "model_index.json", "model")
    yield from sorted(
        (
            folder / "model_index.json",
            *(file for name in parts if not name.startswith("_") for file in _files(folder / name)),
        ),
        key=lambda file: file.relative_to(folder).as_posix(),
    )


def _files(folder: Path) -> list[Path]:
    found = [each for each in folder.rglob("*") if each.suffix in _MATTER and each.is_file()]
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _variant(file: Path) -> str | None:
    """``fp16`` of ``model.fp16.safetensors``, ``model.fp16-00001-of-00002.safetensors`` and their indexes."""
    name = file.name.removesuffix(".json").replace(".safetensors.index", "").removesuffix(".safetensors")
    tail = name.rpartition(".")[2] if "." in name else ""
    return tail.partition("-")[0] or None


def _json(path: Path, key: str) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    except (OSError, ValueError):
        pass
    raise ProviderError(f"`{key}`: {path} cannot be read as JSON", hint=_COPY)
