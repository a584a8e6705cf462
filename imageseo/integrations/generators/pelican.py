"""Projects of Pelican: pelicanconf.py, read by Pelican's own loader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from imageseo.model.protocols import GeneratorProject
from imageseo.model.site import PageHints


class PelicanIntegration:
    """Any Python file that is named may be a configuration of Pelican, such as publishconf.py."""

    files = ("pelicanconf.py",)

    def recognises(self, config: Path) -> bool:
        return config.suffix == ".py" and config.name != "conf.py"

    def missing(self, config: Path) -> str:
        # Installed plug-ins, imageseo among them, create a namespace package `pelican` without Pelican itself.
        spec = find_spec("pelican")
        return "" if spec is not None and spec.origin is not None else "pelican"

    def load(self, config: Path) -> GeneratorProject:
        from imageseo.integrations import pelican_pages

        settings = pelican_pages.load(config)

        def read(*, project: Path, keys: Sequence[str], root: Path | None) -> Mapping[str, PageHints]:
            return pelican_pages.hints_without_build(settings, project=project, keys=keys)

        return GeneratorProject(
            name="pelican",
            config=config,
            source=Path(settings["PATH"]),
            read=read,
            output=Path(settings["OUTPUT_PATH"]),
            site_url=settings.get("SITEURL"),
            options=pelican_pages.options_of(settings),
            origin=f"{config.name}: IMAGESEO",
            markdown=pelican_pages.attributes_in_markdown(settings),
            language=str(settings.get("DEFAULT_LANG") or ""),
            inactive=pelican_pages.inactive_reason(settings),
        )


INTEGRATION = PelicanIntegration()
