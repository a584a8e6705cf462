"""Collect drafts of missing alternative texts from a built site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from imageseo.heroes.lock import lock as locks
from imageseo.heroes.recipes.request_reader import RequestReader
from imageseo.integrations.project import Project
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError, SiteError
from imageseo.model.hero import PictureText
from imageseo.model.humanize import pluralize
from imageseo.model.image import ImageRef, PageRegion, PageScan
from imageseo.model.site import Page, Site
from imageseo.pipeline import composition
from imageseo.pipeline.alt_texts import proposals
from imageseo.pipeline.alt_texts.captioner import Captioner
from imageseo.pipeline.alt_texts.drafts_file import EVERY_PAGE, HERO, Draft, DraftsFile
from imageseo.storage.site_folder import SiteFolder
from imageseo.web import urls
from imageseo.web.html import edits
from imageseo.web.html.charset import UnreadablePage
from imageseo.web.html.page_scan import scan_page
from imageseo.web.markup.elements import PageElements

_WORDS = 160  # characters of the text before and after an image
_BLOCKS = frozenset(("p", "li", "td", "figure", "div", "section", "a", "span", "picture"))
_NAMES = ("aria-label", "aria-labelledby", "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftRun:
    """``file``: as written; ``new``: number of drafts that were added."""

    file: DraftsFile
    new: int

    @property
    def summary(self) -> str:
        """One line about the file."""
        count = dict.fromkeys(("needs-review", "approved", "decorative", "skip"), 0)
        for draft in self.file.drafts:
            count[draft.status] += not draft.gone
        gone = sum(draft.gone for draft in self.file.drafts)
        lost = f", {gone} whose image is gone" if gone else ""
        done = count["approved"] + count["decorative"]
        return (
            f"{self.file.path.name}: {pluralize(self.new, 'new draft')}, {count['needs-review']} to review, "
            f"{done} approved{lost}"
        )


def draft(project: Project, root: Path) -> DraftRun:
    """Bring the project's file of drafts up to date with a built site. Raises ImageseoError."""
    settings = project.settings
    old = DraftsFile.read(project.folder / settings.alt.file)
    known = {each.key for each in old.drafts}
    collector = _Collector(project=project, site=project.site(root), known=known)
    found: dict[tuple[str, str], Draft] = {}
    for each in collector.find():
        found.setdefault(each.key, each)
    new = [key for key in found if key not in known]
    updated = old.updated(found.values())
    if updated.text != old.text and (new or old.text):
        updated.write()
    return DraftRun(file=updated, new=len(new))


@dataclass(kw_only=True)
class _Collector:
    """``known``: drafts that the file has; nothing is proposed for them again."""

    project: Project
    site: Site
    known: set[tuple[str, str]]
    _captions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def _files(self) -> SiteFolder:
        return SiteFolder(self.site.root)

    @cached_property
    def _captioner(self) -> Captioner | None:
        name = self.project.settings.alt.captioner
        return None if name is None else Captioner(self.project.folder / name, name)

    @cached_property
    def _lock(self) -> locks.Lock:
        return locks.read(self.project.folder / locks.NAME)

    @cached_property
    def _reader(self) -> RequestReader:
        settings, folder = self.project.settings, self.project.folder
        return RequestReader(
            settings=settings.hero,
            providers=composition.providers(settings, folder),
            library=composition.prompt_library(settings, folder),
            base_url=self.site.base_url,
            exists=self._exists,
        )

    def _exists(self, path: str) -> bool:
        return (self.site.root / path).is_file()

    def find(self) -> Iterator[Draft]:
        """Yield a draft for each image without an alternative text, also for those in the file."""
        for page in self.site.without(self.project.settings.exclude_pages).pages:
            try:
                html = edits.strip(self._files.read(page.path))
                scan = scan_page(html)
            except (OSError, SiteError, UnreadablePage):
                continue  # a build reports it
            yield from self._hero(page, scan)
            missing = [ref for ref in scan.refs if _lacks_alt(ref)]
            elements = PageElements(html, scan.charset) if missing else None
            for ref in missing:
                path = urls.resolve(ref.src, page=page.path, base_url=self.site.base_url, base_href=scan.base_href)
                if isinstance(path, str) and self._exists(path) and elements is not None:
                    yield self._draft(page, scan, ref, path, elements)

    def _draft(self, page: Page, scan: PageScan, ref: ImageRef, path: str, elements: PageElements) -> Draft:
        in_theme = ref.region is PageRegion.CHROME
        key = (EVERY_PAGE if in_theme else page.path, path)
        if key in self.known:
            return Draft(page=key[0], image=path, alt="", context={})
        heading = "" if in_theme else ref.heading or scan.h1_text or scan.title
        before, after = _words_around(ref, elements)
        said = self._caption(path, scan.language)
        alt, origin = (said, "captioner") if said else (proposals.from_heading(heading), "heading")
        context = {
            "source": page.key if page.key != page.path else "",
            "heading": heading or "",
            "caption": ref.caption or "",
            "before": before,
            "after": after,
            "language": scan.language or "",
            "from": origin if alt else "",
        }
        return Draft(page=key[0], image=path, alt=alt, context={name: text for name, text in context.items() if text})

    def _hero(self, page: Page, scan: PageScan) -> Iterator[Draft]:
        if not page.hints.meta:
            return
        request = None
        with suppress(ImageseoError):  # of this page's front matter: a build reports it
            request = self._reader.of(page)
        if request is None or request.off or request.alt is not None or not request.inserts:
            return
        pin = self._lock.of_page(page.key)
        if pin is not None and PictureText.of(pin.env).alt is not None:
            return
        options: Mapping[str, Any] = request.recipe.options if request.recipe is not None else {}
        prompt = options.get("prompt") or (pin.recipe.options.get("prompt") if pin is not None else None)
        subject = proposals.from_prompt(prompt) if isinstance(prompt, str) else ""
        alt = subject or proposals.from_heading(scan.h1_text or scan.title)
        context = {"heading": scan.h1_text or "", "prompt": prompt or "", "language": scan.language or ""}
        context["from"] = "prompt" if subject else "heading"
        context = {name: str(text) for name, text in context.items() if text}
        yield Draft(page=page.path, image=HERO, alt=alt, context=context)

    def _caption(self, path: str, language: str | None) -> str:
        """Return what the model says about an image, if it writes the page's language."""
        wanted = self.project.settings.alt.captioner_language.lower().partition("-")[0]
        if self._captioner is None or (language or wanted).lower().partition("-")[0] != wanted:
            return ""
        if path not in self._captions:
            try:
                data = regular_file.read(self.site.root / path)
            except OSError:
                return ""
            self._captions[path] = proposals.shortened(self._captioner.describe(data))
        return self._captions[path]


def _lacks_alt(ref: ImageRef) -> bool:
    role = (ref.get("role") or "").strip().lower()
    is_hidden = (ref.get("aria-hidden") or "").strip().lower() == "true" or role in ("presentation", "none")
    return ref.get("alt") is None and not is_hidden and not any((ref.get(name) or "").strip() for name in _NAMES)


def _words_around(ref: ImageRef, elements: PageElements) -> tuple[str, str]:
    """Return the end of the text before an image and the beginning of that after it, in its part of the page."""
    node: Any = next((each.node for each in elements.named("img") if each.offset == ref.span.start), None)
    before = after = ""
    while node is not None and node.parent is not None and not (before and after):
        siblings = list(node.parent.children)
        at = next((number for number, each in enumerate(siblings) if each == node), None)
        if at is not None:
            before = before or _joined(siblings[:at], elements)
            after = after or _joined(siblings[at + 1 :], elements)
        if getattr(node.parent, "tag", None) not in _BLOCKS:
            break
        node = node.parent
    return before[-_WORDS:].lstrip(), after[:_WORDS].rstrip()


def _joined(nodes: list[Any], elements: PageElements) -> str:
    texts = (each.text if hasattr(each, "text") else str(each) for each in nodes if hasattr(each, "parent"))
    return " ".join(elements.decode_node(" ".join(filter(None, texts))).split())
