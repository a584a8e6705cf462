"""Pages that a framework hydrates: its script compares the page with what it would render, and discards differences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from imageseo.model.image import ImageRef

if TYPE_CHECKING:
    from turbohtml import Element

# What server-rendered pages of a framework contain. Three patterns with a literal start each, which `re` finds in a
# third of the time that two dozen searches take.
_NAMES = {
    b"docusaurus": "Docusaurus",
    b"next": "Next.js",
    b"NEXT_DATA__": "Next.js",
    b"next_f": "Next.js",
    b"_gatsby": "Gatsby",
    b"VP_HASH_MAP__": "VitePress",
    b"NUXT__": "Nuxt",
    b"nuxt": "Nuxt",
    b"rspress_root": "Rspress",
    b"VUE_SSR_CONTEXT__": "Vue",
    b"remixContext": "Remix",
    b"reactRouterContext": "React Router",
    b"staticRouterHydrationData": "React Router",
    b"sveltekit_": "SvelteKit",
    b"PREACT_CLI_DATA__": "Preact",
    b"TSR_": "TanStack",
}
_ATTRIBUTES = {
    b"server-rendered": "Vue",
    b"v-app": "Vue",
    b"reactroot": "React",
    b"sveltekit-hydrate": "SvelteKit",
    b"svelte-h=": "Svelte",
    b"hk=": "Solid",
}
# `__next` is the id of an element; in the class `pager__next` it is not.
_ROOT = re.compile(rb"__(docusaurus|(?<=[\"'=]__)(?:next|nuxt)(?=[\"' >])|NEXT_DATA__|next_f|_gatsby|VP_HASH_MAP__|"
                   rb"NUXT__|rspress_root|VUE_SSR_CONTEXT__|remixContext|reactRouterContext|staticRouterHydrationData|"
                   rb"sveltekit_|PREACT_CLI_DATA__|TSR_)")  # fmt: skip
_ATTRIBUTE = re.compile(rb"data-(server-rendered|v-app|reactroot|sveltekit-hydrate|svelte-h=|hk=)")
# React, Vue 3 and Svelte 5 delimit fragments by comments.
_FRAGMENT = re.compile(rb"<!--(?:\$|\[|\[!)-->")
_CUSTOM_TAG = re.compile(rb"<[a-zA-Z][^\s/<>]*?-")


def hydrating_framework(html: bytes) -> str | None:
    """Return the framework that hydrates a page; ``None`` if there is no sign of one."""
    for pattern, names in ((_ROOT, _NAMES), (_ATTRIBUTE, _ATTRIBUTES)):
        match = pattern.search(html)
        if match is not None:
            return names[match[1]]
    if b"ng-server-context" in html:
        return "Angular"
    return "a framework" if _FRAGMENT.search(html) else None


def custom_elements_of(html: bytes, refs: Sequence[ImageRef]) -> dict[int, str]:
    """Return the images inside custom elements: offset of the tag -> name of the innermost one.

    Scripts define these elements, and may look for their ``<img>`` as a child; islands of Astro are among them.
    """
    if not refs or _CUSTOM_TAG.search(html) is None:
        return {}
    found: dict[int, str] = {}
    for image, around in ancestors_of_images(html):
        name = next((each.tag for each in around if "-" in each.tag), None)
        if name is not None:
            found[image] = name
    return found


def remounted_images(html: bytes) -> frozenset[int]:
    """Return the offsets of images in parts that a hydrating framework renders again: the panels of tabs.

    The new elements do not have what a build added to the old ones.
    """
    if b"tabpanel" not in html.lower():
        return frozenset()
    return frozenset(image for image, around in ancestors_of_images(html) if any(map(_is_panel, around)))


def _is_panel(element: Element) -> bool:
    role = element.attrs.get("role")
    return isinstance(role, str) and role.strip().lower().startswith("tabpanel")


def ancestors_of_images(html: bytes) -> Iterator[tuple[int, list[Element]]]:
    """Yield the offset of each image, and the elements around it, innermost first."""
    from imageseo.web.html import tree  # most pages have neither panels nor custom elements

    for image in tree.images(tree.parse(html)):
        yield tree.start_of(image), list(tree.ancestors(image))
