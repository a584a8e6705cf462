"""Extension for Sphinx: `extensions = ["imageseo.integrations.sphinx"]`; works on the finished HTML."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from sphinx.errors import ConfigError
from sphinx.util import logging

from imageseo import __version__
from imageseo.integrations import runner, sphinx_pages
from imageseo.integrations.front_matter_file import REST
from imageseo.integrations.pages import HeroesFile, base_url, html_files, with_heroes
from imageseo.integrations.progress import Lines
from imageseo.lint.source_lines import SourceLines, repository_root
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, SettingsError
from imageseo.model.finding import Finding
from imageseo.model.site import Page, PageHints, Site
from imageseo.storage.atomic import write_atomic

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders.html import StandaloneHTMLBuilder

    from imageseo.config import LoadedSettings

_BUILDERS = frozenset(("html", "dirhtml", "readthedocs", "readthedocsdirhtml"))
_LAST = 9000  # after the extensions that write sitemaps and feeds when the build has finished
_logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the setting and the events."""
    app.add_config_value("imageseo", None, "", (dict, type(None)))
    app.connect("builder-inited", on_start)
    app.connect("build-finished", on_finish, priority=_LAST)
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}


def on_start(app: Sphinx) -> None:
    """Check the settings before any work starts. Raises ConfigError with every fault."""
    if app.builder.name in _BUILDERS:
        try:
            _settings(app)
        except SettingsError as error:
            raise ConfigError(str(error)) from None


def on_finish(app: Sphinx, exception: Exception | None) -> None:
    """Process the built site. A failure is an error of the build: it is logged, and the exit code is 1."""
    if exception is not None or app.builder.name not in _BUILDERS:
        return
    try:
        project = _settings(app)
        if not project.settings.enabled:
            return
        site = _site(app, project)
        failure = runner.run(
            site,
            project.settings,
            voice=SphinxLogger(app, project.folder),
            progress=Lines(_logger.info),
            tell=lambda text: _logger.info("imageseo: %s", text),
            stream=sys.stdout,
            config=Path(app.confdir) / "conf.py",
        )
    except ImageseoError as error:
        _logger.error("imageseo: %s", error, type="imageseo", subtype=error.id)
        failure = str(error)
    if failure is not None:
        app.statuscode = 1


def _settings(app: Sphinx) -> LoadedSettings:
    options = sphinx_pages.options_of(app.config["imageseo"], "conf.py")
    return runner.read_project(Path(app.confdir), options=options, origin="conf.py: imageseo")


def _site(app: Sphinx, project: LoadedSettings) -> Site:
    root, keys = Path(app.outdir), project.settings.hero.keys
    hints = dict(_hints(app, project))
    pages = [Page(path=path, hints=hints.get(path, PageHints())) for path in html_files(root)]
    return Site(
        root=root,
        project=project.folder,
        base_url=base_url(project.settings.site_url, app.config.html_baseurl),
        pages=with_heroes(pages, HeroesFile.read(project.folder), keys),
        generator="sphinx",
        sources=(Path(app.srcdir),),
    )


def _hints(app: Sphinx, project: LoadedSettings) -> Iterable[tuple[str, PageHints]]:
    """Yield file of the built site and hints, for every document."""
    builder, root = cast("StandaloneHTMLBuilder", app.builder), Path(app.outdir)
    for name in sorted(app.env.found_docs):
        path = Path(app.env.doc2path(name))
        page = Path(builder.get_outfilename(name)).relative_to(root).as_posix()
        if path.suffix.lower() not in (*REST, ".md", ".markdown"):  # a notebook, whose text is not read here
            continue
        yield (
            page,
            sphinx_pages.hints_of(
                path,
                page,
                source=Path(app.srcdir),
                project=project.folder,
                keys=project.settings.hero.keys,
                root=root,
                publish=lambda file: _publish(app, file),
            ),
        )


def _publish(app: Sphinx, file: Path) -> str:
    """Return where the built site has an image; one that no document shows is copied, as Sphinx copies the others."""
    folder = str(app.builder.imagedir)
    names: Mapping[str, Any] = app.env.images
    relative = os.path.relpath(file, os.path.realpath(app.srcdir)).replace(os.sep, "/")
    if relative in names:
        return f"{folder}/{names[relative][1]}"
    for static in app.config.html_static_path:
        place = Path(os.path.realpath(Path(app.confdir) / static))
        if file.is_relative_to(place):
            return f"_static/{file.relative_to(place).as_posix()}"
    data = regular_file.read(file)
    taken = {entry[1] for entry in names.values()}
    name = sphinx_pages.file_name(file, data, taken.__contains__)
    target = Path(app.outdir) / folder / name
    if not target.is_file() or regular_file.read(target) != data:
        write_atomic(target, data)
    return f"{folder}/{name}"


class SphinxLogger:
    """Sphinx's logger: warnings have document and line, and a type for `suppress_warnings`: `imageseo.alt-missing`."""

    def __init__(self, app: Sphinx, project: Path) -> None:
        self._app, self._project = app, project
        self._lines = SourceLines(Path(app.outdir), project=project, top=repository_root(project), generator="sphinx")
        self._names_type = bool(getattr(app.config, "show_warning_types", False))

    def debug(self, msg: object, *args: object, exc_info: bool = False) -> None:
        _logger.debug(msg, *args, exc_info=exc_info)

    def info(self, msg: object, *args: object) -> None:
        _logger.info(msg, *args)

    def warning(self, msg: object, *args: object) -> None:
        _logger.warning(msg, *args, type="imageseo")

    def error(self, msg: object, *args: object) -> None:
        _logger.error(msg, *args, type="imageseo")

    def report(self, finding: Finding, others: str, *, level: str) -> None:
        """Log a finding at its place among the sources; without a source, at its page."""
        log = {"error": _logger.error, "warn": _logger.warning}.get(level, _logger.info)
        text, place = self._text(finding) + others, self._place(finding)
        if place is None:
            log("imageseo: %s: %s", finding.location, text, **({} if level == "info" else self._type(finding)))
        elif level == "info":
            log("imageseo: %s: %s", place[0], text)
        else:
            log("%s", text, location=place, **self._type(finding))

    def _type(self, finding: Finding) -> dict[str, Any]:
        return {"type": "imageseo", "subtype": finding.rule}

    def _text(self, finding: Finding) -> str:
        """Return message, place in the built page and remedy; Sphinx itself adds the type, which is the rule."""
        place = finding.location
        name = re.escape(place.source or place.page)
        lines = [re.sub(rf"^{name}(?::\d+)?: ", "", text) for text in finding.message.splitlines()]
        where = f" ({place})" if place.source and place.line is not None else ""
        rule = "" if self._names_type else f" [{finding.rule}]"
        source = self._lines.source(finding)
        remedy = source.hint if source is not None else finding.hint
        hint = f"; {remedy}" if remedy else ""
        note = f"; {source.note}" if source is not None and source.note else ""
        paste = "".join(f"\n   {line}" for line in source.paste) if source is not None else ""
        return f"{'; '.join(lines)}{where}{hint}{note}{rule}{paste}"

    def _place(self, finding: Finding) -> tuple[str, int | None] | None:
        """Return document and line of the source; None for a page without one."""
        source = finding.location.source
        name = self._app.env.path2doc(str((self._project / source).resolve())) if source is not None else None
        if name is None or name not in self._app.env.found_docs:
            return None
        named = re.match(rf"{re.escape(str(source))}:(\d+): ", finding.message)
        if named is not None:
            return name, int(named[1])
        found = self._lines.source(finding)
        return name, found.line if found is not None else None
