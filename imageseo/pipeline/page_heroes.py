"""Find the hero of each page and publish its file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

from imageseo.config.heroes import HeroSettings
from imageseo.config.settings import RightsSettings
from imageseo.heroes.masters.card_over import CardDrawer
from imageseo.heroes.masters.published_names import PublishedNames
from imageseo.heroes.masters.resolver import MasterResolver, ResolvedMaster
from imageseo.heroes.recipes.prompt_library import PromptLibrary
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.metadata.rights import TOOLKIT, short_rights
from imageseo.lint.facts.site_files import SiteFiles
from imageseo.lint.hero_faults import hero_fault_finding
from imageseo.model.errors import ImageseoError, RecipeError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import HeroRequest
from imageseo.model.image import Asset, BadAsset, Rights
from imageseo.model.plan import HeroVersion, PageHero
from imageseo.model.protocols import Store, StoredBlob
from imageseo.model.site import Page, Site
from imageseo.pipeline.hero_texts import METADATA_BYTES, card_ground, file_rights, make_hero, origin_of
from imageseo.pipeline.incremental.build_state import digest
from imageseo.pipeline.originals import OriginalFiles
from imageseo.pipeline.shapes.published_hero import PublishedHero, published_rights
from imageseo.pipeline.shapes.redrawings import HeroRedrawings
from imageseo.storage.output import OutputFolder

_INFO = Severity.INFO


@dataclass(slots=True, kw_only=True)
class HeroPublisher:
    """Finds the heroes of pages for one build, and publishes those with recipes.

    ``library``: the project's prompts. ``renamed``: path of an image file -> its published path.
    ``previous_files``: digest of a published hero's or crop's inputs -> hash and
    size of its file, from the last build; ``current_files``: the same of this build. ``max_pixels``: of a master.
    ``ratios``: returns the crops of a page's hero, by its size.
    """

    site: Site
    files: SiteFiles
    originals: OriginalFiles
    output: OutputFolder
    masters: MasterResolver
    library: PromptLibrary
    encoder: Encoder
    hero: HeroSettings
    ratios: Callable[[Page, tuple[int, int]], Sequence[str]]
    rights: RightsSettings
    jpeg_quality: int
    max_pixels: int
    store: Store
    previous_files: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    current_files: dict[str, tuple[str, int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    renamed: Mapping[str, str] = field(default_factory=dict)
    requests: dict[str, HeroRequest | None] = field(default_factory=dict)  # by page
    _declined: set[str] = field(default_factory=set)  # pages with ``hero: false``
    _names: PublishedNames = field(init=False)
    _cards: CardDrawer = field(init=False)
    redrawings: HeroRedrawings = field(init=False)

    def __post_init__(self) -> None:
        self._cards = CardDrawer(self.masters.providers, self.store)
        self.redrawings = HeroRedrawings(self.store, self.masters.providers, self._cards)
        self._names = PublishedNames(
            folder=self.hero.publish,
            by=self.hero.file_names,
            requests=self._all_requests,
            may_overwrite=self.may_overwrite,
            mentions=self._mentions,
        )

    def has_declined(self, page: Page) -> bool:
        """Whether the page has ``hero: false``. Known after ``publish_hero``."""
        return page.path in self._declined

    @property
    def published_paths(self) -> Collection[str]:
        """Site paths of the heroes and crops of this build."""
        return self._names.paths

    def publish_hero(self, page: Page) -> PageHero | None:
        """Return the page's declared hero, published; None without one, or if an error prevents it (a finding)."""
        try:
            return self._publish_hero(page, _location(page))
        except ImageseoError as error:  # in this page's hero, for example a link out of the site or a missing master
            self._report("hero-master", error.message, error.hint, _location(page), fails=True)
            return None

    def _publish_hero(self, page: Page, location: Location) -> PageHero | None:
        try:
            request = self._read_request(page)
        except RecipeError as error:
            self.findings.append(hero_fault_finding(page, error, self.site.project))
            return None
        if request is None:
            return None
        if request.off:
            self._declined.add(page.path)
            return None
        if request.file is not None:
            return self._use_file(page, request, request.file, location)
        return self._use_recipe(page, request, location)

    def _read_request(self, page: Page) -> HeroRequest | None:
        if page.path not in self.requests:
            reader = RequestReader(
                settings=self.hero,
                providers=self.masters.providers,
                library=self.library,
                base_url=self.site.base_url,
                exists=self.files.exists,
            )
            request = reader.of(page)
            if request is not None and request.alt is None:
                request = replace(request, alt=dict(page.hints.alts).get("hero"))
            self.requests[page.path] = request
        return self.requests[page.path]

    def _all_requests(self) -> Iterator[HeroRequest]:
        """Yield the requests of all pages, without invalid ones."""
        for page in self.site.pages:
            if not page.hints.meta:
                continue
            with suppress(RecipeError):
                request = self._read_request(page)
                if request is not None:
                    yield request

    def _mentions(self, page: Page, text: str) -> bool:
        """Whether a page contains a text; a page that cannot be read is reported when it is planned."""
        try:
            return text.encode() in self.output.read(page.path)
        except (OSError, ImageseoError):
            return False

    def _use_file(self, page: Page, request: HeroRequest, path: str, location: Location) -> PageHero | None:
        path = self.renamed.get(path, path)
        asset = self.files.asset(path)
        if isinstance(asset, BadAsset):
            location = replace(location, image=path)
            self._report(asset.rule, f"{request.origin}: {asset.problem}", asset.hint, location, Severity.ERROR)
            return None
        if request.rights.digital_source_type is not None or request.rights.known:
            self.originals.declare(path, request.rights)
            self.files.forget(path)
            if request.rights.digital_source_type is not None:  # else the file itself says how it came to be
                asset = replace(asset, rights=replace(asset.rights, **origin_of(request.rights)))
        rights = file_rights(request, asset)
        if request.card:
            master = card_ground(asset, partial(self.output.read, path), rights)
            return self._publish_master(page, request, master, location)
        hero = make_hero(request, path, rights)
        return PageHero(hero=hero, asset=asset, pixels=(self.output.locate(path), asset))

    def _use_recipe(self, page: Page, request: HeroRequest, location: Location) -> PageHero | None:
        resolution = self.masters.resolve(request, location, beside=self._all_requests)
        self.findings.extend(resolution.findings)
        return None if resolution.master is None else self._publish_master(page, request, resolution.master, location)

    def _publish_master(
        self, page: Page, request: HeroRequest, master: ResolvedMaster, location: Location
    ) -> PageHero | None:
        request = request.or_else(master.said)
        if request.card:
            master, notes = self._cards.over(master, request)
            for note in notes:
                self._report("hero-card", f"{request.origin}: {note}", "", location, _INFO)
        self.redrawings.masters[page.path] = master
        rights = published_rights(request, master, self.rights, publish_prompt=self.hero.publish_prompt)
        path = self._names.hero_path(page, request, digest(master.sha256, self.jpeg_quality, rights))
        try:
            jpeg = self._load_jpeg(master, rights)
            self._publish(path, jpeg)
            published = PublishedHero(path=path, master=master, rights=rights, jpeg=jpeg, focal=request.focal)
            crops, versions = self._publish_shapes(published, self.ratios(page, published.size), location)
        except OSError as error:
            problem = f"{path} cannot be written: {error.strerror or error}"
            self._report(
                "page-unwritable", problem, "make the folder writable, or free disk space", location, fails=True
            )
            return None
        asset = Asset(
            path=path,
            sha256=master.sha256,
            bytes=len(jpeg),
            format="jpeg",
            width=master.width,
            height=master.height,
            rights=rights,
        )
        hero = replace(make_hero(request, path, rights), generated=True)
        # Variants are encoded from the lossless master, but compared with the size of the JPEG that they replace.
        return PageHero(
            hero=hero,
            asset=asset,
            pixels=(self._pixel_file(master), replace(asset, format="png", rights=short_rights(rights))),
            crops=crops,
            versions=versions,
        )

    def _publish(self, path: str, data: bytes) -> None:
        self.output.write(path, data)
        self.files.add(path, len(data))

    def _publish_shapes(
        self, hero: PublishedHero, ratios: Sequence[str], location: Location
    ) -> tuple[tuple[Asset, ...], tuple[HeroVersion, ...]]:
        """Publish the crops and the versions of a hero; without what cannot be drawn again, which is a finding."""
        if not (ratios or self.hero.art_direction != "off" or hero.has_dark_version):
            return (), ()
        from imageseo.pipeline.shapes.hero_shapes import ShapePublisher  # few sites have shapes

        redrawer = self.redrawings.redrawer
        shapes = ShapePublisher(
            store=self.store,
            encoder=self.encoder,
            redrawer=redrawer,
            names=self._names,
            is_published=self._is_published,
            publish=self._publish,
            previous=self.previous_files,
            current=self.current_files,
            quality=self.jpeg_quality,
            max_pixels=self.max_pixels,
        )
        crops = tuple(shapes.publish_crops(hero, ratios))
        versions = tuple(shapes.publish_versions(hero, phone=self.hero.art_direction == "phone"))
        fault = redrawer.faults.get(hero.master.sha256)
        if fault is not None and hero.master.recipe is not None:
            hint = "draw and pin it again with `imageseo generate PAGE` to have it whole in every shape"
            self._report("hero-cropped", f"its crops are cut, and it has one version: {fault}", hint, location, _INFO)
        return crops, versions

    def _is_published(self, path: str, input_digest: str) -> bool:
        """Whether the last build published this file at a path, and it is unchanged since then."""
        previous = self.previous_files.get(input_digest)
        if previous is None or not self._names.try_claim(path, input_digest):
            return False
        try:
            if sha256(self.output.read(path)).hexdigest() != previous[0]:
                return False
        except OSError:
            return False
        self._names.claim(path, input_digest)
        self.current_files[input_digest] = previous
        return True

    def _load_jpeg(self, master: ResolvedMaster, rights: Rights) -> bytes:
        """Return the master as JPEG; that of the last build is read from the store and verified."""
        input_digest = digest(master.sha256, self.jpeg_quality, rights)
        entry = self.previous_files.get(input_digest)
        jpeg = self.store.read(StoredBlob(sha256=entry[0], bytes=entry[1])) if entry is not None else None
        if entry is None or jpeg is None:
            jpeg = self.encoder.publish(master.read(), quality=self.jpeg_quality, rights=rights)
            entry = (sha256(jpeg).hexdigest(), len(jpeg))
        self.current_files[input_digest] = entry
        return jpeg

    def may_overwrite(self, path: str) -> bool:
        """Whether a path does not exist yet, or was published by an earlier build."""
        try:
            return TOOLKIT.encode() in self.output.begins(path, METADATA_BYTES)
        except OSError:
            return True

    def _pixel_file(self, master: ResolvedMaster) -> Path:
        """Return the file from which the encoder reads a master: in the project if it is pinned, else in the store."""
        return self.site.project / master.file if master.file is not None else self.store.path(master.sha256)

    def _report(
        self,
        rule: str,
        message: str,
        hint: str,
        location: Location,
        severity: Severity = Severity.ERROR,
        *,
        fails: bool = False,
    ) -> None:
        self.findings.append(
            Finding(rule=rule, severity=severity, message=message, location=location, hint=hint, fails_build=fails)
        )


def _location(page: Page) -> Location:
    return Location(page=page.path, source=page.source)
