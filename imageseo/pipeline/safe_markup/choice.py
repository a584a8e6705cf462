"""Choose the least invasive form of an image's markup that is safe on its page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from imageseo.config import selector_syntax
from imageseo.layout.image_style import ImageStyle
from imageseo.model.image import ImageRef, PageScan, Span
from imageseo.model.markup_note import INLINE_STYLES_FORBIDDEN
from imageseo.model.plan import FULL_MARKUP, MarkupChoice, MarkupForm
from imageseo.web import csp
from imageseo.web.css.tree_match import matching_images
from imageseo.web.html import hydration, page_scripts, script_owned
from imageseo.web.srcset.preload import Preload

Wanted = Literal["auto", "picture", "img", "attributes"]

_NO_STYLE = ImageStyle()
# Libraries whose scripts wrap each image in an element of their own, which then would be inside our <picture>.
_WRAPPING_SCRIPTS = (b"fancybox",)


@dataclass(kw_only=True)
class MarkupChooser:
    """Chooses the form for the images of one page. ``wanted``: the setting `markup`.

    ``policies``: the page's Content-Security-Policies. ``rules``: texts of the ``<style>`` element without and with
    those for a label; None if the rules are in a file. ``has_place``: whether they can be added. ``styles``: what the
    page's style sheets mean for images, by the tag's span. ``preloads``: the author's preload link of an image, by the
    image's tag. ``loaded``: tags of images whose file the page loads in another way too.
    ``read_script``: URL of a script as written -> its text; None for other hosts.
    """

    wanted: Wanted
    html: bytes
    scan: PageScan
    policies: Sequence[str] = ()
    rules: tuple[str, str] | None = None
    has_place: bool = True
    styles: Mapping[Span, ImageStyle] = field(default_factory=dict)
    preloads: Mapping[Span, Preload] = field(default_factory=dict)
    loaded: Collection[Span] = ()
    read_script: Callable[[str], str | None] = lambda _: None

    def choose(self, ref: ImageRef) -> MarkupChoice:
        """Return the choice for an image that is neither opted out nor a vector image."""
        placeholder = script_owned.placeholder(ref)
        if placeholder is not None:
            return MarkupChoice(form=MarkupForm.NONE, reason=placeholder, sized=False, styled=False)
        style = self.styles.get(ref.span, _NO_STYLE)
        choice = self._restrict(FULL_MARKUP, style)
        script = script_owned.handler(ref) or self._naming_script(ref)
        if script is not None:  # the other file may have another size
            return replace(choice, form=MarkupForm.ATTRIBUTES, reason=script, sized=False, styled=False, contents=False)
        pixels = script_owned.uses_pixels(ref) or self._reason_against_candidates(ref)
        if pixels is not None:
            return replace(choice, form=MarkupForm.ATTRIBUTES, reason=pixels, contents=False)
        if self.wanted == "attributes":
            return replace(choice, form=MarkupForm.ATTRIBUTES, reason="the setting `markup`", contents=False)
        reason = self._reason_against_wrapper(ref, style)
        if self.wanted == "picture" and ref.unwrappable is None:
            return replace(choice, contents=style.picture is not None)
        if self.wanted == "img":
            reason = "the setting `markup`"
        if reason is None:
            return replace(choice, contents=style.picture is not None)
        selected = next((style.attributes[name] for name in ("srcset", "sizes") if name in style.attributes), None)
        if selected is not None:
            return replace(choice, form=MarkupForm.ATTRIBUTES, reason=f"{reason}, and `{selected}` selects `srcset`")
        return replace(choice, form=MarkupForm.IMG, reason=reason)

    @cached_property
    def has_style(self) -> bool:
        """Whether the page may contain the rules of imageseo, or need not because they are in a file."""
        if not self.has_place:
            return False
        if not self.policies:
            return True
        if self.rules is None:
            return csp.allows_own_style_sheet(self.policies)
        return csp.allows_style_element(self.policies, self.rules[0])

    @property
    def reason_against_insertion(self) -> str | None:
        """Why no element may be added to the page, a clause; ``None`` if one may be."""
        if self.framework is not None:
            return f"{self.framework} hydrates the page, and would remove it"
        if not self.has_style:
            return self._reason_without_style
        if self.rules is not None and not csp.allows_style_element(self.policies, self.rules[1]):
            return "the Content-Security-Policy forbids the styles of its label"
        return None

    @property
    def _reason_without_style(self) -> str:
        if not self.has_place:
            return "the page has no <head> that the rules for it could be added to"
        if self.rules is None:
            return "the Content-Security-Policy forbids style sheets of the site"
        return INLINE_STYLES_FORBIDDEN

    @cached_property
    def framework(self) -> str | None:
        """The framework that hydrates the page."""
        return hydration.hydrating_framework(self.html)

    @cached_property
    def _allows_style_attributes(self) -> bool:
        return csp.allows_style_attribute(self.policies)

    @cached_property
    def _custom_elements(self) -> Mapping[int, str]:
        return hydration.custom_elements_of(self.html, self.scan.refs)

    @cached_property
    def _wrapping_script(self) -> str | None:
        return next((name.decode() for name in _WRAPPING_SCRIPTS if name in self.html.lower()), None)

    @cached_property
    def _scripts(self) -> Sequence[str]:
        return tuple(page_scripts.scripts_of(self.html, self.read_script))

    @cached_property
    def _source_scripts(self) -> Sequence[str]:
        return tuple(page_scripts.source_scripts(self.html, self._scripts))

    @cached_property
    def _set_by_scripts(self) -> Mapping[Span, str]:
        """Images that a script selects, and sets or replaces: tag -> what selects it."""
        refs, found = self.scan.refs, dict(self._set_by_handlers())
        others = (each for each in self._scripts if not page_scripts.sets_source(each))
        scripts = [*self._source_scripts, *page_scripts.replacing_scripts(refs, others)]
        if not scripts:
            return found
        from imageseo.web.html import script_selections, tree

        for script in scripts:
            numbers = script_selections.numbers_set(script)
            if numbers:
                spans = {ref.span.start: ref.span for ref in refs}
                images = tree.numbered_images(tree.parse(self.html))
                named = {images[number]: number for number in sorted(numbers) if number < len(images)}
                found |= {spans[at]: f"document.images[{number}]" for at, number in named.items() if at in spans}
            for selector in script_selections.selectors_set(script):
                if script_selections.may_select(selector, self.html) and selector_syntax.fault(selector) is None:
                    sources = [ref.src for ref in refs]
                    matching, _ = matching_images(self.html, self.scan.charset, sources, (selector,), ())
                    found |= {refs[number].span: selector for number in matching}
        return found

    def _set_by_handlers(self) -> Iterator[tuple[Span, str]]:
        """Yield images of which a handler of another element sets the source, reaching them from that element."""
        levels = [page_scripts.levels_from_arguments(each) for each in self._source_scripts]
        from_arguments = max((each for each in levels if each is not None), default=None)
        if from_arguments is None and not any(map(page_scripts.reaches_from_this, self._source_scripts[-1:])):
            return
        from imageseo.web.html import script_selections

        spans = {ref.span.start: ref.span for ref in self.scan.refs}
        for at, name in script_selections.images_of_handlers(self.html, from_arguments):
            if at in spans:
                yield spans[at], f"{name}=this"

    def _naming_script(self, ref: ImageRef) -> str | None:
        if ref.span in self._set_by_scripts:
            return f"a script sets the `src` of `{self._set_by_scripts[ref.span]}`"
        passed_by = script_owned.passed_by(ref)
        if passed_by is not None and self._source_scripts:
            return f"`{passed_by}` passes the image to a script, and one sets `src`"
        if not page_scripts.has_names(ref):
            return None
        names = (page_scripts.naming_selector(ref, script) for script in self._source_scripts)
        selector = next((name for name in names if name is not None), None)
        return None if selector is None else f"a script that sets `src` names it by `{selector}`"

    def _restrict(self, choice: MarkupChoice, style: ImageStyle) -> MarkupChoice:
        """Return the choice without attributes that would change what the page's style sheets do."""
        fixed = frozenset(style.attributes)
        natural = style.natural_size is not None or style.stretched is not None
        is_sized_by_style = natural or style.contained is not None or style.automatic is not None
        return replace(
            choice,
            sized=self.has_style and style.layered is None and not fixed & {"width", "height"},
            natural=natural,
            automatic=style.automatic is not None,
            styled=self._allows_style_attributes and "style" not in fixed and not is_sized_by_style,
            fixed=fixed,
        )

    def _reason_against_wrapper(self, ref: ImageRef, style: ImageStyle) -> str | None:
        if ref.unwrappable is not None:
            return ref.unwrappable
        if ref.get("slot") is not None:
            return "`slot` must be on a child of the web component"
        if self.framework is not None:
            return f"{self.framework} hydrates the page"
        if not self.has_style:
            return self._reason_without_style
        if style.wrapper is not None:
            return f"`{style.wrapper}` in the page's styles would not apply in the same way"
        if style.picture is not None and (style.picture_important or not self._allows_style_attributes):
            return f"`{style.picture}` in the page's styles would make the <picture> a box"
        element = self._custom_elements.get(ref.span.start)
        if element is not None:
            return f"the script of <{element}> may look for its images"
        if self._wrapping_script is not None:
            return f"{self._wrapping_script} wraps images"
        preload = self.preloads.get(ref.span)
        if preload is not None and preload.type is not None:
            return "the preload link names a type"
        return None

    @cached_property
    def _remounted(self) -> frozenset[int]:
        return hydration.remounted_images(self.html) if self.framework is not None else frozenset()

    def _reason_against_candidates(self, ref: ImageRef) -> str | None:
        """Return why no other file may be offered for an image, a clause."""
        if ref.span.start in self._remounted:
            return f"{self.framework} renders panels of tabs again"
        if ref.span in self.loaded:
            return "the page also loads its file as a background, a poster or an image of an SVG"
        background = self.styles.get(ref.span, _NO_STYLE).background
        if background is not None:
            return f"`{background}` in the page's style sheets also loads its file as a background"
        preload = self.preloads.get(ref.span)
        if preload is not None and preload.srcset is not None:
            return "the preload link lists other files"
        return None
