"""The codec floor: what the same encodes cost with nothing around them.

    python -m tests.bench.floor RECORD

A first run of the real encoder is *recorded*: every call of the resizer, of a codec and of the metric, with the
picture it was given. The floor is that list replayed in a plain loop, in one process and one thread, without queue,
store, keys or quality search: each source is decoded and shrunk to all its sizes once, every encode is done again,
and for every score its file is decoded and judged. CPU seconds are counted around
these calls alone; interpreter start, imports and reading the record are not in it.

``overhead_vs_codec_floor`` is processors × wall of the real run (interpreter start included) / these CPU seconds. It
tells what the machinery costs: an idle core at the end, waiting, hashing, storing. It cannot tell whether fewer encodes
would have done; that is what CPU against the peers is for. 1.0 would be a machine that never waits.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import pickle
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from PIL import Image

from imageseo.images.encoding.scored_tiles import scored_image
from tests.bench.measure import cpu


class Record:
    """Calls as they happened. ``renders``: source bytes' digest -> file format, orientation, sizes.

    ``encodes``: (picture, codec, arguments) each; ``scores``: indices of the encodes judged. A picture is the digest of
    its pixels.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.renders: dict[str, tuple[str, int, set[tuple[int, int]]]] = {}
        self.rendered: dict[str, tuple[str, tuple[int, int]]] = {}
        self.encodes: list[tuple[str, str, dict[str, Any]]] = []
        self.scores: list[int] = []
        self.metric = ""
        self.resizer = ""
        self.lost = 0
        self._decoded: dict[str, int] = {}
        self._lock = threading.Lock()

    def render(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(data: bytes, kind: str, orientation: int, sizes: Any, **named: Any) -> Any:
            sizes = list(sizes)
            images = real(data, kind, orientation, sizes, **named)
            source = hashlib.sha256(data).hexdigest()
            digests = {digest(image): size for size, image in images.items()}
            with self._lock:
                kept = self.renders.setdefault(source, (kind, orientation, set()))
                kept[2].update(sizes)
                self.rendered.update({name: (source, size) for name, size in digests.items()})
                path = self.folder / source
            if not path.exists():
                path.write_bytes(data)
            return images

        return recorded

    def encode(self, codec: str, real: Callable[..., bytes]) -> Callable[..., bytes]:
        def recorded(image: Image.Image, **options: Any) -> bytes:
            data = real(image, **options)
            name = digest(image)
            if name not in self.rendered:  # a sample by which the encoder learns whether a codec works at all
                return data
            with Image.open(io.BytesIO(data)) as opened:
                seen = f"{digest(scored_image(image))} {digest(scored_image(opened))}"
            with self._lock:
                self._decoded[seen] = len(self.encodes)
                self.encodes.append((name, codec, options))
            return data

        return recorded

    def score(self, reference: str, image: Image.Image) -> None:
        with self._lock:
            judged = self._decoded.get(f"{reference} {digest(image)}")
            if judged is None:
                self.lost += 1
            else:
                self.scores.append(judged)

    def save(self) -> None:
        if self.lost:
            raise SystemExit(f"the metric judged {self.lost} pictures that no codec had made: there is no floor")
        content = (self.renders, self.rendered, self.encodes, self.scores, self.metric, self.resizer)
        (self.folder / "calls").write_bytes(pickle.dumps(content))


class _Pixels:
    """The module that makes sizes, listened to."""

    def __init__(self, real: Any, record: Record) -> None:
        self._real = real
        self.render = record.render(real.render)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Codec:
    """A codec that is listened to."""

    def __init__(self, real: Any, record: Record) -> None:
        self._real = real
        self.encode = record.encode(real.__class__.__module__.rpartition(".")[2], real.encode)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class _Metric:
    """A metric that is listened to."""

    def __init__(self, real: Any, record: Record) -> None:
        self._real, self._record = real, record
        record.metric = real.__class__.__module__.rpartition(".")[2]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def reference(self, image: Image.Image) -> tuple[str, Any]:
        return digest(image), self._real.reference(image)

    def score(self, reference: tuple[str, Any], image: Image.Image) -> float:
        self._record.score(reference[0], image)
        score: float = self._real.score(reference[1], image)
        return score


@contextmanager
def record(folder: Path) -> Iterator[None]:
    """Listen in this process to all that an Encoder calls which ``compose`` builds meanwhile; kept in ``folder``."""
    from imageseo.images.encoding import encoder_factory, factory, tasks

    folder.mkdir(parents=True, exist_ok=True)
    kept = Record(folder)
    codecs, metrics, pixels = factory.codecs, factory.metrics, tasks.load_resizer

    def sizes_by(resizer: str) -> Any:
        kept.resizer = resizer
        return _Pixels(pixels(resizer), kept)

    def heard(*args: Any, **named: Any) -> Any:
        return {name: _Codec(codec, kept) for name, codec in codecs(*args, **named).items()}

    with ExitStack() as stack:
        for module, name, mine in (
            (encoder_factory, "codecs", heard),
            (encoder_factory, "metrics", lambda name: _Metric(metrics(name), kept)),
            (tasks, "load_resizer", sizes_by),
        ):
            stack.enter_context(mock.patch.object(module, name, mine))
        yield
    kept.save()


def replay(folder: Path) -> dict[str, Any]:
    """CPU seconds of every kind of call, in a plain loop."""
    from importlib import import_module

    from imageseo.images.encoding import factory
    from imageseo.images.encoding.tasks import load_resizer

    renders, rendered, encodes, scores, metric_name, resizer = pickle.loads((folder / "calls").read_bytes())
    metric = factory.metrics(metric_name) if scores else None
    codecs = {name: import_module(f"imageseo.images.codecs.{name}").CODEC for name in {name for _, name, _ in encodes}}
    spent: dict[str, float] = defaultdict(float)
    by_source: dict[str, list[int]] = defaultdict(list)
    for index, (picture, _, _) in enumerate(encodes):
        by_source[rendered[picture][0]].append(index)
    judged = set(scores)
    for source, mine in sorted(by_source.items()):
        data = (folder / source).read_bytes()
        kind, orientation, sizes = renders[source]
        with cpu(spent, "resize"):
            made = load_resizer(resizer).render(data, kind, orientation, sorted(sizes))
        images = {name: made[size] for name, (where, size) in rendered.items() if where == source}
        references: dict[str, Any] = {}
        for index in mine:
            picture, codec, options = encodes[index]
            image = images[picture].copy()
            with cpu(spent, "encodes"):
                file = codecs[codec].encode(image, **options)
            if index not in judged or metric is None:
                continue
            with cpu(spent, "scores"):
                if picture not in references:
                    references[picture] = metric.reference(scored_image(image))
                with Image.open(io.BytesIO(file)) as opened:
                    opened.load()
                    metric.score(references[picture], scored_image(opened))
    calls = {"sources": len(renders), "encodes": len(encodes), "scores": len(scores)}
    seconds = {name: round(each, 3) for name, each in sorted(spent.items())}
    return {"cpu_s": round(sum(spent.values()), 3), **seconds, "calls": calls}


def digest(image: Image.Image) -> str:
    """Of size and pixels; what is opaque is so in every mode."""
    return hashlib.sha256(f"{image.size}".encode() + image.convert("RGBA").tobytes()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("record", type=Path)
    print(json.dumps(replay(parser.parse_args().record)))


if __name__ == "__main__":
    main()
