"""Search by sentence embeddings, mean-pooled, of a model in a local folder; nothing is downloaded."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.asset_library.entry import LibraryEntry
from imageseo.heroes.providers.asset_library.search_index import NO_FILTER, Filter, Hit, SearchIndex
from imageseo.model import regular_file
from imageseo.model.errors import MissingExtraError, ProviderError
from imageseo.model.extras import install_command
from imageseo.model.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_SIMILARITY = 0.2
"""Minimum cosine similarity of a match: unrelated sentences stay below 0.15."""

_FILES = (".safetensors", ".json", ".txt", ".model")
_TOKENS = 256


class SentenceModel:
    """A model in the format of sentence-transformers. Raises MissingExtraError; ProviderError if there is none."""

    def __init__(self, folder: Path, label: str) -> None:
        if not all(find_spec(name) for name in ("torch", "transformers", "safetensors")):
            raise MissingExtraError(
                'providers.library.search is "embeddings", which needs torch and transformers',
                hint=install_command("embeddings"),
            )
        if not (folder / "config.json").is_file():
            raise ProviderError(
                f"library: {label} is not a model folder: it has no config.json",
                hint="set `providers.library.model` to a folder with config.json, a tokenizer and model.safetensors",
            )
        self.digest = _digest(folder)
        from transformers import AutoModel, AutoTokenizer

        try:
            # Pickled weights and a model's own code could run arbitrary code: neither is loaded.
            options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), **options)
            self._model: Any = AutoModel.from_pretrained(str(folder), use_safetensors=True, **options).float().eval()
        except Exception as error:  # transformers can raise any exception
            raise ProviderError(
                f"library: the model in {label} cannot be loaded: {str(error).strip().splitlines()[0]}",
                hint="it needs config.json, a tokenizer and model.safetensors; pickles are never loaded",
            ) from error

    def embed(self, text: str) -> NDArray[np.float32]:
        """Return a vector of length 1. One text per call: in a batch, the last digits depend on the others."""
        import numpy as np
        import torch

        tokens = self._tokenizer(text or "-", return_tensors="pt", truncation=True, max_length=_TOKENS)
        with torch.inference_mode():
            states = self._model(**tokens).last_hidden_state[0]
        mask = tokens["attention_mask"][0].unsqueeze(-1).float()
        mean = ((states * mask).sum(0) / mask.sum()).numpy().astype(np.float32)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)


def rank_images(
    index: SearchIndex, model: SentenceModel, query: str, filter: Filter = NO_FILTER, progress: Progress | None = None
) -> list[Hit]:
    """Rank all images by cosine similarity to the query (four digits); equal scores are sorted by path."""
    import numpy as np

    hits = index.search((), filter)
    vectors = _load_vectors(index, model, hits, progress)
    if not hits:
        return []
    scores = np.stack([vectors[hit.id] for hit in hits]) @ model.embed(query)
    found = (Hit(hit.id, hit.path, round(float(score), 4)) for hit, score in zip(hits, scores, strict=True))
    return sorted(found, key=lambda hit: (-hit.score, hit.path))


def _load_vectors(
    index: SearchIndex, model: SentenceModel, hits: Sequence[Hit], progress: Progress | None
) -> dict[int, NDArray[np.float32]]:
    import numpy as np

    rows = index.database.execute("SELECT id, vector FROM vectors WHERE model = ?", [model.digest])
    found = {id: np.frombuffer(vector, dtype="<f4") for id, vector in rows}
    missing = [hit for hit in hits if hit.id not in found]
    with progress.task("Embeddings", len(missing)) if progress and len(missing) > 50 else nullcontext() as task:
        for hit in missing:
            found[hit.id] = model.embed(_text(index.read_entry(hit.id)))
            if task:
                task.advance()
    rows_new = ((hit.id, model.digest, found[hit.id].astype("<f4").tobytes()) for hit in missing)
    index.write("INSERT OR REPLACE INTO vectors (id, model, vector) VALUES (?, ?, ?)", rows_new)
    return found


def _text(entry: LibraryEntry) -> str:
    name = entry.path.rpartition("/")[2].rpartition(".")[0].replace("-", " ").replace("_", " ")
    parts = (entry.title, entry.caption, entry.alt, ", ".join(entry.tags))
    return ". ".join(part for part in parts if part) or name


def _digest(folder: Path) -> str:
    """Return ``sha256:…`` of a model's files."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _FILES:
            with regular_file.open_binary(path) as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{path.relative_to(folder).as_posix()} {digest}\n".encode())
    return "sha256:" + total.hexdigest()
