"""Which hero each page has, and the file it is published as."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from imageseo.config.settings import HeroSettings, RightsSettings
from imageseo.heroes.masters.resolver import MasterResolver, ResolvedMaster
from imageseo.heroes.recipes.prompt_library import PromptLibrary
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.images.encoding.encoder import Encoder
from imageseo.images.metadata.rights import TOOLKIT
from imageseo.lint.facts.page import SiteFiles
from imageseo.model.errors import ImageseoError, RecipeError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.model.hero import Hero, HeroRequest
from imageseo.model.image import Asset, BadAsset, Rights
from imageseo.model.plan import PageHero
from imageseo.model.protocols import Store, StoredBlob
from imageseo.model.site import Page, Site
from imageseo.pipeline import crop_windows as windows
from imageseo.pipeline.hero_crops import Cropper
from imageseo.pipeline.incremental.build_state import digest
from imageseo.storage.output import OutputFolder
from imageseo.web import filenames
from imageseo.web.ai_labels import is_ai_generated


@dataclass(slots=True, kw_only=True)
class HeroPublisher:
    """Leads pages to their heroes for one build; generated ones are published as they are met.

    ``masters``: where the lock, the store and the providers are asked. ``library``: the project's prompts. ``known``:
    what a published hero or crop follows from -> hash and size of its file, from the last build. ``max_pixels``: of a
    master.
    """

    site: Site
    files: SiteFiles
    output: OutputFolder
    masters: MasterResolver
    library: PromptLibrary
    encoder: Encoder
    hero: HeroSettings
    rights: RightsSettings
    jpeg_quality: int
    max_pixels: int
    store: Store
    known: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    heroes: dict[str, tuple[str, int]] = field(default_factory=dict)  # as ``known``, of this build
    findings: list[Finding] = field(default_factory=list)
    _asked: dict[str, HeroRequest | None] = field(default_factory=dict)  # page -> what it asks for
    _declined: set[str] = field(default_factory=set)
    _published: dict[str, str] = field(default_factory=dict)

    def declined(self, page: Page) -> bool:
        """True when the author said that the page has no hero (``hero: false``)."""
        return page.path in self._declined

    @property
    def published(self) -> Collection[str]:
        """Site paths of the heroes and crops that this build made."""
        return self._published.keys()

    def of(self, page: Page) -> PageHero | None:
        """The hero that the page's author asked for; None when there is none, or when it cannot be had (a finding)."""
        try:
            return self._of(page, _where(page))
        except ImageseoError as error:  # a fault of this page's hero: a link out of the site, a lock without its file
            self._say("hero-master", error.message, error.hint, _where(page), fails=True)
            return None

    def _of(self, page: Page, location: Location) -> PageHero | None:
        try:
            request = self._request(page)
        except RecipeError as error:
            self._say("hero-recipe", error.message, error.hint, location, fails=True)
            return None
        if request is None:
            return None
        if request.off:
            self._declined.add(page.path)
            return None
        if request.file is not None:
            return self._file(request, request.file, location)
        return self._made(page, request, location)

    def _request(self, page: Page) -> HeroRequest | None:
        if page.path not in self._asked:
            requests = RequestReader(
                settings=self.hero,
                providers=self.masters.providers,
                library=self.library,
                base_url=self.site.base_url,
                exists=self.files.exists,
            )
            self._asked[page.path] = requests.of(page)
        return self._asked[page.path]

    def _all(self) -> Iterator[HeroRequest]:
        """What all pages of the site ask for, as far as it can be read."""
        for page in self.site.pages:
            with suppress(RecipeError):
                request = self._request(page)
                if request is not None:
                    yield request

    def _file(self, request: HeroRequest, path: str, location: Location) -> PageHero | None:
        asset = self.files.asset(path)
        if isinstance(asset, BadAsset):
            where = replace(location, image=path)
            self._say(asset.rule, f"{request.origin}: {asset.problem}", asset.hint, where, Severity.ERROR)
            return None
        rights = request.rights.or_else(asset.rights)
        # How a picture came to be is told by itself, whoever has a right to it.
        rights = replace(rights, digital_source_type=rights.digital_source_type or asset.rights.digital_source_type)
        hero = _hero(request, path, rights)
        return PageHero(hero=hero, asset=asset, pixels=(self.output.locate(path), asset))

    def _made(self, page: Page, request: HeroRequest, location: Location) -> PageHero | None:
        resolution = self.masters.resolve(request, location, beside=self._all)
        self.findings.extend(resolution.findings)
        master = resolution.master
        if master is None:
            return None
        request = request.or_else(master.said)
        rights = request.rights.or_else(master.rights).or_else(Rights.of(self.rights))
        # "" is a picture that was found and does not say how it came to be: then nor do we.
        asked = master.prompt if self.hero.publish_prompt and is_ai_generated(master.digital_source_type) else None
        rights = replace(rights, digital_source_type=master.digital_source_type or None, prompt=asked)
        path = self._path(page, master)
        try:
            jpeg = self._jpeg(master, rights)
            self._publish(path, jpeg)
            beside = tuple(self._crops(path, master, rights, jpeg, request.focal)) if self.hero.crops else ()
        except OSError as error:
            problem = f"{path} cannot be written: {error.strerror or error}"
            self._say("page-unwritable", problem, "make the folder writable, or make room", location, fails=True)
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
        hero = replace(_hero(request, path, rights), generated=True)
        # Variants are encoded from the lossless master, but weighed against the JPEG that they stand in for.
        return PageHero(
            hero=hero, asset=asset, pixels=(self._pixels(master), replace(asset, format="png")), crops=beside
        )

    def _publish(self, path: str, data: bytes) -> None:
        self.output.write(path, data)
        self.files.add(path, len(data))

    def _crops(
        self, hero: str, master: ResolvedMaster, rights: Rights, published: bytes, focal: tuple[float, float] | None
    ) -> Iterator[Asset]:
        """The crops that are asked for, published beside the hero."""
        cropper = Cropper(
            store=self.store,
            encoder=self.encoder,
            known=self.known,
            quality=self.jpeg_quality,
            max_pixels=self.max_pixels,
        )
        wanted: dict[str, str] = {
            ratio: cropper.follows(master.sha256, ratio, rights, focal) for ratio in self.hero.crops
        }
        paths = {ratio: windows.name(hero, ratio) for ratio in wanted}
        lacking = {ratio: what for ratio, what in wanted.items() if not self._stands(paths[ratio], what)}
        made = cropper.of(master.read, published, lacking, rights=rights, focal=focal) if lacking else ()
        for crop in made:
            self.heroes[crop.follows] = (sha256(crop.data).hexdigest(), len(crop.data))
            paths[crop.ratio] = self._free(paths[crop.ratio], master, crop.follows)
            self._publish(paths[crop.ratio], crop.data)
        for ratio, what in wanted.items():
            digest, size = self.heroes[what]
            width, height = windows.window((master.width, master.height), ratio, (0.5, 0.5)).size
            yield Asset(
                path=paths[ratio],
                sha256=digest,
                bytes=size,
                format="jpeg",
                width=width,
                height=height,
                rights=rights,
            )

    def _stands(self, path: str, what: str) -> bool:
        """Whether the last build published this very file at a path, and nobody has touched it since."""
        known = self.known.get(what)
        if known is None or self._published.get(path, what) != what:
            return False
        try:
            if sha256(self.output.read(path)).hexdigest() != known[0]:
                return False
        except OSError:
            return False
        self._published[path] = what
        self.heroes[what] = known
        return True

    def _jpeg(self, master: ResolvedMaster, rights: Rights) -> bytes:
        """The master as it is published. What the last build made of it is taken from the store, verified."""
        follows = digest(master.sha256, self.jpeg_quality, rights)
        known = self.known.get(follows)
        jpeg = self.store.read(StoredBlob(sha256=known[0], bytes=known[1])) if known is not None else None
        if known is None or jpeg is None:
            jpeg = self.encoder.publish(master.read(), quality=self.jpeg_quality, rights=rights)
            known = (sha256(jpeg).hexdigest(), len(jpeg))
        self.heroes[follows] = known
        return jpeg

    def _path(self, page: Page, master: ResolvedMaster) -> str:
        """Where a drawn hero is published: by the page's name, unless that is another page's or the author's file."""
        return self._free(f"{self.hero.publish}/{filenames.hero_name(page)}.jpg", master, master.sha256)

    def _free(self, path: str, master: ResolvedMaster, what: str) -> str:
        """A path, or if it is taken one with digits of the master. ``what``: tells what goes there from all else."""
        if self._published.setdefault(path, what) != what or not self._ours(path):
            stem, suffix = posixpath.splitext(path)
            path = f"{stem}-{master.sha256[:8]}{suffix}"
            self._published[path] = what
        return path

    def _ours(self, path: str) -> bool:
        """Whether a file may be written over: there is none, or an earlier build published it."""
        try:
            return TOOLKIT.encode() in self.output.begins(path, 8192)
        except OSError:
            return True

    def _pixels(self, master: ResolvedMaster) -> Path:
        """Where the encoder reads a master: in the project when it is pinned, else in the store."""
        return self.site.project / master.file if master.file is not None else self.store.path(master.sha256)

    def _say(
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


def _hero(request: HeroRequest, path: str, rights: Rights) -> Hero:
    """What the author says of a hero that is published at a path."""
    return Hero(
        path=path,
        alt=request.alt,
        caption=request.caption,
        rights=rights,
        depicts=request.depicts,
        focal=request.focal,
    )


def _where(page: Page) -> Location:
    return Location(page=page.path, source=page.source)
