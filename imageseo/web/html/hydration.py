"""Pages that a framework hydrates: its script compares the page with what it would render, and discards differences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import starmap

from imageseo.model.image import ImageRef
from imageseo.web.html.attributes import Tag
from imageseo.web.html.tokenizer import walk

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
_ROOT = re.compile(rb"__(docusaurus|next(?=[\"' >])|NEXT_DATA__|next_f|_gatsby|VP_HASH_MAP__|NUXT__|nuxt(?=[\"' >])|"
                   rb"VUE_SSR_CONTEXT__|remixContext|reactRouterContext|staticRouterHydrationData|sveltekit_|"
                   rb"PREACT_CLI_DATA__|TSR_)")  # fmt: skip
_ATTRIBUTE = re.compile(rb"data-(server-rendered|v-app|reactroot|sveltekit-hydrate|svelte-h=|hk=)")
# React, Vue 3 and Svelte 5 delimit fragments by comments.
_FRAGMENT = re.compile(rb"<!--(?:\$|\[|\[!)-->")
# Parts that a framework renders anew in the browser: Docusaurus, Headless UI and others do so with the panels of tabs.
_REMOUNTED = re.compile(r"""\srole\s*=\s*["']?tabpanel""")
_CUSTOM_TAG = re.compile(rb"<([a-z][^\s/>]*?-[^\s/>]*)")


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
    lowered = html.lower()
    names = frozenset(match.decode("latin-1") for match in set(_CUSTOM_TAG.findall(lowered)))
    if not names or not refs:
        return {}
    images = {ref.span.start for ref in refs}
    open_names: list[str] = []
    found: dict[int, str] = {}
    for tag in starmap(Tag, walk(lowered.decode("latin-1"), names | {"img"})):
        if tag.name == "img":
            if open_names and tag.start in images:
                found[tag.start] = open_names[-1]
        elif tag.name[0] != "/":
            open_names.append(tag.name)
        elif tag.name[1:] in open_names:
            del open_names[len(open_names) - 1 - open_names[::-1].index(tag.name[1:]) :]
    return found


def remounted_images(html: bytes) -> frozenset[int]:
    """Return the offsets of images in parts that a hydrating framework renders anew: the panels of tabs.

    The new elements do not have what a build added to the old ones.
    """
    lowered = html.lower().decode("latin-1")
    if "tabpanel" not in lowered:
        return frozenset()
    open_panels: list[bool] = []
    found: list[int] = []
    for name, start, end, _ in walk(lowered, frozenset({"div", "section", "img"})):
        if name == "img":
            if any(open_panels):
                found.append(start)
        elif name[0] == "/":
            if open_panels:
                open_panels.pop()
        else:
            open_panels.append(_REMOUNTED.search(lowered, start, end) is not None)
    return frozenset(found)
