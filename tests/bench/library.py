"""What a search of the picture library finds, and what it costs: a synthetic library of sidecars beside tiny pictures.

``recall`` is measured on the labelled library of ``recall/``: for titles that the ranking was tuned on and for those
held back, German and English, before (the search of version 1) and after. ``recall_at_5`` is the part of the fitting
pictures among the first five, ``first`` how often the first one fits, ``wrong_first`` how many titles get a first one
that does not, those that no picture fits included.

``cold_index_s`` reads every picture and sidecar, ``warm_open_s`` finds that nothing changed. ``search_ms`` and its kin
are one search each, in an index that is open and was asked before: ``two_words`` as an author writes them, ``page`` for
the words of a title and a summary, ``common`` for a word that half of the pictures have; ``pick_ms`` is a search with
all that belongs to the pick but its pixels. Medians of many.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_WORDS = 3000  # in the vocabulary; their frequencies fall as those of a language do
_SIZES = ((48, 32), (32, 48), (40, 40))


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--searches", type=int, default=200)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Seconds for the index, milliseconds a search, and peak memory."""
    from imageseo.heroes.providers.asset_library import locations, query_terms, search_index
    from imageseo.heroes.providers.asset_library.licenses import refusal_reason
    from imageseo.heroes.providers.asset_library.search_index import Filter
    from tests.bench.recall import labelled

    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as folder:
        library, cache = Path(folder) / "library", Path(folder) / "cache"
        vocabulary = furnish(library, options.pictures)
        began = time.perf_counter()
        with search_index.open_index(locations.Folder(library, "library"), cache):
            cold = time.perf_counter() - began
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.perf_counter()
        with search_index.open_index(locations.Folder(library, "library"), cache) as shelf:
            warm = time.perf_counter() - began
            chance = random.Random(7)

            def some(count: int) -> tuple[str, ...]:
                return query_terms.search_terms(" ".join(_drawn(chance, vocabulary) for _ in range(count)))

            def pick() -> None:
                for hit in shelf.search(some(2), Filter(orientation="landscape")):
                    if not refusal_reason(shelf.read_entry(hit.id), ()):
                        break

            searches: dict[str, Callable[[], Any]] = {
                "two_words": lambda: shelf.search(some(2)),
                "page": lambda: shelf.search(some(24)),
                "common": lambda: shelf.search(query_terms.search_terms("photo")),
                "pick": pick,
            }
            timed = {name: _timed(search, options.searches) for name, search in searches.items()}
        size = sum(path.stat().st_size for path in cache.rglob("*.sqlite"))
    return {
        "recall": labelled.measure(),
        "pictures": options.pictures,
        "searches": options.searches,
        "cold_index_s": round(cold, 2),
        "warm_open_s": round(warm, 3),
        **{f"{name}_ms": round(statistics.median(each), 2) for name, each in timed.items()},
        **{f"{name}_p95_ms": round(sorted(each)[int(len(each) * 0.95)], 2) for name, each in timed.items()},
        "index_mb": round(size / 1e6, 1),
        "indexing_rss_mb": round(before / 1000),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
    }


def furnish(library: Path, count: int) -> list[str]:
    """Tiny pictures with sidecars of a title, a caption and tags; the words that they are made of, the commonest first.

    Half of them also have the word ``photo``.
    """
    from tests.support import pictures

    chance = random.Random(1)
    vocabulary = [
        "".join(chance.choice("bdfklmnprst") + chance.choice("aeiou") for _ in range(3)) for _ in range(_WORDS)
    ]
    files = [pictures.save(pictures.flat("teal", size=size), "PNG") for size in _SIZES]
    for number in range(count):
        path = library / f"{number // 500:03}" / f"picture-{number:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[number % len(files)])
        title, caption, tags = (
            [_drawn(chance, vocabulary) for _ in range(length)] for length in (4, 12, chance.randint(2, 5))
        )
        text = f'title = "{" ".join(title)}"\ncaption = "{" ".join(caption)}{" photo" if number % 2 else ""}"\n'
        licence = ("CC0-1.0", "own", "CC-BY-NC-4.0")[number % 3]
        path.with_name(f"{path.name}.toml").write_text(f'{text}tags = {tags}\nlicense = "{licence}"\n', "utf-8")
    return vocabulary


def _drawn(chance: random.Random, vocabulary: list[str]) -> str:
    return vocabulary[min(int(len(vocabulary) * chance.random() ** 3), len(vocabulary) - 1)]


def _timed(search: Callable[[], Any], count: int) -> list[float]:
    found = []
    for _ in range(count):
        began = time.perf_counter()
        search()
        found.append((time.perf_counter() - began) * 1000)
    return found
