"""The house: which way imports point, what a warm start may load, how large a room may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "imageseo"

# Floors from the ground up. A room may import from its own floor and from those below, never in a circle.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("model", "errors", "files", "installing", "counted", "remote"),
    ("settings", "settings_base", "settings_budgets", "ports"),
    ("config", "core", "heroes", "codecs", "metrics", "rules", "reports", "report"),
    (
        "store",
        "blobs",
        "entries",
        "pins",
        "probe",
        "provenance",
        "raster",
        "pixels",
        "pngcolour",
        "publish",
        "progress",
        "cicp",
        "kinds",
        "motion",
        "repack",
        "pixels_brisk",
        "pixels_vips",
    ),
    (
        "facts",
        "sitefacts",
        "sitemaps",
        "sitemapfaults",
        "xmlfiles",
        "feeds",
        "marks",
        "credentials",
        "sitefiles",
        "layoutfile",
        "drift",
        "browser",
        "encode",
        "keys",
        "schedule",
        "trials",
        "tune",
        "isolate",
        "work",
        "making",
        "rule",
        "levels",
        "history",
        "judge",
        "lint",
        "cast",
        "finish",
        "maps",
        "build",
        "traces",
        "memo",
        "memory",
        "known",
        "replay",
        "sweep",
        "notes",
        "offers",
        "planning",
        "built",
        "originals",
        "sources",
        "describe",
        "crops",
        "excerpts",
        "fixes",
        "changed",
        "baseline",
    ),
    ("compose", "jury", "outfit", "worker"),
    ("hosts", "doctor"),
    ("cli", "cli_cache", "cli_measure", "cli_lint", "terminal"),
)
LEAVES = ("heroes", "codecs", "metrics", "rules", "reports")
HEAVY = ("torch", "diffusers", "playwright", "dask", "c2pa", "fsspec", "s3fs")
PURE_CORE_FORBIDS = (
    "PIL",
    "torch",
    "numpy",
    "click",
    "pathlib",
    "os",
    "io",
    "shutil",
    "tempfile",
    "logging",
    "subprocess",
)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """``core`` for imageseo/core/find.py, ``build`` for imageseo/build.py, ``""`` for the package's face."""
    relative = path.relative_to(PACKAGE)
    name = relative.parts[0] if len(relative.parts) > 1 else relative.stem
    return "" if name == "__init__" else name


def imports(path: Path) -> list[tuple[str, bool]]:
    """Absolute names that a module imports, each with whether the import stands at module level.

    Imports for the type checker alone (``if TYPE_CHECKING:``) tie nothing at run time and are left out.
    """
    tree = ast.parse(path.read_text("utf-8"))
    found: list[tuple[str, bool]] = []

    def walk(node: ast.AST, top: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
                continue
            if isinstance(child, ast.Import):
                found.extend((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                found.append((child.module or "", top))
                found.extend((f"{child.module}.{alias.name}", top) for alias in child.names)
            walk(child, top and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))

    walk(tree, True)
    return found


def floor(name: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if name in rooms)


def test_every_room_stands_on_a_floor() -> None:
    known = {name for rooms in FLOORS for name in rooms} | {"", "__main__"}
    assert {room(path) for path in modules()} <= known


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_never_point_up(path: Path) -> None:
    here = room(path)
    if here in ("", "__main__"):
        return
    for name, _ in imports(path):
        if not name.startswith("imageseo."):
            continue
        there = name.split(".")[1]
        if there in ("__version__",):
            continue
        assert floor(there) <= floor(here), f"{path.name} imports {name}, which stands above it"
        if here in LEAVES and there in LEAVES:
            assert here == there, f"{path.name} imports {name}: leaves never import each other's rooms"
        if here in ("core", "settings", "ports", "config"):
            assert there not in LEAVES, f"{path.name} imports the leaf {name}"


@pytest.mark.parametrize("leaf", LEAVES)
def test_leaves_of_one_room_do_not_import_each_other(leaf: str) -> None:
    """Only a package that a leaf keeps for itself (heroes/art) may be imported, never another leaf."""
    faces = {path.stem for path in (PACKAGE / leaf).glob("*.py")} - {"__init__"}
    for path in (PACKAGE / leaf).glob("*.py"):
        for name, _ in imports(path):
            parts = name.split(".")
            if parts[:2] == ["imageseo", leaf] and len(parts) > 2:
                assert parts[2] not in faces - {path.stem}, f"{path.name} imports {name}"


def test_no_circles() -> None:
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in modules()
    }
    graph = {
        name: {found for found, _ in imports(path) if found in names and found != name} for name, path in names.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for found in sorted(graph[name]):
                visit(found, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_only_compose_constructs_leaves() -> None:
    for path in modules():
        if room(path) in (*LEAVES, "compose", "outfit"):
            continue
        for name, _ in imports(path):
            parts = name.split(".")
            assert not (parts[0] == "imageseo" and len(parts) > 1 and parts[1] in LEAVES), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=lambda path: path.name)
def test_core_is_pure(path: Path) -> None:
    for name, _ in imports(path):
        assert name.split(".")[0] not in PURE_CORE_FORBIDS, f"core/{path.name} imports {name}"


def test_heavy_parts_load_inside_functions() -> None:
    for path in modules():
        for name, top in imports(path):
            assert not (top and name.split(".")[0] in HEAVY), f"{path.name} imports {name} when it is loaded"


def test_hooks_hold_no_logic_and_are_imported_by_nobody() -> None:
    for path in sorted((ROOT / "hooks").glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        allowed = ast.Import | ast.ImportFrom | ast.Expr | ast.Assign
        assert all(isinstance(node, allowed) for node in tree.body), f"{path.name} holds logic"
    for path in modules():
        assert not any(name.split(".")[0] == "hooks" for name, _ in imports(path))


def test_help_loads_nothing_but_words() -> None:
    code = (
        "import sys; sys.argv = ['imageseo', '--help']\n"
        "from imageseo.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'diffusers', 'playwright', 'PIL', 'numpy', 'lxml', 'jinja2', 'mkdocs', 'pelican'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_stay_small_and_say_what_they_are(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 300, f"{path.name} has outgrown its room: split it"
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring, f"{path.name} does not say what it is"
