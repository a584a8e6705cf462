"""Describe images with an image-to-text model in a local folder; nothing is downloaded."""

from __future__ import annotations

import io
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imageseo.model.errors import AltDraftsError, MissingExtraError
from imageseo.model.extras import install_command

_TOKENS = 40


class Captioner:
    """A model such as BLIP. Raises MissingExtraError; AltDraftsError if there is none."""

    def __init__(self, folder: Path, label: str) -> None:
        if not all(find_spec(name) for name in ("torch", "transformers", "safetensors")):
            raise MissingExtraError(
                "alt.captioner is set, which needs torch and transformers", hint=install_command("embeddings")
            )
        if not (folder / "config.json").is_file():
            raise AltDraftsError(
                f"alt.captioner: {label} is not a model folder: it has no config.json",
                hint="set it to a folder with config.json, the processor's files and model.safetensors",
            )
        import transformers

        library: Any = transformers  # parts of it have no types
        try:
            # Pickled weights and a model's own code could run arbitrary code: neither is loaded.
            options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            self._processor: Any = library.AutoProcessor.from_pretrained(str(folder), **options)
            model: Any = library.AutoModelForImageTextToText.from_pretrained(
                str(folder), use_safetensors=True, **options
            )
        except Exception as error:  # transformers can raise any exception
            raise AltDraftsError(
                f"alt.captioner: the model in {label} cannot be loaded: {str(error).strip().splitlines()[0]}",
                hint="it needs config.json, the processor's files and model.safetensors; pickles are never loaded",
            ) from error
        self._model = model.float().eval()

    def describe(self, data: bytes) -> str:
        """Return a caption of an image file; "" if it cannot be read or the model says nothing. Deterministic."""
        import torch
        from PIL import Image

        try:
            with Image.open(io.BytesIO(data)) as opened:
                image = opened.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return ""
        inputs = self._processor(images=image, return_tensors="pt")
        with torch.inference_mode():
            tokens = self._model.generate(**inputs, max_new_tokens=_TOKENS, do_sample=False)
        text = " ".join(self._processor.batch_decode(tokens, skip_special_tokens=True)[0].split())
        return text[:1].upper() + text[1:]
