"""The wheel and the editable install: what is in them, and that the hosts find us through them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.small_sites import pelican_site

ROOT = Path(__file__).parents[2]
PLUGIN = "pelican/plugins/imageseo/__init__.py"

ASK = """
import json, sys
import imageseo, pelican
from importlib.metadata import entry_points, version
from pelican.plugins._utils import get_namespace_plugins
print(json.dumps({
    "version": version("imageseo"),
    "imageseo": imageseo.__file__,
    "pelican": pelican.__file__,
    "plugins": sorted(get_namespace_plugins()),
    "register": get_namespace_plugins()["pelican.plugins.imageseo"].register.__module__,
    "mkdocs": [entry.load().__name__ for entry in entry_points(group="mkdocs.plugins") if entry.name == "imageseo"][:1],
}))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a build needs, so that no build leaves anything in the repository."""
    folder = tmp_path_factory.mktemp("source")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("imageseo", "hooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(source))
    return next(folder.glob("imageseo-*.whl"))


def _pip(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", *words], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def _environment(folder: Path, *install: str) -> Path:
    """A new environment that sees the packages of this one behind its own; the path of its Python."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    paths = sysconfig.get_paths("venv", vars={"base": str(folder), "platbase": str(folder)})
    (Path(paths["purelib"]) / "host.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", "utf-8")
    _pip("--python", str(python), "install", "--no-deps", "--no-build-isolation", *install)
    return python


def _asked(python: Path, cwd: Path) -> dict[str, object]:
    done = subprocess.run([python, "-c", ASK], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_wheel_holds_the_package_and_the_hook_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        hook = archive.read(PLUGIN)
    assert hook == (ROOT / "hooks/pelican_hook.py").read_bytes()
    assert {name for name in names if name.startswith("pelican/")} == {PLUGIN}
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"imageseo", "pelican"}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "imageseo").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - names == set()
    assert {
        "imageseo/py.typed",
        "imageseo/config/settings.schema.json",
        "imageseo/lint/facts/schemas/sitemap.xsd",
    } <= names


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "editable"])
def test_hosts_find_an_installation(tmp_path: Path, source: Path, wheel: Path, kind: str) -> None:
    install = [str(wheel)] if kind == "wheel" else ["-e", str(source)]
    python = _environment(tmp_path / "env", *install)
    found = _asked(python, tmp_path)
    place = source if kind == "editable" else tmp_path / "env"
    assert Path(str(found["imageseo"])).is_relative_to(place)
    assert Path(str(found["pelican"])).name == "__init__.py"  # the real one, not our namespace
    assert "pelican.plugins.imageseo" in str(found["plugins"])
    assert found["register"] == "imageseo.integrations.pelican"
    assert found["mkdocs"] == ["ImageseoPlugin"]

    site = pelican_site(tmp_path / "site")
    env = {name: value for name, value in os.environ.items() if not name.startswith("IMAGESEO_")}  # as users build
    built = subprocess.run([python, "-m", "pelican", "content"], cwd=site, env=env, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "<picture" in (site / "output/first.html").read_text("utf-8")
    script = python.parent / "imageseo"
    assert subprocess.run([script, "--version"], capture_output=True, text=True).stdout.startswith("imageseo ")


def test_without_pelican_the_namespace_is_harmless(tmp_path: Path, wheel: Path) -> None:
    """Who uses MkDocs alone has an empty `pelican` in the path: it must not be taken for Pelican."""
    target = tmp_path / "target"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from imageseo.integrations.generators.pelican import INTEGRATION\n"
        "print(INTEGRATION.missing(Path('pelicanconf.py')))"
    )
    # -S and a bare msgspec: everything that is installed, but Pelican.
    packages = Path(sysconfig.get_paths()["purelib"])
    for name in ("msgspec", "click"):
        shutil.copytree(packages / name, target / name)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code, str(target)], capture_output=True, text=True)
    assert done.stdout == "pelican\n", done.stderr
