"""Peak memory of a cold encode with sources of 24 megapixels, and what finding and reading cost when all is there.

    python -m tests.bench memory [memory|store] [--sources 12] [--workers 2] [--kind jpeg|png|webp] [--full]

``memory`` makes synthetic 6000×4000 px sources, encodes the ladder of each in a process of its own and prints that
process's peak RSS; ``--full`` encodes at the default speeds (the default here is the fastest, which holds the same
images). ``store`` puts 5,000 entries and prints microseconds per find and per read by a fresh store.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
WIDTHS = (320, 480, 640, 720, 960, 1280, 1600, 1920)


def sources(folder: Path, count: int, kind: str, progressive: bool) -> None:
    """Photographs of 24 megapixels, each its own; JPEGs every other time progressive, which costs a decoder more."""
    from tests.support import pictures

    for number in range(count):
        image = pictures.photo(6000, 4000, number)
        kinds: dict[str, dict[str, object]] = {
            "jpeg": {"quality": 88, "progressive": progressive or number % 2 == 1},
            "png": {"compress_level": 1},
            "webp": {"quality": 80, "method": 0},
        }
        (folder / f"{number}.{kind}").write_bytes(pictures.save(image, kind.upper(), **kinds[kind]))


def encode(folder: Path, workers: int, full: bool) -> None:
    from imageseo.config.encoding import EncodeSettings
    from imageseo.images.codecs import avif, webp
    from imageseo.images.decoding.probe import probe
    from imageseo.images.encoding.encoder import Encoder
    from imageseo.images.encoding.profiles import policy
    from imageseo.model.image import Asset, VariantSpec
    from imageseo.storage.store import FolderStore

    settings = EncodeSettings() if full else EncodeSettings(avif_speed=10, webp_method=0)
    jobs, specs = {}, []
    for path in sorted(folder.glob("*.*")):
        asset = probe(path, path.name, max_pixels=settings.max_pixels)
        assert isinstance(asset, Asset)
        jobs[asset.sha256] = (path, asset)
        for name, quality in (("avif", 55), ("webp", 76)):
            for width in WIDTHS:
                height = round(width * asset.height / asset.width)
                specs.append(VariantSpec(source=asset.sha256, format=name, width=width, height=height, quality=quality))
    began, used = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(workers) as executor:
        codecs = {codec.name: codec for codec in (avif.CODEC, webp.CODEC)}
        encoder = Encoder(FolderStore(folder / "store"), codecs, executor, policy(encode=settings), workers=workers)
        done = encoder.encode(jobs, specs)
    assert len(done.variants) == len(specs)
    print(
        json.dumps(
            {
                "variants": len(done.variants),
                "wall_s": round(time.perf_counter() - began, 1),
                "cpu_s": round(time.process_time() - used, 1),
            }
        )
    )


def memory(count: int, workers: int, kind: str, full: bool, progressive: bool = False) -> dict[str, object]:
    """Peak RSS in MiB, seconds, variants. The sources are made in a process of its own too, so as not to be counted."""
    with tempfile.TemporaryDirectory() as folder:
        script = "import sys; from pathlib import Path; from tests.bench import memory as m; "
        make = f"m.sources(Path(sys.argv[1]), {count}, {kind!r}, {progressive})"
        subprocess.run([sys.executable, "-c", script + make, folder], check=True, cwd=ROOT)
        # The kernel keeps one peak for all children, and making pictures is no part of it: ask the child itself.
        work = f"m.encode(Path(sys.argv[1]), {workers}, {full}); m.report()"
        done = subprocess.run([sys.executable, "-c", script + work, folder], check=True, cwd=ROOT, capture_output=True)
        figures, peak = (json.loads(line) for line in done.stdout.splitlines())
    return {"sources": count, "kind": kind, "workers": workers, "peak_mib": peak, **figures}


def report() -> None:
    """Peak RSS of this process, in MiB."""
    print(round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def store(entries: int = 5000, size: int = 30_000) -> dict[str, object]:
    """CPU microseconds per find and per verified read of ``size`` bytes: each store new, the disk's cache warm."""
    from imageseo.storage.store import FolderStore

    with tempfile.TemporaryDirectory() as folder:
        keys = [sha256(b"%d" % number).hexdigest() for number in range(entries)]
        first = FolderStore(Path(folder))
        began = time.process_time()
        for number, key in enumerate(keys):
            first.put(key, number.to_bytes(4, "big") * (size // 4))
        put = time.process_time() - began
        finds, reads = [], []
        for _ in range(5):
            again = FolderStore(Path(folder))
            began = time.process_time()
            found = [again.find(key) for key in keys]
            finds.append(time.process_time() - began)
            began = time.process_time()
            assert all(stored is not None and again.read(stored) for stored in found)
            reads.append(time.process_time() - began)

    def each(seconds: float) -> float:
        return round(seconds / entries * 1e6, 1)

    return {"entries": entries, "put_us": each(put), "find_us": each(min(finds)), "read_us": each(min(reads))}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", choices=["memory", "store"], default="memory")
    parser.add_argument("--sources", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=["jpeg", "png", "webp"], default="jpeg")
    parser.add_argument("--progressive", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--entries", type=int, default=5000, help="of the store")


def run(options: argparse.Namespace) -> dict[str, object]:
    """What ``memory`` or ``store`` says."""
    if options.what == "store":
        return store(options.entries)
    return memory(options.sources, options.workers, options.kind, options.full, options.progressive)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments(parser)
    print(json.dumps(run(parser.parse_args())))


if __name__ == "__main__":
    main()
