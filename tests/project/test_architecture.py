"""The structure of the package: which way imports point, what may load when, how large a file may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from imageseo.config.plugins import PACKAGES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "imageseo"

# From the ground up. A package imports from the floors below it only, never from its own.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("model",),
    ("config", "storage"),
    ("web", "images"),
    ("layout", "heroes"),
    ("lint",),
    ("pipeline",),
    ("integrations",),
    ("cli", "testing"),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
PLUGINS = tuple(PACKAGES.values())
# The only modules that load or list plug-ins; all others reach them through protocols.
LOADERS = {
    "imageseo.cli.commands.doctor",
    "imageseo.images.encoding.factory",
    "imageseo.images.encoding.worker",
    "imageseo.integrations.detection",
    "imageseo.integrations.runner",
    "imageseo.layout.themes",
    "imageseo.lint.parallel",
    "imageseo.pipeline.composition",
}
# Computes only: no file, no process, no pixels. Packages and modules, and what in them is left out.
PURE = (
    "imageseo.web",
    "imageseo.config.globs",
    "imageseo.heroes.recipes",
    "imageseo.heroes.providers.diffusion.weights.prompt_weights",
    "imageseo.images.encoding.profiles",
    "imageseo.images.encoding.quality_model",
    "imageseo.images.encoding.recompression",
    "imageseo.images.metadata.properties",
    "imageseo.images.metadata.segments",
    "imageseo.layout",
    "imageseo.lint.alt_text",
    "imageseo.lint.budgets",
    "imageseo.lint.code_frame",
    "imageseo.lint.fingerprint",
    "imageseo.lint.rule_docs",
    "imageseo.lint.tag_edits",
    "imageseo.pipeline.shapes.crop_windows",
    "imageseo.pipeline.markup",
    "imageseo.pipeline.page_plan",
    "imageseo.pipeline.predicted_scan",
    "imageseo.pipeline.variant_selection",
)
NOT_PURE = ("imageseo.heroes.recipes.prompts_file", "imageseo.layout.browser", "imageseo.layout.layout_file")
IMPURE = frozenset(
    ("PIL", "click", "io", "logging", "numpy", "os", "pathlib", "shutil", "subprocess", "tempfile", "torch")
)
HEAVY = frozenset(["c2pa", "dask", "diffusers", "fsspec", "playwright", "s3fs", "torch"])
LONGEST_FILE = 300
MOST_MODULES = 25


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES: Mapping[str, Path] = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path) -> tuple[tuple[str, bool], ...]:
    """Absolute names that a module imports, each with whether the import is at module level.

    Imports for the type checker alone (``if TYPE_CHECKING:``) have no effect at run time and are left out.
    """
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

    walk(parse(path), True)
    return tuple(found)


def dependencies(name: str) -> set[str]:
    """Modules of imageseo that a module imports; not the package itself, which any import of its modules loads."""
    return {found for found, _ in imports(MODULES[name]) if found in MODULES and found not in (name, "imageseo")}


def package_of(name: str) -> str:
    """``web`` for ``imageseo.web.urls``; ``""`` for modules at the root."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and (PACKAGE / parts[1]).is_dir() else ""


def within(name: str, packages: Iterable[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in packages)


def test_the_packages_are_those_of_the_table() -> None:
    assert {package_of(name) for name in MODULES} - {""} == FLOOR.keys()
    assert {name for name in MODULES if not package_of(name)} == {"imageseo", "imageseo.__main__", "imageseo.hosts"}


@pytest.mark.slow
def test_imports_point_down() -> None:
    wrong = [
        f"{name} imports {found}"
        for name in MODULES
        for found in sorted(dependencies(name))
        if (here := package_of(name)) and (there := package_of(found)) and here != there and FLOOR[there] >= FLOOR[here]
    ]
    assert not wrong


@pytest.mark.parametrize("level", ["modules", "folders"])
def test_no_circles(level: str) -> None:
    graph: dict[str, set[str]] = {}
    for name, path in MODULES.items():
        node = name if level == "modules" else name_of(path.parent)
        found = dependencies(name)
        if level == "folders":
            found = {name_of(MODULES[each].parent) for each in found} - {node}
        graph.setdefault(node, set()).update(found)
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for found in sorted(graph[name]):
                visit(found, (*trail, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_plugins_are_loaded_by_name_and_never_import_each_other() -> None:
    for package in PLUGINS:
        files = sorted((ROOT / package.replace(".", "/")).glob("[!_]*.py"))
        plugins = {name_of(path) for path in files}
        wrong = [f"{name} imports {found}" for name in MODULES for found in dependencies(name) & plugins]
        assert len(plugins) > 1
        assert not wrong
    assert {name for name in MODULES if "imageseo.config.plugins" in dependencies(name)} == LOADERS


def impure(name: str) -> Iterator[str]:
    for found, _ in imports(MODULES[name]):
        if found.split(".")[0] in IMPURE:
            yield f"{name} imports {found}"


def test_pure_modules_touch_no_file_and_no_pixel() -> None:
    assert all(any(within(name, [each]) for name in MODULES) for each in PURE)
    pure = [name for name in MODULES if within(name, PURE) and not within(name, NOT_PURE)]
    assert not [fault for name in pure for fault in impure(name)]


def test_heavy_libraries_load_inside_functions() -> None:
    wrong = [
        f"{name} imports {found} when it is loaded"
        for name, path in MODULES.items()
        for found, top in imports(path)
        if top and found.split(".")[0] in HEAVY
    ]
    assert not wrong


def test_hooks_hold_no_logic_and_nothing_imports_them() -> None:
    allowed = ast.Import | ast.ImportFrom | ast.Expr | ast.Assign
    for path in sorted((ROOT / "hooks").glob("*.py")):
        assert all(isinstance(node, allowed) for node in parse(path).body), f"{path.name} holds logic"
    for name, path in MODULES.items():
        assert not any(found.split(".")[0] == "hooks" for found, _ in imports(path)), name
        assert "imageseo.hosts" not in dependencies(name), name


def loaded_by(code: str, *libraries: str) -> set[str]:
    """Which of some libraries a fresh interpreter has loaded after this code."""
    code += f"\nimport sys; print('LOADED', *sorted({set(libraries)} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_help_loads_no_library_but_click() -> None:
    code = (
        "import sys; sys.argv = ['imageseo', '--help']\n"
        "from imageseo.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
    )
    assert not loaded_by(code, *HEAVY, "PIL", "numpy", "lxml", "jinja2", "msgspec", "mkdocs", "pelican")


def test_files_stay_short_and_say_what_they_are_for() -> None:
    for name, path in MODULES.items():
        assert ast.get_docstring(parse(path)), f"{name} does not say what it is for"
        assert len(path.read_text("utf-8").splitlines()) <= LONGEST_FILE, f"{name} is too long: split it"


def test_folders_stay_small() -> None:
    for folder in {path.parent for path in MODULES.values()}:
        if name_of(folder) != "imageseo.lint.rules":
            assert len(list(folder.glob("*.py"))) - 1 <= MOST_MODULES, f"{name_of(folder)} has too many modules"


def test_no_class_name_is_used_twice() -> None:
    where: dict[str, list[str]] = {}
    for name, path in MODULES.items():
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.ClassDef):
                where.setdefault(node.name.lstrip("_"), []).append(name)
    assert not {name: modules for name, modules in where.items() if len(modules) > 1}
