"""Projects of MkDocs and ProperDocs: mkdocs.yml, read by the generator's own loader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from imageseo.model.protocols import GeneratorProject
from imageseo.model.site import PageHints

_ZENSICAL = "zensical.toml"


class MkDocsIntegration:
    """Both generators read both files."""

    files = ("properdocs.yml", "properdocs.yaml", "mkdocs.yml", "mkdocs.yaml")

    def recognises(self, config: Path) -> bool:
        """Not a file beside Zensical's own: Zensical reads that one, and MkDocs is no longer used there."""
        return config.suffix in (".yml", ".yaml") and not (config.parent / _ZENSICAL).is_file()

    def missing(self, config: Path) -> str:
        return "" if _package(config) else _packages(config)[0]

    def load(self, config: Path) -> GeneratorProject:
        from imageseo.integrations import mkdocs_pages

        loaded = mkdocs_pages.load(config, _package(config) or "mkdocs")
        from imageseo.integrations.mkdocs import ImageseoPlugin  # its base class is that of the package just imported

        plugins = [plugin for plugin in loaded.plugins.values() if isinstance(plugin, ImageseoPlugin)]

        def read(*, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
            return mkdocs_pages.hints_without_build(loaded, project, keys)

        return GeneratorProject(
            name="mkdocs",
            config=config,
            source=Path(loaded.docs_dir),
            read=read,
            output=Path(loaded.site_dir),
            site_url=loaded.site_url,
            options=plugins[0].events.options if plugins else None,
            origin=f"{config.name}: plugins: imageseo",
            markdown=mkdocs_pages.attributes_in_markdown(loaded.markdown_extensions),
            language=mkdocs_pages.site_language(loaded),
            inactive="" if plugins or loaded.hooks else "imageseo is not in `plugins`",
        )


def _packages(config: Path) -> tuple[str, str]:
    return ("properdocs", "mkdocs") if config.name.startswith("properdocs") else ("mkdocs", "properdocs")


def _package(config: Path) -> str | None:
    return next((name for name in _packages(config) if find_spec(name)), None)


INTEGRATION = MkDocsIntegration()
