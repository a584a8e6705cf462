"""`generate` in real processes: concurrent and interrupted runs, and prompts in published files."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from tests.support.small_sites import environment, write

PAGE = (
    "<!doctype html><html lang=en><head><title>A</title></head><body><main><h1>A</h1><p>Text</p></main></body></html>"
)
# A process with a model provider that waits for a file before it makes the image of seed 2.
SCRIPT = """
import atexit, sys, time
from pathlib import Path
from imageseo.cli import main as cli
from imageseo.pipeline import composition
from tests.support.painters import Modelled

class Slow(Modelled):
    def produce(self, recipes):
        for recipe in recipes:
            if recipe.seed == 2:
                Path("waiting").touch()
                while not Path("go").exists():
                    time.sleep(0.01)
            yield from super().produce([recipe])

heavy = {"torch", "diffusers", "transformers", "fsspec", "scipy", "skimage", "imagehash"}
atexit.register(lambda: print("heavy:", sorted(heavy & set(sys.modules)), file=sys.stderr))
composition.providers = lambda settings, project, **more: {"modelled": Slow(paper="v1")}
cli.main()
"""
SECRET = "a lighthouse on a reef, (brass lamp:1.3)"

Running = subprocess.Popen[str]


def site(folder: Path, seeds: dict[str, int], prompt: str = SECRET) -> Path:
    """Write a built site of bare HTML. ``seeds``: page -> seed."""
    recipes = "".join(
        f'["/{page}.html"]\nprovider = "modelled"\nprompt = "{prompt}"\nseed = {seed}\nalt = "A lighthouse"\n'
        "width = 640\nheight = 360\n"
        for page, seed in seeds.items()
    )
    return write(folder, {"heroes.toml": recipes, **{f"public/{page}.html": PAGE for page in seeds}})


def start(folder: Path, *more: str, command: tuple[str, ...] = ("generate", "--site", "public")) -> Running:
    command = (sys.executable, "-c", SCRIPT, *command, *more)
    root = str(Path(__file__).parents[2])
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment({"PYTHONPATH": root}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(done: Callable[[], bool], process: Running) -> None:
    end = time.monotonic() + 100
    while not done():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "timed out"
        time.sleep(0.02)


def lock(folder: Path) -> Lock:
    return locks.read(folder / locks.NAME)


def check_masters(folder: Path) -> set[str]:
    """Return the pinned pages; asserts that their masters, and no other files, are stored."""
    names = {path.name for path in (folder / "heroes").glob("*.png")}
    pins = lock(folder).pins
    assert names == {Path(pin.file).name for pin in pins}
    for pin in pins:
        assert "sha256:" + hashlib.sha256((folder / pin.file).read_bytes()).hexdigest() == pin.file_sha256
    return {pin.page for pin in pins}


@pytest.mark.slow
def test_concurrent_runs_lose_no_pin(tmp_path: Path) -> None:
    site(tmp_path, {"a": 1, "b": 2, "c": 3, "d": 4})
    first = start(tmp_path, "a.html", "b.html")
    wait_until((tmp_path / "waiting").exists, first)
    second = start(tmp_path, "c.html", "d.html")
    assert second.stderr is not None
    message = second.stderr.readline()
    assert f"another `imageseo generate` (process {first.pid}) is running here: waiting" in message
    assert {pin.page for pin in lock(tmp_path).pins} == {"a.html"}, (
        "a finished hero is pinned, and the second run waits"
    )
    (tmp_path / "go").touch()
    for process in (first, second):
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, (out, err)
        assert "2 made" in out
    assert check_masters(tmp_path) == {"a.html", "b.html", "c.html", "d.html"}


@pytest.mark.slow
def test_killed_run_does_not_block_the_next(tmp_path: Path) -> None:
    site(tmp_path, {"a": 1, "b": 2})
    first = start(tmp_path)
    wait_until((tmp_path / "waiting").exists, first)
    first.kill()
    first.communicate()
    (tmp_path / "go").touch()
    out, err = start(tmp_path).communicate(timeout=100)
    assert ("1 made, 1 kept" in out, "waiting" in err) == (True, False), (out, err)
    assert check_masters(tmp_path) == {"a.html", "b.html"}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="a console's Ctrl-C cannot be sent to one process there")
def test_ctrl_c_keeps_and_pins_finished_heroes(tmp_path: Path) -> None:
    site(tmp_path, {"a": 1, "b": 2, "c": 3})
    first = start(tmp_path)
    wait_until((tmp_path / "waiting").exists, first)
    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=100)
    assert (first.returncode, "interrupted" in err, "Traceback" in err) == (130, True, False), err
    assert check_masters(tmp_path) == {"a.html"}
    (tmp_path / "go").touch()
    out, err = start(tmp_path).communicate(timeout=100)
    assert "2 made, 1 kept" in out, (out, err)
    assert check_masters(tmp_path) == {"a.html", "b.html", "c.html"}


@pytest.mark.slow
def test_published_files_never_contain_the_prompt(tmp_path: Path) -> None:
    site(tmp_path, {"a": 1, "b": 3})
    out, err = start(tmp_path).communicate(timeout=100)
    assert "2 made" in out, (out, err)
    _build_frozen(tmp_path)
    published = [path for path in (tmp_path / "public").rglob("*") if path.is_file()]
    assert {".jpg", ".avif", ".webp"} <= {path.suffix for path in published}
    needles = [word.encode(code) for word in ("brass lamp", "lighthouse on") for code in ("utf-8", "utf-16-le")]
    for path in published:
        data = path.read_bytes()
        assert not any(needle in data for needle in (*needles, b"Steps: 4")), path
    masters = list((tmp_path / "heroes").glob("*.png"))
    assert all(b"tEXtparameters\0" + SECRET.encode() in path.read_bytes() for path in masters)
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    tags = _exiftool(*published)
    assert tags
    assert not any("brass" in str(value) or "Steps" in str(value) for each in tags for value in each.values())
    assert not any(key.rpartition(":")[2] == "Parameters" for each in tags for key in each)
    for each in _exiftool(*masters):
        assert each["PNG:Parameters"].startswith(SECRET)


@pytest.mark.slow
def test_published_files_contain_the_prompt_if_configured(tmp_path: Path) -> None:
    site(tmp_path, {"a": 1})
    write(tmp_path, {"imageseo.toml": 'hero.publish_prompt = true\nhero.crops = ["1:1"]\nprofile = "fast"\n'})
    out, err = start(tmp_path).communicate(timeout=100)
    assert "1 made" in out, (out, err)
    _build_frozen(tmp_path)
    published = [path for path in (tmp_path / "public").rglob("*") if path.suffix in (".jpg", ".avif", ".webp")]
    assert len(published) >= 4
    prompt = b"<Iptc4xmpExt:AIPromptInformation>" + SECRET.encode() + b"</Iptc4xmpExt:AIPromptInformation>"
    for path in published:
        assert prompt in path.read_bytes(), path
        assert b"Steps: 4" not in path.read_bytes()
    assert SECRET.encode() not in (tmp_path / "public/a.html").read_bytes(), "in the images, not in the page"
    write(tmp_path, {"imageseo.toml": 'hero.crops = ["1:1"]\nprofile = "fast"\n'})
    _build_frozen(tmp_path)
    remaining = [path for path in (tmp_path / "public").rglob("*") if path.is_file() and b"brass" in path.read_bytes()]
    assert remaining == [], "removed again"
    if shutil.which("exiftool") is None:
        pytest.skip("exiftool is not installed")
    write(tmp_path, {"imageseo.toml": "hero.publish_prompt = true\n"})
    _build_frozen(tmp_path)
    for tags in _exiftool(*(tmp_path / "public").rglob("*.jpg"), *(tmp_path / "public").rglob("*.avif")):
        assert tags["XMP:AIPromptInformation"] == SECRET
        assert tags["XMP:DigitalSourceType"].endswith("/trainedAlgorithmicMedia")


def _exiftool(*paths: Path) -> list[dict[str, str]]:
    """Read all tags, also of compressed text."""
    command = ["exiftool", "-j", "-G", "-a", "-u", "-z", *(str(path) for path in paths if path.suffix != ".gz")]
    found: list[dict[str, str]] = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    return found


@pytest.mark.slow
def test_frozen_build_makes_nothing_and_loads_no_model(tmp_path: Path) -> None:
    """Making the image of seed 2 would block until the timeout."""
    site(tmp_path, {"a": 2})
    (tmp_path / "go").touch()
    start(tmp_path).communicate(timeout=100)
    (tmp_path / "go").unlink()
    assert "heavy: []" in _build_frozen(tmp_path)


def _build_frozen(folder: Path) -> str:
    """Run a frozen build and return its standard error."""
    process = start(folder, command=("build", "public", "--frozen"))
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0, (out, err)
    return err
