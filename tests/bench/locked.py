"""What a locked build pays for a hero of a model beyond reading its master: the lock, the recipe, the pin.

``reading_ms`` is the floor: every master read and hashed, as any build must that trusts nobody. ``locked_ms`` does what
a frozen build does, from front matter to a verified master: the lock's text parsed, each page's recipe completed, its
pin found, its master read and hashed. ``beyond_ms`` is the difference a hero, in CPU time. ``loaded`` names what no
locked build may load; it should be empty. Medians of alternating rounds.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from imageseo.model.hero import TRAINED_MEDIA, HeroRequest, Pin
from imageseo.model.site import Page, PageHints

_HEAVY = ("torch", "diffusers", "transformers", "fsspec", "numpy", "PIL")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--heroes", type=int, default=500)
    parser.add_argument("--bytes", type=int, default=200_000, help="of a master")
    parser.add_argument("--rounds", type=int, default=5)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds a hero."""
    with tempfile.TemporaryDirectory(prefix="imageseo-bench-") as folder:
        project = Path(folder)
        pages = [_page(number) for number in range(options.heroes)]
        pins = _pin(project, pages, options.bytes)
        before = set(sys.modules)

        def locked() -> None:
            if _resolved(project, pages) != len(pages):
                raise AssertionError("every hero is pinned")

        def reading() -> None:
            for pin in pins:
                with (project / pin.file).open("rb") as file:
                    hashlib.file_digest(file, "sha256")

        timed: dict[str, list[float]] = {"reading": [], "locked": []}
        for number in range(options.rounds + 1):  # the first one warms up
            tasks: list[tuple[str, Callable[[], None]]] = [("reading", reading), ("locked", locked)]
            for name, task in tasks if number % 2 else reversed(tasks):
                began = time.process_time()
                task()
                if number:
                    timed[name].append((time.process_time() - began) * 1000 / len(pages))
    floor, whole = (statistics.median(timed[name]) for name in ("reading", "locked"))
    return {
        "heroes": options.heroes,
        "bytes": options.bytes,
        "reading_ms": round(floor, 3),
        "locked_ms": round(whole, 3),
        "beyond_ms": round(whole - floor, 3),
        "loaded": sorted((set(sys.modules) - before) & set(_HEAVY)),
    }


def _page(number: int) -> Page:
    hero = {
        "provider": "diffusers",
        "model": "models/sdxl",
        "prompt": f"a (harbour:1.2) at dawn, flat illustration, number {number}",
        "negative": "text, watermark, people",
        "scheduler": "dpm++ 2m karras",
        "loras": [{"file": "loras/paper.safetensors", "weight": 0.7}],
        "alt": "Boats",
        "seed": number,
    }
    hints = PageHints(source=Path(f"docs/page-{number}.md"), title=f"Page {number}", meta={"hero": hero})
    return Page(path=f"page-{number}/index.html", hints=hints)


def _requests(project: Path) -> Callable[[Page], HeroRequest | None]:
    from imageseo.config.heroes import HeroSettings
    from imageseo.heroes.providers.diffusers import PROVIDER
    from imageseo.heroes.recipes.request_reader import RequestReader
    from imageseo.model.protocols import HeroProvider, ProviderContext

    provider = PROVIDER.configure(ProviderContext(project=project, cache=project / ".cache"))
    return RequestReader(settings=HeroSettings(), providers={"diffusers": cast("HeroProvider", provider)}).of


def _pin(project: Path, pages: Sequence[Page], size: int) -> list[Pin]:
    from imageseo.heroes.lock import lock

    read, pins = _requests(project), []
    (project / "heroes").mkdir()
    for number, page in enumerate(pages):
        request = read(page)
        if request is None or request.recipe is None:
            raise AssertionError("every page asks for a hero")
        data = hashlib.shake_128(str(number).encode()).digest(size)
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        name = lock.master_name(request.page, digest.removeprefix("sha256:"))
        (project / "heroes" / name).write_bytes(data)
        pins.append(
            Pin(
                page=request.page,
                recipe=request.recipe,
                recipe_hash=request.recipe.key,
                file=f"heroes/{name}",
                file_sha256=digest,
                pixels_sha256=digest,
                digital_source_type=TRAINED_MEDIA,
                width=request.recipe.width,
                height=request.recipe.height,
                phash="0" * 16,
                env={"device": "cuda (NVIDIA H100 80GB HBM3)", "dtype": "bfloat16", "torch": "2.13.0"},
                models={"model": digest, "lora:loras/paper.safetensors": digest},
            )
        )
    lock.write(project / lock.NAME, lock.Lock(tuple(pins)))
    return pins


def _resolved(project: Path, pages: Sequence[Page]) -> int:
    from imageseo.heroes.lock import lock
    from imageseo.heroes.masters.resolver import MasterResolver
    from imageseo.heroes.masters.store import FolderMasterStore
    from imageseo.model.finding import Location
    from imageseo.model.protocols import Store

    read = _requests(project)
    heroes = MasterResolver(
        lock=lock.read(project / lock.NAME),
        project=project,
        store=cast("Store", None),  # a pinned hero asks for none
        providers={},
        frozen=True,
        vault=FolderMasterStore(project, "heroes"),
    )
    found = 0
    for page in pages:
        request = read(page)
        if request is not None:
            found += heroes.resolve(request, Location(page=page.path)).master is not None
    return found
