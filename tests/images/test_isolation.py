"""Encoding in a separate process: a crash or exhausted memory costs one image."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from imageseo.config.encoding import EncodeSettings
from imageseo.config.settings import Settings
from imageseo.images.decoding.probe import probe
from imageseo.images.encoding import factory
from imageseo.images.encoding.isolation import WorkerEngine
from imageseo.images.encoding.spare_worker import SpareWorker
from imageseo.images.encoding.tasks import EncodedVariant, EncodeJob, Outcomes
from imageseo.integrations.progress import Quiet
from imageseo.model.errors import SiteError, StoreError
from imageseo.model.image import VariantSpec
from imageseo.pipeline import composition

FAST = Settings(profile="fast", formats=("webp",))

# Loaded by every Python process with its folder on PYTHONPATH: a decoder that fails on images of one width, like a
# broken decoder on one file.
_TRAP = """
import os, signal
from PIL import Image
whole = Image.Image.load
def load(image):
    if image.width == {width}:
        {act}
    return whole(image)
from PIL import ImageFile
inner = ImageFile.ImageFile.load
def file_load(image):
    if image.width == {width}:
        {act}
    return inner(image)
ImageFile.ImageFile.load = file_load
"""


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    def install(width: int, act: str) -> None:
        folder = tmp_path / "trap"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_TRAP.format(width=width, act=act), encoding="utf-8")
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return install


def sources(folder: Path, *widths: int) -> list[EncodeJob]:
    folder.mkdir(exist_ok=True)
    found = []
    for width in widths:
        path = folder / f"{width}.png"
        Image.linear_gradient("L").resize((width, 90)).convert("RGB").save(path)
        asset = probe(path, path.name, max_pixels=10**7)
        assert not hasattr(asset, "problem")
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        specs = tuple(
            VariantSpec(source=digest, format="webp", width=each, height=max(1, round(each * 90 / width)), quality=60)
            for each in (width // 2, width)
        )
        found.append(EncodeJob(path=path, asset=asset, specs=specs))
    return found


def engine(project: Path, *, settings: Settings = FAST, workers: int = 2) -> WorkerEngine:
    return WorkerEngine(settings=settings, project=project, workers=workers, store=factory.store(settings, project))


def summarize(outcomes: Outcomes) -> tuple[dict[int, int], dict[str, str]]:
    """Return the number of variants by width, and the problems of failures by file name."""
    made: dict[int, int] = {}
    failed: dict[str, str] = {}
    for outcome in outcomes:
        if isinstance(outcome, EncodedVariant):
            assert outcome.data[:4] == b"RIFF"
            made[outcome.spec.width] = made.get(outcome.spec.width, 0) + 1
        else:
            failed[outcome.source.path.name] = outcome.problem
    return made, failed


def encode_in_process(jobs: Sequence[EncodeJob], project: Path) -> dict[VariantSpec, bytes]:
    from concurrent.futures import ThreadPoolExecutor

    from imageseo.images.encoding.scheduler import run_jobs

    with ThreadPoolExecutor(1) as executor:
        outcomes = list(run_jobs(jobs, factory.tuner(FAST, factory.store(FAST, project)), executor, workers=1))
    return {each.spec: each.data for each in outcomes if isinstance(each, EncodedVariant)}


def test_other_process_makes_same_bytes(tmp_path: Path) -> None:
    jobs = sources(tmp_path / "in", 300, 320, 340)
    made = {each.spec: each.data for each in engine(tmp_path)(jobs) if isinstance(each, EncodedVariant)}
    assert len(made) == 6
    assert made == encode_in_process(jobs, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("act", ["os.kill(os.getpid(), signal.SIGSEGV)", "os._exit(7)"])
def test_crashing_decoder_fails_only_its_image(tmp_path: Path, trap: object, act: str) -> None:
    trap(320, act)  # type: ignore[operator]
    made, failed = summarize(engine(tmp_path)(sources(tmp_path / "in", 300, 310, 320, 330, 340)))
    assert sorted(made) == [150, 155, 165, 170, 300, 310, 330, 340]
    assert set(made.values()) == {1}, "no variant is made twice"
    assert list(failed) == ["320.png"]
    assert "SIGSEGV" in failed["320.png"] or "status 7" in failed["320.png"]


@pytest.mark.slow
def test_decoder_that_exhausts_memory_fails_only_its_image(tmp_path: Path, trap: object) -> None:
    trap(320, "hoard = [bytes(2**28) for _ in range(64)]")  # type: ignore[operator]
    made, failed = summarize(engine(tmp_path)(sources(tmp_path / "in", 300, 320, 340)))
    assert sorted(made) == [150, 170, 300, 340]
    assert failed == {"320.png": "it needs more memory than the build may use"}


def test_image_out_of_memory_is_retried_alone(tmp_path: Path, trap: object) -> None:
    marker = tmp_path / "marker"
    act = f"if not os.path.exists({str(marker)!r}): open({str(marker)!r}, 'w').close(); raise MemoryError"
    trap(320, act)  # type: ignore[operator]
    made, failed = summarize(engine(tmp_path)(sources(tmp_path / "in", 300, 320, 340)))
    assert marker.exists()
    assert sorted(made) == [150, 160, 170, 300, 320, 340]
    assert not failed


@pytest.mark.parametrize("many", [1, 4000])  # as much as a pipe takes at once, and more
def test_process_that_cannot_start_raises_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    folder = tmp_path / "trap"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import os\nos._exit(9)\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    (source,) = sources(tmp_path / "in", 300)
    specs = tuple(replace(source.specs[0], width=width) for width in range(1, many + 1))
    with pytest.raises(SiteError, match="exit status 9") as raised:
        list(engine(tmp_path)([replace(source, specs=specs)]))
    assert "encode.isolate" in raised.value.hint


def test_library_output_is_not_a_message(tmp_path: Path, trap: object) -> None:
    trap(320, "print('a warning of a decoder', flush=True)")  # type: ignore[operator]
    made, failed = summarize(engine(tmp_path)(sources(tmp_path / "in", 320)))
    assert sorted(made) == [160, 320]
    assert not failed


def test_store_error_is_raised_in_parent(tmp_path: Path) -> None:
    tuned = Settings(formats=("webp",), cache_dir="file/cache")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    jobs = [
        EncodeJob(path=each.path, asset=each.asset, specs=tuple(_tuned(spec) for spec in each.specs))
        for each in sources(tmp_path / "in", 300)
    ]
    with pytest.raises(StoreError):
        list(engine(tmp_path, settings=tuned)(jobs))


def _tuned(spec: VariantSpec) -> VariantSpec:
    return VariantSpec(source=spec.source, format=spec.format, width=spec.width, height=spec.height, quality=None)


def test_closing_early_leaves_no_process(tmp_path: Path) -> None:
    outcomes = engine(tmp_path)(sources(tmp_path / "in", 300, 310, 320))
    next(outcomes)
    outcomes.close()  # type: ignore[attr-defined]
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    if not children.exists():
        pytest.skip("this system does not list child processes")
    workers = [
        pid
        for pid in children.read_text("ascii").split()
        if b"imageseo.images.encoding.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert not workers


def test_builds_encode_in_other_process_unless_isolate_is_off(tmp_path: Path, trap: object) -> None:
    """The trap is not installed in this process, so an image that fails was encoded in another one."""
    trap(320, "raise OSError('not here')")  # type: ignore[operator]
    (source,) = sources(tmp_path / "in", 320)
    jobs = {source.asset.sha256: (source.path, source.asset)}
    failures = []
    for isolate in (True, False):
        settings = Settings(profile="fast", formats=("webp",), encode=EncodeSettings(isolate=isolate))
        with composition.build_tools(settings, project=tmp_path, progress=Quiet()) as tools:
            failures.append(tools.encoder.encode(jobs, source.specs).failures)
    assert "not here" in failures[0][source.asset.sha256].problem
    assert not failures[1]


def test_main_process_encodes_if_no_process_can_be_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (source,) = sources(tmp_path / "in", 320)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    with composition.build_tools(FAST, project=tmp_path, progress=Quiet()) as tools:
        done = tools.encoder.encode({source.asset.sha256: (source.path, source.asset)}, source.specs)
    assert len(done.variants) == 2


def test_search_results_of_process_are_stored_in_parent(tmp_path: Path) -> None:
    """The store was listed before the process started; its results are read directly afterwards."""
    settings = Settings(formats=("webp",))
    (source,) = sources(tmp_path / "in", 320)
    specs = [_tuned(spec) for spec in source.specs]
    jobs = {source.asset.sha256: (source.path, source.asset)}
    with composition.build_tools(settings, project=tmp_path, progress=Quiet()) as tools:
        store = factory.store(settings, tmp_path)
        for shard in range(256):
            tools.encoder._store.find(f"{shard:02x}" + 62 * "0")
        done = tools.encoder.encode(jobs, specs)
        monitor = [path for path in store.folder.rglob("*") if path.is_file()]
        found = [tools.encoder.quality_of(variant, jobs) for variant in done.variants.values()]
        assert all(found)
        assert [path for path in store.folder.rglob("*") if path.is_file()] == monitor, "no search was repeated"
        kept = tools.encoder._store.keys  # type: ignore[attr-defined]
    assert len(kept) > len(specs), "qualities must count as used, or a prune would remove them"


def test_modules_in_current_folder_are_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit(5)\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    made, failed = summarize(engine(tmp_path)(sources(tmp_path / "in", 320)))
    assert (sorted(made), failed) == ([160, 320], {})


def test_a_process_that_was_started_ahead(tmp_path: Path) -> None:
    """It is used once, replaced if it has died, and the result is the same."""
    spare = SpareWorker()
    try:
        for number, dies in enumerate((False, True)):
            spare.prepare()
            waiting = spare._process
            spare.prepare()
            assert spare._process is waiting, "one at most"
            assert waiting is not None
            if dies:
                waiting.kill()
                waiting.wait()
            store = factory.store(FAST, tmp_path)
            used = WorkerEngine(settings=FAST, project=tmp_path, workers=1, store=store, spare=spare)
            made, failed = summarize(used(sources(tmp_path / "in", 300 + number)))
            assert (len(made), failed) == (2, {})
            assert spare.take() is None
        spare.prepare()
        left = spare._process
        assert left is not None
        assert left.stdin is not None
        left.stdin.close()
        assert left.wait(20) == 0, "it ends with the process that has started it"
    finally:
        spare.stop()
        spare.stop()
