"""What a recognised generator tells `init`: evidence, changes of its files, the command to run, steps for CI."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imageseo.integrations.setup.changes import FileChange
from imageseo.model import regular_file


@dataclass(frozen=True, slots=True, kw_only=True)
class CiSteps:
    """Commands that a CI job runs. ``image``: the container of a GitLab job that builds without Python."""

    install: tuple[str, ...]
    build: str
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGenerator:
    """A generator that was recognised.

    ``evidence``: what in the project says so. ``changes``: called only for the generator that is set up; raises
    UnsafePatchError. ``build``: the generator's command; ``output``: the folder that it writes. ``runs_plugin``: that
    command runs imageseo. ``extra``: of the package, for CI. ``settings``: keys for imageseo.toml; None if it needs no
    such file. ``cache_parent``: the folder of the cache, unless it is the project. ``notes``: lines for the user.
    """

    name: str
    title: str
    evidence: tuple[str, ...]
    build: str
    output: str
    ci: CiSteps
    changes: Callable[[], Sequence[FileChange]] = tuple
    runs_plugin: bool = False
    extra: str = ""
    settings: Mapping[str, str] | None = None
    cache_parent: str = ""
    notes: tuple[str, ...] = ()

    @property
    def next_command(self) -> str:
        """The command that builds the site and its images."""
        if self.runs_plugin:
            return self.build
        return " && ".join(filter(None, (self.build, f"imageseo build {self.output}")))


def text_of(path: Path) -> str:
    """Return the text of a file that may give evidence; "" if there is none, or it is no text."""
    try:
        return regular_file.read(path, limit=2**20).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def first_of(folder: Path, *names: str) -> str:
    """Return the first of some names that is a file in the folder, "" if none is."""
    return next((name for name in names if (folder / name).is_file()), "")


def folders_of(folder: Path, *names: str) -> list[str]:
    """Return which of some names are folders."""
    return [name for name in names if (folder / name).is_dir()]


def keys_of(table: Any, *names: str) -> list[str]:
    """Return which of some keys a parsed configuration has."""
    return [name for name in names if isinstance(table, Mapping) and name in table]


def parsed(path: Path) -> Any:
    """Return a parsed TOML, YAML or JSON file as evidence; None if it cannot be read. Tags construct nothing."""
    import tomllib

    import yaml

    text = text_of(path)
    try:
        if path.suffix == ".toml":
            return tomllib.loads(text)
        return json.loads(text) if path.suffix == ".json" else yaml.load(text, Loader=_plain_loader())
    except (ValueError, yaml.YAMLError, RecursionError):
        return None


def _plain_loader() -> Any:
    import yaml

    class PlainLoader(yaml.SafeLoader):
        """Of this call alone: constructors are added to the class."""

    PlainLoader.add_multi_constructor("", lambda loader, tag, node: None)
    return PlainLoader


def node_packages(folder: Path) -> Mapping[str, Any]:
    """Return the packages that package.json asks for."""
    table = parsed(folder / "package.json")
    found: dict[str, Any] = {}
    for key in ("dependencies", "devDependencies"):
        part = table.get(key) if isinstance(table, Mapping) else None
        found.update(part if isinstance(part, Mapping) else {})
    return found


def node_build(folder: Path, default: str) -> str:
    """Return `npm run build` where package.json has that script (with the lock file's package manager)."""
    table = parsed(folder / "package.json")
    scripts = table.get("scripts") if isinstance(table, Mapping) else None
    if not isinstance(scripts, Mapping) or "build" not in scripts:
        return default
    manager = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn"}.get(
        first_of(folder, "pnpm-lock.yaml", "yarn.lock"), "npm"
    )
    return f"{manager} run build"


def node_steps(folder: Path, build: str) -> CiSteps:
    """Return the steps of a generator of Node.js."""
    locks = {
        "pnpm-lock.yaml": "corepack enable && pnpm install --frozen-lockfile",
        "yarn.lock": "corepack enable && yarn install",
    }
    lock = first_of(folder, "pnpm-lock.yaml", "yarn.lock", "package-lock.json")
    return CiSteps(install=(locks.get(lock, "npm ci" if lock else "npm install"),), build=build, image="node:22")


def quoted_value(text: str, key: str) -> str:
    """Return the text that a JavaScript configuration assigns to a key; "" if it is no plain text."""
    found = re.search(rf"^[^/\n]*\b{key}\s*:\s*([\"'`])([^\"'`$\n]+)\1", text, re.MULTILINE)
    return found[2].strip().removeprefix("./").rstrip("/") if found else ""


def quoted_assignment(text: str, name: str) -> str:
    """Return the text that Python code assigns to a name; "" if it is no plain text."""
    found = re.search(rf"^{name}\s*=\s*([\"'])([^\"'\n]+)\1\s*(?:#.*)?$", text, re.MULTILINE)
    return found[2].rstrip("/") if found else ""


def text_at(table: Any, key: str) -> str:
    """Return the text at a key of a parsed configuration, "" if there is none."""
    value = table.get(key) if isinstance(table, Mapping) else None
    return value if isinstance(value, str) else ""


def site_address(address: str, base: str = "") -> str:
    """Return an address that can be the site's: absolute, and none of those in templates; else "".

    ``base``: the path below it, where the generator has a key for that.
    """
    match = re.fullmatch(r"https?://([^/\s:]+)(?::\d+)?(?:/[^\s?#]*)?", address)
    host = match[1].lower() if match else ""
    is_template = host in ("localhost", "127.0.0.1") or re.search(r"(^|\.)(example\.(com|org|net)|your-.*)$", host)
    if not host or is_template:
        return ""
    return "/".join([address.rstrip("/"), *([base.strip("/")] if base.strip("/") else []), ""])
