"""Images that a page's scripts own: a script sets their file, or computes with the pixels of the file in ``src``.

``<source>`` and ``srcset`` take precedence over ``src``: a script that sets ``src`` would have no effect any more.
"""

from __future__ import annotations

import re

from imageseo.model.image import ImageRef
from imageseo.web.srcset.candidates import srcset_entries

# Attributes by which frameworks set the source: `:src`, `v-bind:src`, `x-bind:srcset`, `[src]`, `ng-src`, `bind:src`.
_BOUND = re.compile(r"(?:[\w.-]*:|\[(?:attr\.)?|ng-|\.)(?:ng)?src(?:set)?(?:\.[\w.-]+)?\]?|\[?ngsrc\]?|v-lazy[\w:-]*")
PASSED = re.compile(r"[(,]\s*(?:this|event)\s*[,)]")
"""A handler that passes its own element to a function."""
# Attributes that set several others: an object of properties, which may contain the source.
_BOUND_OBJECT = frozenset({"v-bind", "x-bind", "data-bind", ":attrs", "x-html"})
# The next ones are compiled when they are used: few images have such attributes.
_SETS_SOURCE = r"(?i)\bsrc(?:set)?\b"
_IMAGE_URL = r"(?i)(?:data:image/|[^\s,]+\.(?:jpe?g|png|gif|webp|avif|svg|bmp|jxl)(?![\w]))"
# Data attributes that replace the source in common lazy loaders and theme switchers, also with a URL without a suffix.
_SOURCE = r"data-(?:.+-)?(?:src|srcset)|data-(?:original|lazy|echo|light|dark|hover|url|image|img|ll-.+)"
# Data attributes that name a file for another purpose: lightboxes, zoom, downloads, galleries of WordPress.
_OTHER_PURPOSE = (
    r"data-(?:zoom|pswp|fancybox|lightbox|glightbox|mfp|gallery|full|large|medium|orig-|original-file|hi-?res|download|"
    r"href|link|permalink|title|caption|alt|desc|share|pin|attachment|image-(?:meta|title|caption|desc)|file|name|id$|"
    r"path|imageseo|canonical|sub-html|credit|source-(?:file|line|pos)|astro-source|sourcepos).*"
)


def handler(ref: ImageRef) -> str | None:
    """Return the handler of an image that exchanges its file, as a clause; ``None`` if it has none."""
    for name, value, _ in ref.attributes:
        if name.startswith(("on", "@", "x-on:", "v-on:")) and re.search(_SETS_SOURCE, value or ""):
            return f"the handler `{name}` uses `src`"
    return None


def passed_by(ref: ImageRef) -> str | None:
    """Return the handler that passes the image itself to a function, which may set its file; ``None`` without one."""
    handlers = (name for name, value, _ in ref.attributes if name.startswith("on") and PASSED.search(value or ""))
    return next(handlers, None)


def placeholder(ref: ImageRef) -> str | None:
    """Return why ``src`` is only a placeholder for what a script shows, as a clause; ``None`` if it is not.

    Only attributes of the tag are read. An attribute that names a file for a lightbox does not count.
    """
    for name, value, _ in ref.attributes:
        written = (value or "").strip()
        if name not in ("src", "srcset") and (_BOUND.fullmatch(name) or name in _BOUND_OBJECT):
            return f"the attribute `{name}` sets the source"
        if name.startswith("data-") and written and written != ref.src and _names_source(name, written):
            return f"a script replaces `src` by `{name}`"
    if placeholder_srcset(ref) is not None:
        return "`srcset` is a placeholder that a script removes"
    return None


def uses_pixels(ref: ImageRef) -> str | None:
    """Return why the natural size of an image must stay that of the file in ``src``, as a clause.

    Scripts that fit an image map to the screen compute with ``width / naturalWidth``, and with ``ismap`` a server
    receives the coordinates of a click.
    """
    name = next((name for name in ("usemap", "ismap") if ref.get(name) is not None), None)
    return None if name is None else f"an image map (`{name}`) uses the pixels of the file"


def placeholder_srcset(ref: ImageRef) -> str | None:
    """Return the only URL of a ``srcset`` without a descriptor that names another file than ``src``; else ``None``."""
    written = ref.get("srcset")
    if not written or not ref.src:
        return None
    entries = list(srcset_entries(written))
    if len(entries) != 1 or entries[0].descriptors or entries[0].url == ref.src:
        return None
    return entries[0].url


def _names_source(name: str, value: str) -> bool:
    if re.fullmatch(_OTHER_PURPOSE, name):
        return False
    is_url = re.match(_IMAGE_URL, value) is not None
    return is_url or (re.fullmatch(_SOURCE, name) is not None and (name.endswith(("src", "srcset")) or "/" in value))
