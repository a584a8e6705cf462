"""The asset register: one entry for each image of a built site, with its origin, rights, files and pages."""

from __future__ import annotations

import csv
import hashlib
import io
import posixpath
from collections.abc import Callable, Iterator, Sequence

import msgspec
from msgspec import Struct, structs

from imageseo.heroes.lock.lock import Lock
from imageseo.model.hero import Pin
from imageseo.model.image import Asset, BadAsset
from imageseo.model.site import Site
from imageseo.model.site_report import ReportedHero, ReportedPicture, SiteReport
from imageseo.storage.site_folder import SiteFolder
from imageseo.web import filenames, urls

VERSION = 1
_MAX_FILE = 256 * 2**20
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RegisteredFile(Struct, frozen=True, kw_only=True):
    """A published variant. ``url``: None if the site's URL is not known."""

    file: str
    url: str | None
    format: str
    width: int
    bytes: int
    sha256: str


class RegisteredAsset(Struct, frozen=True, kw_only=True):
    """An image of the site. ``id``: stays when its pixels change: of a hero by its page, of others by their path.

    ``kind``: ``card`` (a title card), ``hero`` or ``image``. ``sha256``, ``bytes``, …: of the published file.
    ``approvals``: of the pinned image: role, person and date. ``prompt_sha256``: of the prompt's text; ``prompt``: only
    if it is asked for.
    """

    id: str
    kind: str
    file: str
    url: str | None
    sha256: str
    format: str
    width: int
    height: int
    bytes: int
    alt: list[str]
    pages: list[str]
    page_urls: list[str]
    provider: str | None = None
    model: str | None = None
    seed: int | None = None
    recipe: str | None = None
    prompt_sha256: str | None = None
    prompt: str | None = None
    master: str | None = None
    master_sha256: str | None = None
    creator: str | None = None
    credit: str | None = None
    license: str | None = None
    source_type: str | None = None
    owner: str | None = None
    status: str | None = None
    approvals: list[str] = []
    variants: list[RegisteredFile]


class AssetRegister(Struct, frozen=True, kw_only=True):
    """The images of a site, in the order of their files."""

    version: int = VERSION
    site: str | None
    assets: list[RegisteredAsset]


def asset_register(
    site: Site, report: SiteReport, lock: Lock, probe: Callable[[str], Asset | BadAsset], *, prompts: bool = False
) -> AssetRegister:
    """Return the register of a built site. ``probe``: site path -> image. ``prompts``: with the texts of prompts."""
    heroes = {each.picture: each for each in reversed(report.heroes)}
    pages = {page.path: page for page in site.pages}
    reader = _AssetReader(site, probe, prompts)
    assets = []
    for picture in sorted(report.pictures, key=lambda each: each.source):
        hero = heroes.get(picture.source)
        page = pages.get(hero.page) if hero is not None and hero.pinned else None
        pin = lock.of_page(page.key) if page is not None else None
        shown = [urls.absolute(site.base_url, pages[path].url) for path in picture.pages] if site.base_url else []
        assets.append(reader.asset(picture, hero, pin, shown))
    return AssetRegister(site=site.base_url, assets=assets)


class _AssetReader:
    def __init__(self, site: Site, probe: Callable[[str], Asset | BadAsset], prompts: bool) -> None:
        self._base_url, self._probe, self._prompts = site.base_url, probe, prompts
        self._folder, self._root = SiteFolder(site.root), site.root

    def asset(
        self, picture: ReportedPicture, hero: ReportedHero | None, pin: Pin | None, page_urls: list[str]
    ) -> RegisteredAsset:
        found = self._probe(picture.source)
        rights = pin.rights if pin is not None else found.rights if isinstance(found, Asset) else None
        prompt = pin.recipe.options.get("prompt") if pin is not None else None
        prompt = prompt if isinstance(prompt, str) else None
        is_card = pin is not None and bool(pin.recipe.options.get("card"))
        name = f"hero {pin.page}" if pin is not None else f"file {picture.source}"
        return RegisteredAsset(
            id=_digest(name)[:16],
            kind="card" if is_card else "hero" if picture.hero else "image",
            file=picture.source,
            url=self._url(picture.source),
            sha256=picture.sha256,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            bytes=picture.bytes,
            alt=sorted({use.alt for use in picture.uses if use.alt is not None}),
            pages=picture.pages,
            page_urls=page_urls,
            provider=hero.provider if hero is not None else None,
            model=hero.model if hero is not None else None,
            seed=hero.seed if hero is not None else None,
            recipe=pin.recipe_hash if pin is not None else None,
            prompt_sha256=None if prompt is None else _digest(prompt),
            prompt=prompt if self._prompts else None,
            master=pin.file if pin is not None else None,
            master_sha256=pin.file_sha256 if pin is not None else None,
            creator=rights.creator if rights is not None else None,
            credit=rights.credit if rights is not None else None,
            license=rights.license if rights is not None else None,
            source_type=pin.digital_source_type if pin is not None else rights.digital_source_type if rights else None,
            owner=pin.owner if pin is not None else None,
            status=pin.made.get("status") if pin is not None else None,
            approvals=_approvals(pin) if pin is not None else [],
            variants=list(self._variants(picture.source)),
        )

    def _variants(self, source: str) -> Iterator[RegisteredFile]:
        """Yield the variants of a file that are in its folder: their names follow from their bytes."""
        folder = posixpath.dirname(source)
        stem = posixpath.splitext(posixpath.basename(source))[0][:40]
        try:
            names = sorted(each.name for each in (self._root / folder).iterdir() if each.name.startswith(stem))
        except OSError:
            return
        for name in names:
            width = filenames.variant_width(name)
            if width is None:
                continue
            path = posixpath.join(folder, name)
            try:
                data = self._folder.read(path, limit=_MAX_FILE)
            except OSError:
                continue
            digest, suffix = hashlib.sha256(data).hexdigest(), posixpath.splitext(name)[1].lstrip(".")
            if filenames.variant_name(source, width, digest, suffix) == name:
                yield RegisteredFile(
                    file=path, url=self._url(path), format=suffix, width=width, bytes=len(data), sha256=digest
                )

    def _url(self, path: str) -> str | None:
        return urls.absolute(self._base_url, path) if self._base_url else None


def _approvals(pin: Pin) -> list[str]:
    """Return the approvals of the pinned image, each as role, person and date."""
    own = (each for each in pin.approved if each.get("image") in (pin.file_sha256, pin.pixels_sha256))
    return [" ".join(filter(None, (each.get("role"), each.get("by"), each.get("at")))) for each in own]


def as_json(register: AssetRegister) -> str:
    """Return the register as JSON, indented."""
    return msgspec.json.format(msgspec.json.encode(register), indent=2).decode() + "\n"


def as_csv(register: AssetRegister) -> str:
    """Return the register as CSV: one row for each image, lists in one cell, a line each.

    A cell that a spreadsheet would read as a formula begins with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([each.name for each in structs.fields(RegisteredAsset)])
    for asset in register.assets:
        writer.writerow([_cell(getattr(asset, each.name)) for each in structs.fields(RegisteredAsset)])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _safe("\n".join(each.file if isinstance(each, RegisteredFile) else str(each) for each in value))
    return _safe(str(value))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
