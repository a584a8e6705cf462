"""Check that a model folder is complete and safe (safetensors only, no code) without loading it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from imageseo.model import git_lfs, regular_file
from imageseo.model.errors import ProviderError

_LOADED_SUFFIXES = (".safetensors", ".json", ".txt", ".model", ".jinja")
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
_WEIGHTLESS = ("Scheduler", "Tokenizer", "TokenizerFast", "Processor", "FeatureExtractor", "ImageProcessorPil")
_LIBRARIES = ("diffusers", "transformers")
_CODE = "use a model that diffusers supports without extra code: code from a model is never run"
_COPY = "copy or download it again, complete (with Git LFS: `git lfs pull`)"


def check_model(folder: Path, key: str) -> str | None:
    """Check a diffusion pipeline's folder; return its variant (``fp16``) if all its weights have one, else None.

    ``key``: the option that names it. Raises ProviderError for missing or truncated files, pickles and code.
    """
    index = folder / "model_index.json"
    if not index.is_file():
        is_component = any(folder.glob("*.safetensors")) or (folder / "config.json").is_file()
        what = (
            "it is a component of a model" if is_component else "it is not a model folder, or was not copied completely"
        )
        raise ProviderError(f"`{key}`: {folder} has no model_index.json: {what}", hint=_COPY)
    components = _read_json(index, key)
    for file in loaded_files(folder):  # vocabularies and settings; weights are checked below
        if file.suffix != ".safetensors" and git_lfs.is_pointer_file(file):
            raise ProviderError(f"`{key}`: {git_lfs.describe(file)}", hint=_COPY)
    if not isinstance(components.get("_class_name"), str):
        raise ProviderError(
            f"`{key}`: {index} names custom code instead of a pipeline of diffusers: {components.get('_class_name')!r}",
            hint=_CODE,
        )
    variants = []
    for name, library, cls in components_of(components):
        code_file = folder / name / f"{library}.py"
        if code_file.is_file() or (library not in _LIBRARIES and (folder / f"{library}.py").is_file()):
            raise ProviderError(
                f"`{key}`: {name} of {folder} is custom code ({library}.py)",
                hint=_CODE,
            )
        if not (folder / name).is_dir():
            raise ProviderError(f"`{key}`: {folder} is incomplete: {name}/ ({cls}) is missing", hint=_COPY)
        if not cls.endswith(_WEIGHTLESS):
            variants.append(check_component(folder / name, key))
    return next((each for each in variants if each), None)


def components_of(index: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield name, library and class of the components that model_index.json lists, by name; null stands for none."""
    for name, kind in sorted(index.items()):
        if not name.startswith("_") and isinstance(kind, list) and len(kind) == 2 and all(kind):
            yield name, str(kind[0]), str(kind[1])


def check_component(folder: Path, key: str) -> str | None:
    """Check one component (a ControlNet, a VAE, a text encoder) as ``check_model`` does; return its variant or None."""
    found = sorted(each for each in folder.glob("*.safetensors") if each.is_file() or each.is_symlink())
    indexes = sorted(folder.glob("*.safetensors.index*.json"))
    if not found and not indexes:
        pickles = sorted(each.name for each in folder.iterdir() if each.suffix in _PICKLES)
        if pickles:
            raise ProviderError(
                f"`{key}`: {folder} has only pickled weights ({pickles[0]}), which can run code when loaded",
                hint="use the model's .safetensors edition, or convert it once on a machine without secrets: "
                "`pipe.save_pretrained(folder, safe_serialization=True)`",
            )
        raise ProviderError(f"`{key}`: {folder} has no weights (*.safetensors)", hint=_COPY)
    plain = [each for each in (*found, *indexes) if _variant(each) is None]
    variant = None if plain else _variant((found or indexes)[0])
    required: set[str] = set()
    for index in indexes:
        if _variant(index) == variant:
            required |= {str(each) for each in _read_json(index, key).get("weight_map", {}).values()}
    missing = sorted(each for each in required if not (folder / each).is_file())
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ProviderError(f"`{key}`: {folder} is incomplete: {missing[0]}{more} is missing", hint=_COPY)
    for weights in found:
        if _variant(weights) == variant:
            check_weights(weights, key)
    return variant


def check_weights(path: Path, key: str) -> None:
    """Check format and length of a .safetensors file by its header. Raises ProviderError."""
    try:
        size = path.stat().st_size
        with regular_file.open_binary(path) as stream:
            prefix = stream.read(8)
            length = struct.unpack("<Q", prefix)[0] if len(prefix) == 8 else 0
            if git_lfs.is_pointer_file(path):
                raise ProviderError(f"`{key}`: {git_lfs.describe(path)}", hint=_COPY)
            if not 2 <= length <= min(size - 8, 100_000_000):
                raise ProviderError(
                    f"`{key}`: {path} is not a safetensors file, or is truncated ({size} bytes)", hint=_COPY
                )
            header = json.loads(stream.read(length))
            ends = [each["data_offsets"][1] for name, each in header.items() if name != "__metadata__"]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise ProviderError(f"`{key}`: {path} is not a safetensors file: its header is damaged", hint=_COPY) from error
    except OSError as error:
        raise ProviderError(f"`{key}`: {path} cannot be read: {error.strerror or error}", hint=_COPY) from error
    expected = 8 + length + max(ends, default=0)
    if size != expected:
        raise ProviderError(f"`{key}`: {path} is truncated: {size} of {expected} bytes", hint=_COPY)


def loaded_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a model folder that are loaded, by sorted relative path: weights, settings, vocabularies.

    Only files of the pipeline's components: single-file editions that hubs store next to them are never read.
    """
    if not (folder / "model_index.json").is_file():
        yield from _files(folder)
        return
    components = _read_json(folder / "model_index.json", "model")
    yield from sorted(
        (
            folder / "model_index.json",
            *(file for name in components if not name.startswith("_") for file in _files(folder / name)),
        ),
        key=lambda file: file.relative_to(folder).as_posix(),
    )


def _files(folder: Path) -> list[Path]:
    found = [each for each in folder.rglob("*") if each.suffix in _LOADED_SUFFIXES and each.is_file()]
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _variant(file: Path) -> str | None:
    """Return ``fp16`` for ``model.fp16.safetensors``, ``model.fp16-00001-of-00002.safetensors`` and their indexes."""
    name = file.name.removesuffix(".json").replace(".safetensors.index", "").removesuffix(".safetensors")
    tail = name.rpartition(".")[2] if "." in name else ""
    return tail.partition("-")[0] or None


def _read_json(path: Path, key: str) -> dict[str, Any]:
    try:
        found = json.loads(regular_file.read(path))
        if isinstance(found, dict):
            return found
    except (OSError, ValueError):
        pass
    problem = git_lfs.describe(path) if git_lfs.is_pointer_file(path) else f"{path} cannot be read as JSON"
    raise ProviderError(f"`{key}`: {problem}", hint=_COPY)
