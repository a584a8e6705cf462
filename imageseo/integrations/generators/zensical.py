"""Projects of Zensical: zensical.toml, or mkdocs.yml where MkDocs is not installed; read without Zensical."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imageseo.model import regular_file
from imageseo.model.errors import SettingsError, SiteError
from imageseo.model.protocols import GeneratorProject
from imageseo.model.site import PageHints

_OWN = "zensical.toml"


class ZensicalIntegration:
    """Zensical runs no code of plug-ins: its sites are processed after the build, by `imageseo build`."""

    files = (_OWN, "mkdocs.yml", "mkdocs.yaml")

    def recognises(self, config: Path) -> bool:
        if config.suffix == ".toml":
            return config.name == _OWN
        return config.suffix in (".yml", ".yaml") and not config.name.startswith("properdocs")

    def missing(self, config: Path) -> str:
        """A mkdocs.yml alone does not say which of the two generators reads it."""
        is_zensical = (config.parent / _OWN).is_file() or find_spec("zensical") is not None
        return "" if is_zensical else "zensical"

    def load(self, config: Path) -> GeneratorProject:
        table = _read_config(config)
        folder = config.resolve().parent
        source = folder / _text(config, table, "docs_dir", "docs")
        directories = table.get("use_directory_urls", True) is not False

        def read(*, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
            from imageseo.integrations.front_matter_file import hints_of_source, read_source

            return {
                _built(path, source, directories): hints_of_source(
                    path,
                    read_source(path),
                    project=project,
                    keys=keys,
                    folder=_folder(path, source),
                    reader="Zensical",
                )
                for path in _sources(source)
            }

        return GeneratorProject(
            name="zensical",
            config=config,
            source=source,
            read=read,
            output=folder / _text(config, table, "site_dir", "site"),
            site_url=_text(config, table, "site_url", "") or None,
            options=_options(table.get("plugins")),
            origin=f"{config.name}: plugins: imageseo",
            markdown=_attributes(table.get("markdown_extensions")),
            language=_language(table.get("theme")),
        )


def _language(theme: Any) -> str:
    value = theme.get("language") if isinstance(theme, Mapping) else None
    return value if isinstance(value, str) else ""


def _sources(source: Path) -> Iterator[Path]:
    """Yield the Markdown files; a README is not a page beside an index, as in Zensical."""
    if not source.is_dir():
        raise SiteError(f"{source}: no such folder", hint="`docs_dir` names the folder of the sources")
    for name, folders, files in os.walk(source):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        for file in sorted(files):
            if file.endswith(".md") and not file.startswith(".") and not (file == "README.md" and "index.md" in files):
                yield Path(name, file)


def _folder(path: Path, source: Path) -> str:
    folder = path.parent.relative_to(source).as_posix()
    return "" if folder == "." else f"{folder}/"


def _built(path: Path, source: Path, directories: bool) -> str:
    folder = _folder(path, source)
    if path.stem in ("index", "README"):
        return f"{folder}index.html"
    return f"{folder}{path.stem}/index.html" if directories else f"{folder}{path.stem}.html"


def _text(config: Path, table: Mapping[str, Any], key: str, default: str) -> str:
    value = table.get(key)
    if value is not None and not isinstance(value, str):
        raise SettingsError((f"{config}: {key}: expected a text, found {value!r}",))
    return value or default


def _attributes(extensions: Any) -> str:
    """Return how Markdown gives images attributes: the extensions of Zensical itself have `attr_list`."""
    if extensions is None:
        return "attr_list"
    text = " ".join(str(each) for each in _flat(extensions))
    return "attr_list" if re.search(r"\b(?:attr_list|extra)\b", text) else "html"


def _flat(table: Any) -> Iterator[str]:
    """Yield the names in a list, or in a table, of extensions."""
    if isinstance(table, Mapping):
        for name, value in table.items():
            yield str(name)
            yield from _flat(value) if isinstance(value, Mapping) else ()
    elif isinstance(table, list):
        for each in table:
            yield from _flat(each)
    else:
        yield str(table)


def _options(plugins: Any) -> Mapping[str, Any] | None:
    """Return the options of a plug-in `imageseo`, which Zensical ignores: a table, or an entry of MkDocs' list."""
    if isinstance(plugins, Mapping):
        plugins = [plugins]
    for entry in plugins if isinstance(plugins, list) else ():
        if isinstance(entry, Mapping) and isinstance(entry.get("imageseo"), Mapping):
            options: Mapping[str, Any] = entry["imageseo"]
            return options
    return None


def _read_config(config: Path) -> Mapping[str, Any]:
    """Return the settings that stand in `[project]`, or at the top as in mkdocs.yml. Raises SettingsError."""
    from imageseo.integrations.pages import format_exception

    try:
        text = regular_file.read_text(config)
        table: Any = tomllib.loads(text) if config.suffix == ".toml" else _load_yaml(config, text)
    except Exception as error:  # no access, no UTF-8, an error of either parser
        raise SettingsError((f"{config}: cannot be read: {format_exception(error)}",)) from error
    project = table.get("project", table) if isinstance(table, Mapping) else table
    if not isinstance(project, Mapping):
        raise SettingsError((f"{config}: expected a table of settings, found {type(project).__name__}",))
    return project


def _load_yaml(config: Path, text: str) -> Any:
    """Read YAML with the tags of MkDocs: `!ENV`, `!relative`, names of Python objects; and the file to inherit."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Of this file alone: constructors are added to the class."""

    def environment(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
        if isinstance(node, yaml.SequenceNode):
            *names, default = [loader.construct_object(item) for item in node.value]
        else:
            names, default = [loader.construct_object(node)], None
        return next((os.environ[name] for name in names if name in os.environ), default)

    Loader.add_constructor("!ENV", environment)
    Loader.add_multi_constructor("", lambda loader, tag, node: None)
    table = yaml.load(text, Loader=Loader) or {}
    parent = table.get("INHERIT") if isinstance(table, dict) else None
    if isinstance(parent, str):
        inherited = config.parent / parent
        table = {**_load_yaml(inherited, regular_file.read_text(inherited)), **table}
    return table


INTEGRATION = ZensicalIntegration()
