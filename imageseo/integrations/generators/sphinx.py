"""Projects of Sphinx: conf.py, evaluated as Sphinx does; the sources are listed and read without a build."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imageseo.model import regular_file
from imageseo.model.errors import MissingExtraError, SettingsError, SiteError
from imageseo.model.protocols import GeneratorProject
from imageseo.model.site import PageHints

# Other generators call their configuration conf.py, too (Nikola); these names are Sphinx's.
_SETTING = re.compile(r"^(?:extensions|html_theme|project|copyright|master_doc|root_doc)\s*[:=+]", re.MULTILINE)
_OF_NIKOLA = re.compile(r"^(?:BLOG_TITLE|POSTS|PAGES)\s*=", re.MULTILINE)
_FOLDERS = ("", "docs/", "docs/source/", "doc/", "doc/source/", "source/")
_OUTPUTS = ("_build/html", "_build/dirhtml", "build/html", "../build/html", "../_build/html")
_EXTENSION = "imageseo.integrations.sphinx"
_MYST = ("myst_parser", "myst_nb", "recommonmark")


class SphinxIntegration:
    """conf.py in the current folder, or where projects of other kinds keep their documentation."""

    files = tuple(f"{folder}conf.py" for folder in _FOLDERS)

    def recognises(self, config: Path) -> bool:
        if config.name != "conf.py":
            return False
        try:
            text = regular_file.read(config).decode("utf-8", "replace")
        except OSError:
            return False
        return _SETTING.search(text) is not None and _OF_NIKOLA.search(text) is None

    def missing(self, config: Path) -> str:
        return "" if find_spec("sphinx") else "sphinx"

    def load(self, config: Path) -> GeneratorProject:
        from imageseo.integrations import sphinx_pages  # not loaded for other generators, as all that follows
        from imageseo.integrations.pages import format_exception

        settings = _evaluate(config)
        folder = config.resolve().parent

        def read(*, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
            try:
                documents = list(_documents(folder, settings))
            except Exception as error:
                raise SiteError(f"{folder}: Sphinx cannot list its files: {format_exception(error)}") from error
            hints = {}
            for name, path in documents:
                page = sphinx_pages.page_file(name, root, str(settings.get("html_file_suffix") or ".html"))
                hints[page] = sphinx_pages.hints_of(path, page, source=folder, project=project, keys=keys, root=root)
            return hints

        outputs = [folder / name for name in _OUTPUTS]
        return GeneratorProject(
            name="sphinx",
            config=config,
            source=folder,
            read=read,
            output=next((output for output in outputs if output.is_dir()), outputs[0]),
            site_url=str(settings.get("html_baseurl") or "") or None,
            options=sphinx_pages.options_of(settings.get("imageseo"), config.name),
            origin=f"{config.name}: imageseo",
            language=str(settings.get("language") or ""),
            inactive="" if _EXTENSION in settings.get("extensions", ()) else f"{_EXTENSION} is not in `extensions`",
        )


def _evaluate(config: Path) -> Mapping[str, Any]:
    """Run conf.py. Raises MissingExtraError where it imports what is not installed here, else SettingsError."""
    from sphinx.config import eval_config_file
    from sphinx.errors import ConfigError
    from sphinx.util.tags import Tags

    from imageseo.integrations.pages import format_exception

    try:
        return eval_config_file(config.resolve(), Tags())
    except ConfigError as error:
        text = str(error)
        missing = re.search(r"(?:ModuleNotFoundError|ImportError): (.*)", text)
        if missing is not None:
            raise MissingExtraError(
                f"{config} cannot be read here: {missing[1]}", hint="run imageseo where the documentation is built"
            ) from error
        raise SettingsError((f"{config}: {' '.join(text.split())}",)) from error
    except Exception as error:  # the file is Python code
        raise SettingsError((f"{config}: {format_exception(error)}",)) from error


def _documents(folder: Path, settings: Mapping[str, Any]) -> list[tuple[str, Path]]:
    """Return name and file of each document, as Sphinx lists them."""
    from sphinx.project import Project

    found = settings.get("source_suffix", ".rst")
    suffixes = [found] if isinstance(found, str) else list(found)
    extensions = [str(name) for name in settings.get("extensions", ())]
    if any(name.split(".")[0] in _MYST for name in extensions) and ".md" not in suffixes:
        suffixes.append(".md")
    excluded = [*settings.get("exclude_patterns", ()), *settings.get("templates_path", ())]
    hidden = ("**/_sources", ".#*", "**/.#*", "*.lproj/**", "_build", "build/html", "**.ipynb_checkpoints")
    project = Project(folder, dict.fromkeys(suffixes))
    names = project.discover([*excluded, *hidden], settings.get("include_patterns", ("**",)))
    return [(name, Path(project.doc2path(name, absolute=True))) for name in sorted(names)]


INTEGRATION = SphinxIntegration()
