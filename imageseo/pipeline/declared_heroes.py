"""What templates can show of the heroes of pages before a build: addresses, sizes and texts.

Names of heroes and crops follow from pins, recipes and settings; those of variants from their bytes, so that none is
listed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

from imageseo.config.settings import Settings
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.masters.card_over import CardDrawer
from imageseo.heroes.masters.published_names import PublishedNames
from imageseo.heroes.masters.redrawn import Redrawer
from imageseo.heroes.masters.resolver import MasterResolver, ResolvedMaster
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.images.decoding.probe import probe
from imageseo.images.encoding.factory import store
from imageseo.images.metadata.rights import TOOLKIT
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Location
from imageseo.model.hero import HeroRequest
from imageseo.model.hero_image import HeroImage
from imageseo.model.image import Asset, BadAsset
from imageseo.model.site import Page, Site
from imageseo.pipeline import composition
from imageseo.pipeline.hero_texts import METADATA_BYTES, card_ground, file_rights
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.shapes.crop_windows import largest_size
from imageseo.pipeline.shapes.crops_plan import plan_crops
from imageseo.pipeline.shapes.published_hero import published_rights


@dataclass(slots=True, kw_only=True)
class KnownFiles:
    """The files that a generator will write into its site, read from their sources.

    ``sources``: site path -> file; None for one that is not on disk. ``max_pixels``: of a source file."""

    sources: Mapping[str, Path | None]
    max_pixels: int
    _assets: dict[str, Asset | BadAsset | None] = field(default_factory=dict)

    def asset(self, path: str) -> Asset | BadAsset | None:
        """Return the image file at a site path; None if the site has none."""
        if path not in self._assets:
            source = self.sources.get(path)
            self._assets[path] = None if source is None else probe(source, path, max_pixels=self.max_pixels)
        return self._assets[path]

    def read(self, path: str) -> bytes:
        """Return the bytes of a file. Raises OSError."""
        source = self.sources.get(path)
        if source is None:
            raise FileNotFoundError(path)
        return regular_file.read(source)

    def may_overwrite(self, path: str) -> bool:
        """Whether no file will be at a site path, or one that imageseo wrote."""
        if path not in self.sources:
            return True
        source = self.sources[path]
        try:
            return source is not None and TOOLKIT.encode() in regular_file.begin(source, METADATA_BYTES)
        except OSError:
            return False


@dataclass(slots=True, kw_only=True)
class DeclaredHeroes:
    """Finds the heroes that pages declare, as a build will publish them.

    ``site``: as the build will see it, with pages in the same order; nothing of it need exist. ``asset_of``: the image
    file at a site path; None if there is none; ``read``: its bytes.
    ``may_overwrite``: whether a build may write a hero to a site path. ``mentions``: whether the content of a page
    contains a text.
    """

    site: Site
    settings: Settings
    asset_of: Callable[[str], Asset | BadAsset | None]
    read: Callable[[str], bytes]
    may_overwrite: Callable[[str], bool]
    mentions: Callable[[Page, str], bool]
    _requests: dict[str, HeroRequest | None] = field(default_factory=dict)  # by page

    def find(self) -> Iterator[tuple[Page, HeroImage]]:
        """Yield the pages whose hero is known, each with its hero. Faults are left to the build.

        An unpinned hero that a build may draw is drawn into the store. Raises ImageseoError for faults of the project.
        """
        pages = self.site.without(self.settings.exclude_pages).pages
        declared = [page for page in pages if page.hints.meta]
        project, settings = self.site.project, self.settings
        masters = MasterResolver(
            lock=locks.read(project / locks.NAME),
            project=project,
            store=store(settings, project),
            providers=composition.providers(settings, project),
            vault=composition.master_store(settings, project),
            frozen=settings.frozen,
        )
        reader = RequestReader(
            settings=settings.hero,
            providers=masters.providers,
            library=composition.prompt_library(settings, project),
            base_url=self.site.base_url,
            exists=lambda path: self.asset_of(path) is not None,
        )
        for page in declared:
            with suppress(ImageseoError):
                self._requests[page.path] = reader.of(page)
        names = PublishedNames(
            folder=settings.hero.publish,
            by=settings.hero.file_names,
            requests=self._known_requests,
            may_overwrite=self.may_overwrite,
            mentions=self.mentions,
        )
        cards = CardDrawer(masters.providers, masters.store)
        redrawer = Redrawer(store=masters.store, providers=masters.providers)
        for page in declared:
            request = self._requests.get(page.path)
            if request is None or request.off:
                continue
            with suppress(ImageseoError, OSError):
                master = (
                    masters.resolve(request, Location(page=page.path), beside=self._known_requests).master
                    if request.file is None
                    else self._card_ground(request, request.file)
                )
                if master is not None:
                    if request.card:
                        master, _ = cards.over(master, request.or_else(master.said))
                        redrawer.providers = cards.with_cards()
                    yield page, self._of_master(page, request, master, names, redrawer)
                elif request.file is not None and isinstance(asset := self.asset_of(request.file), Asset):
                    yield page, self._image(request, request.file, (asset.css_width, asset.css_height))

    def _known_requests(self) -> Iterator[HeroRequest]:
        return (request for request in self._requests.values() if request is not None)

    def _card_ground(self, request: HeroRequest, path: str) -> ResolvedMaster | None:
        """Return an image file as the master that a card is drawn over; None for a hero without card."""
        asset = self.asset_of(path) if request.card else None
        if not isinstance(asset, Asset):
            return None
        return card_ground(asset, partial(self.read, path), file_rights(request, asset))

    def _of_master(
        self, page: Page, request: HeroRequest, master: ResolvedMaster, names: PublishedNames, redrawer: Redrawer
    ) -> HeroImage:
        settings, quality = self.settings, self.settings.quality.jpeg
        request = request.or_else(master.said)
        rights = published_rights(request, master, settings.rights, publish_prompt=settings.hero.publish_prompt)
        path = names.hero_path(page, request, digest(master.sha256, quality, rights))
        size = (master.width, master.height)
        crops = {}
        for crop in plan_crops(
            redrawer, master, settings.hero.crops or (), hero=path, rights=rights, focal=request.focal, quality=quality
        ):
            crops[crop.ratio] = (names.claim(crop.path, crop.crop_id), crop.size)
        return self._image(request, path, size, crops)

    def _image(
        self,
        request: HeroRequest,
        path: str,
        size: tuple[int, int],
        crops: Mapping[str, tuple[str, tuple[int, int]]] | None = None,
    ) -> HeroImage:
        crops = crops or {}
        whole = [(file, px[0]) for ratio, (file, px) in crops.items() if largest_size(size, ratio) == size]
        return {
            **_file(path, size),
            "alt": request.alt or "",
            "caption": request.caption or "",
            "srcset": self._srcset([*whole, (path, size[0])]),
            "crops": {ratio: _file(file, px) for ratio, (file, px) in crops.items()},
        }

    def _srcset(self, files: Sequence[tuple[str, int]]) -> str:
        """Return the files of the whole image by width, from the host's root; "" if the site's address is unknown."""
        if self.site.base_url is None:
            return ""
        root = urlsplit(self.site.base_url).path
        widths = {width: path for path, width in files}  # of equal ones the hero
        return ", ".join(f"{root}{_url(path)} {width}w" for width, path in sorted(widths.items()))


def find_heroes(
    site: Site, settings: Settings, sources: Mapping[str, Path | None], mentions: Callable[[Page, str], bool]
) -> Iterator[tuple[Page, HeroImage]]:
    """Yield the pages whose hero is known, each with its hero; faults are left to the build. ``sources``, ``mentions``:
    as in ``KnownFiles`` and ``DeclaredHeroes``.
    """
    known = KnownFiles(sources=sources, max_pixels=settings.encode.max_pixels)
    heroes = DeclaredHeroes(
        site=site,
        settings=settings,
        asset_of=known.asset,
        read=known.read,
        may_overwrite=known.may_overwrite,
        mentions=mentions,
    )
    with suppress(ImageseoError):
        yield from heroes.find()


def in_order(pages: Sequence[Page]) -> list[Page]:
    """Return pages in the order in which a build finds them: the files of a folder, then its folders, by name."""
    return sorted(pages, key=lambda page: [(1, part) for part in page.path.split("/")[:-1]] + [(0, page.path)])


def _file(path: str, size: tuple[int, int]) -> HeroImage:
    return {"url": _url(path), "width": size[0], "height": size[1]}


def _url(path: str) -> str:
    return quote(path, errors="surrogateescape")
