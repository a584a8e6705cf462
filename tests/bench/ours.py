"""Our own side of the contest, run in a process of its own: the real Encoder, as a build uses it.

    python -m tests.bench.ours JOBS.json [--profile default|fast|small] [--set KEY=VALUE]… [--record FOLDER]

Makes every variant that the request names with a new store, and prints where each lies: ``{"made": {"name.format":
path}, "targets": {format: score or null}}``. ``--reference`` writes the same pictures without loss instead, shrunk
by the same code; ``--record`` notes every call of codec, metric and resizer for the floor (see ``floor``).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import cast

import msgspec

from imageseo.config.encoding import EncodeSettings
from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.images.encoding import factory
from imageseo.integrations.progress import for_stream
from imageseo.model.image import Asset, VariantSpec
from imageseo.pipeline import composition
from tests.bench.jobs import FORMATS


def settings(profile: str, given: dict[str, str]) -> Settings:
    """``given``: dotted keys, ``encode.resizer`` or ``target.avif``, with their values as text."""
    tree: dict[str, object] = {"profile": profile}
    for key, value in given.items():
        *groups, name = key.split(".")
        table: dict[str, object] = tree
        for group in groups:
            table = cast("dict[str, object]", table.setdefault(group, {}))
        table[name] = value
    return msgspec.convert(tree, Settings, strict=False)


def told(path: Path) -> tuple[Path, dict[str, tuple[Path, Asset]], dict[VariantSpec, str]]:
    """The folder to work in, the encoder's jobs, and each spec with the name of what becomes of it."""
    request = json.loads(path.read_text("utf-8"))
    sources: dict[str, tuple[Path, Asset]] = {}
    specs: dict[VariantSpec, str] = {}
    for job in request["jobs"]:
        file = Path(job["file"])
        asset = probe(file, file.name, max_pixels=EncodeSettings().max_pixels)
        if not isinstance(asset, Asset):
            sys.exit(asset.problem)
        sources[asset.sha256] = (file, asset)
        for width in job["widths"]:
            height = max(1, round(width * asset.height / asset.width))
            for format in FORMATS:
                spec = VariantSpec(source=asset.sha256, format=format, width=width, height=height)
                specs[spec] = f"{job['stem']}-{width}.{format}"
    return Path(request["out"]), sources, specs


def make(request: Path, chosen: Settings) -> dict[str, object]:
    """Encode, and say where everything lies."""
    out, sources, specs = told(request)
    with composition.build_tools(chosen, project=out, progress=for_stream()) as tools:
        done = tools.encoder.encode(sources, specs)
        made = {specs[spec]: str(tools.state.store.path(variant.sha256)) for spec, variant in done.variants.items()}
    for spec, problem in done.refused.items():
        print(f"{specs[spec]}: {problem}", file=sys.stderr)
    policy = factory.policy(chosen)
    return {"made": made, "targets": {format: policy.way(format).target for format in FORMATS}}


def reference(request: Path, chosen: Settings) -> dict[str, object]:
    """Every picture at every width, before any codec has seen it."""
    from imageseo.images.encoding.tasks import EncodeJob, open_source

    out, sources, specs = told(request)
    made = {}
    for digest, (file, asset) in sources.items():
        names = {spec: name for spec, name in specs.items() if spec.source == digest}
        images = open_source(EncodeJob(path=file, asset=asset, specs=tuple(names)), factory.policy(chosen)).images
        for spec, name in names.items():
            path = out / f"{name.rpartition('.')[0]}.png"
            if path.name not in made:
                images[spec.width, spec.height].save(path, compress_level=1)
                made[path.name] = str(path)
    return {"made": made}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("request", type=Path)
    parser.add_argument("--profile", default="default")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--record", type=Path)
    parser.add_argument("--reference", action="store_true")
    given = parser.parse_args()
    changed = dict(each.split("=", 1) for each in given.set)
    if given.record is not None:
        changed["encode.isolate"] = "false"  # calls in another process cannot be heard
    chosen = settings(given.profile, changed)
    if given.record is not None:
        from tests.bench.floor import record

        with record(given.record):
            result = make(given.request, chosen)
    else:
        result = (reference if given.reference else make)(given.request, chosen)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
