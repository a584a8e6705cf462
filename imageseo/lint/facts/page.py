"""Memoised facts about a page, by name, for rules and for the build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial

from imageseo.layout import first_screen, hero_detection, image_widths
from imageseo.layout.containers import containers_of
from imageseo.layout.image_style import ImageStyle
from imageseo.layout.measurements import (
    CurrentPage,
    Name,
    TrustedLayout,
    apply_measurements,
    image_names,
    template_fingerprint,
)
from imageseo.layout.themes import article_selectors
from imageseo.lint.budgets import lcp
from imageseo.lint.budgets.spending import PageWeight
from imageseo.lint.facts.hidden_elements import HiddenElements
from imageseo.lint.facts.names import FACTS, FORMER_FACTS, SITE_FACTS
from imageseo.lint.facts.page_context import PageContext
from imageseo.lint.facts.site import SiteFacts
from imageseo.lint.facts.site_files import SiteFiles, spelled
from imageseo.model.facts import ImageFact, LcpImage, ResolvedUrl
from imageseo.model.finding import Budget
from imageseo.model.image import Asset, ImageRef, PageScan, Span
from imageseo.model.layout import PageLayout, ShownImage
from imageseo.model.site import Page, Site
from imageseo.web import urls
from imageseo.web.accessibility.graphics import PageGraphics
from imageseo.web.html import head, page_scan
from imageseo.web.markup.elements import PageElements
from imageseo.web.srcset import candidates
from imageseo.web.structured_data import parser as json_ld_parser

__all__ = ["FACTS", "FORMER_FACTS", "SITE_FACTS", "PageContext", "PageFacts", "SiteFacts", "SiteFiles"]


class PageFacts:
    """The facts of one page. A rule requests a fact by naming it as a parameter of its ``check``.

    ``site_facts``: the facts of the whole site; None in a build, which processes single pages.
    ``inserted``: site path of the hero that a build may add to the page. ``estimates``: URL of a CDN -> bytes that
    stand for those of its file.
    The first fact that needs the page's bytes may raise OSError or UnreadablePage.
    """

    def __init__(
        self,
        page: Page,
        *,
        site: Site,
        files: SiteFiles,
        page_context: PageContext,
        html: bytes | None = None,
        scan: PageScan | None = None,
        site_facts: SiteFacts | None = None,
        inserted: str | None = None,
        estimates: Mapping[str, int] | None = None,
    ) -> None:
        self.page = page
        self.site = site
        self.files = files
        self.site_facts = site_facts
        self._context = page_context
        self._html = html
        self._scan = scan
        self._inserted = inserted
        self._estimates = estimates or {}
        self._image_styles: Mapping[Span, ImageStyle] = {}

    @cached_property
    def html(self) -> bytes:
        return self._html if self._html is not None else self.files.page(self.page.path)

    @cached_property
    def scan(self) -> PageScan:
        if self._scan is not None:
            return self._scan
        include = (*self._context.include, *article_selectors(self.html))
        scan = page_scan.scan_page(self.html, include=include, exclude=self._context.exclude)
        self._image_styles = self._find_image_styles(scan)
        hidden = {span: style.hidden for span, style in self._image_styles.items() if style.hidden is not None}
        if not hidden:
            return scan
        refs = (
            replace(ref, hidden_by=f"`{hidden[ref.span]}`") if ref.span in hidden and ref.hidden_by is None else ref
            for ref in scan.refs
        )
        return replace(scan, refs=tuple(refs))

    @property
    def has_variants(self) -> bool:
        """Whether the settings allow images to get variants."""
        return self._context.variants

    @property
    def image_styles(self) -> Mapping[Span, ImageStyle]:
        """What the page's style sheets mean for its images, by the span of the tag; nothing for a given scan."""
        _ = self.scan
        return self._image_styles

    @property
    def has_own_size(self) -> Callable[[ImageRef], bool]:
        """Function: image -> whether no style sheet sets its size; False where the sheets are not known."""
        styles = self._context.styles

        def is_own(ref: ImageRef) -> bool:
            style = self.image_styles.get(ref.span)
            if styles is None or (style is not None and (style.natural_size or style.stretched or style.contained)):
                return False
            return not styles.may_size(self.page.path, self.html, self.scan, ref)

        return is_own

    @cached_property
    def head(self) -> head.Head:
        """Every ``<meta>``, ``<link>`` and JSON-LD block of the page, with its location."""
        return head.read(self.html, self.scan)

    @cached_property
    def elements(self) -> PageElements:
        """The elements of the published page, by name."""
        return PageElements(self.html, self.scan.charset)

    @cached_property
    def graphics(self) -> PageGraphics:
        """What readers hear of the page's images, links and buttons: their accessible names."""
        is_lint, styles = self.site_facts is not None, self._context.styles  # a build reads the tree of few pages
        if not is_lint or styles is None or not self.scan.styles:
            return PageGraphics(self.elements, drawings=is_lint)
        hidden = HiddenElements(styles, self.page.path, self.html, self.scan, self.elements)
        return PageGraphics(self.elements, hidden_by_styles=hidden.hides)

    @cached_property
    def json_ld(self) -> json_ld_parser.JsonLd:
        """The JSON-LD of the published page."""
        return json_ld_parser.read(self.html, self.scan.json_ld, self.scan.charset)

    @property
    def target(self) -> Callable[[str], ResolvedUrl]:
        """Function: URL as written on the page -> its target."""
        return lambda url: self._target(url, "")

    @property
    def asset_of(self) -> Callable[[str], Asset | None]:
        """Function: URL as written on the page -> its image; None if it is not an image file of the site."""
        return self._asset_at

    @cached_property
    def budgets(self) -> tuple[Budget, ...]:
        return self._context.budgets(self.page.path)

    @cached_property
    def page_weight(self) -> PageWeight:
        """The bytes of the page's images, at any viewport."""
        return PageWeight(
            self.page.path,
            images=lambda: self.images,
            lcp=lambda: self.lcp,
            budgets=self.budgets,
            bytes_of=self._bytes_of,
        )

    @cached_property
    def column_layout(self) -> image_widths.ColumnLayout:
        """How wide the article's images may get, from measurements, settings, theme and integration."""
        base = self._context.layout(self.scan, self.html)
        if self.measured is None:
            return base
        return apply_measurements(base, self.measured, self.sampled, self._names, inserted=self._inserted)

    @property
    def measured(self) -> PageLayout | None:
        """The measured layout of the page, or that inherited from its template; None if there is none."""
        return self._trusted_layout.layout

    @property
    def drift(self) -> str | None:
        """Why the page's own measurement is not used, as the end of a sentence; None if it is used."""
        return self._trusted_layout.drift

    @property
    def sampled(self) -> tuple[int, ...]:
        """Widths in CSS px of the viewports at which images were measured."""
        return self._context.measurements.widths if self._context.measurements is not None else ()

    @cached_property
    def measured_images(self) -> Mapping[Span, ShownImage]:
        """The measured images by their tags; on an unmeasured page, those inherited from its template."""
        shown = {(image.src, image.nth): image for image in (self.measured.images if self.measured else ())}
        return {span: shown[name] for span, name in self._names.items() if name in shown}

    @cached_property
    def _names(self) -> dict[Span, Name]:
        resolved = [(ref, self._resolve(ref.src)) for ref in self.scan.refs]
        names = image_names(path if isinstance(path, str) else ref.src for ref, path in resolved)
        return {ref.span: name for (ref, _), name in zip(resolved, names, strict=True)}

    @cached_property
    def _trusted_layout(self) -> TrustedLayout:
        measurements, refs = self._context.measurements, self.scan.refs
        if measurements is None or not (refs or self.page.path in measurements.layout.pages):
            return TrustedLayout(None)
        kind = template_fingerprint(self.html, self.scan)
        names = [self._names[ref.span] for ref in refs]
        within = partial(containers_of, self.html, self.scan)
        now = CurrentPage(self.page.path, kind, refs, names, self._asset_of, within)
        return measurements.held(now, inserted=self._inserted)

    @cached_property
    def images(self) -> tuple[ImageFact, ...]:
        """Every ``<img>`` in page order, with the targets of its URLs."""
        return tuple(self._image(ref) for ref in self.scan.refs)

    @cached_property
    def hero(self) -> ImageFact | None:
        """The image that visitors wait for, as ``first_screen.find_hero`` says; lazy images included."""
        scan = hero_detection.without_loading(self.scan)
        found = first_screen.find_hero(scan, self._asset_of, self.column_layout, guess=self._context.guess)
        return next((image for image in self.images if found is not None and image.ref.span == found.span), None)

    @cached_property
    def lcp(self) -> LcpImage | None:
        """The hero with the candidate that each gating viewport chooses."""
        if self.hero is None:
            return None
        ref = self.hero.ref
        return lcp.lcp_image(
            url=ref.src,
            sources=ref.sources,
            srcset=ref.get("srcset"),
            sizes=ref.get("sizes"),
            bytes_of=self._bytes_of,
            ref=ref,
            asset=self.hero.asset,
            treated=ref.is_processed,
            kept=ref.opt_out,
            viewports=[
                budget.viewport
                for budget in self.budgets
                if budget.metric == lcp.METRIC
                and not first_screen.may_be_text(ref, self.scan, self._asset_of, self.column_layout, budget.viewport)
            ],
        )

    def release(self) -> None:
        """Drop all facts: some refer to each other, and would keep page and tree until garbage is collected."""
        self.__dict__.clear()

    def _find_image_styles(self, scan: PageScan) -> Mapping[Span, ImageStyle]:
        if self._context.styles is None or not scan.refs:
            return {}
        return self._context.styles.of_page(self.page.path, self.html, scan, self.files.digest)

    def _image(self, ref: ImageRef) -> ImageFact:
        named = [(ref.src, "src")] if ref.get("src") is not None else []
        named += [(each.url, "srcset") for each in candidates.parse_srcset(ref.get("srcset") or "")]
        named += [(each.url, "source") for source in ref.sources for each in candidates.parse_srcset(source.srcset)]
        targets = tuple(self._target(url, attribute) for url, attribute in dict.fromkeys(named))
        path = targets[0].path if targets and targets[0].attribute == "src" else None
        return ImageFact(ref=ref, targets=targets, file=self.files.asset(path) if path is not None else None)

    def _target(self, url: str, attribute: str) -> ResolvedUrl:
        resolved = self._resolve(url)
        if isinstance(resolved, urls.ExternalUrl):
            return ResolvedUrl(url=url, attribute=attribute, elsewhere=resolved.reason)
        exists = self.files.exists(resolved)
        if not exists and urls.may_be_served(resolved):
            return ResolvedUrl(url=url, attribute=attribute, elsewhere="origin")
        near = None if exists else self.files.near(resolved)
        return ResolvedUrl(url=url, attribute=attribute, path=resolved, exists=exists, near=near)

    def _resolve(self, url: str) -> str | urls.ExternalUrl:
        if self._context.delivered is not None and self._context.delivered.fullmatch(url):
            return urls.ExternalUrl(reason="origin")
        path = urls.resolve(url, page=self.page.path, base_url=self.site.base_url, base_href=self.scan.base_href)
        return spelled(path, self.files.exists) if isinstance(path, str) and not path.isascii() else path

    def _bytes_of(self, url: str) -> int | None:
        resolved = self._resolve(url)
        return self._estimates.get(url) if isinstance(resolved, urls.ExternalUrl) else self.files.size(resolved)

    def _asset_of(self, ref: ImageRef) -> Asset | None:
        return self._asset_at(ref.src)

    def _asset_at(self, url: str) -> Asset | None:
        path = self._resolve(url)
        found = self.files.asset(path) if isinstance(path, str) and self.files.exists(path) else None
        return found if isinstance(found, Asset) else None
