"""Other tools that have made variants of an image before, told by what they write into its tag."""

from __future__ import annotations

import re

from imageseo.model.image import ImageRef

_ATTRIBUTES = {
    "data-nimg": "Next.js",
    "data-gatsby-image-ssr": "Gatsby",
    "data-main-image": "Gatsby",
    "data-nuxt-img": "Nuxt Image",
    "data-astro-image": "Astro",
    "data-astro-image-fit": "Astro",
    "eleventy:ignore": "Eleventy Image",
}
_CLASSES = r"(?:^|\s)(?:(image-process-)|(wp-image-\d|wp-post-image)|(gatsby-image)|(ideal-image))"
_CLASS_NAMES = ("Pelican's image-process", "WordPress", "Gatsby", "Docusaurus' ideal-image")
_NAMES = (  # compiled when they are used: few images have candidates of others
    (r"(?i)/_astro/[^/]+\.[\w-]{8}(?:_[\w-]+)?\.(?:webp|avif|jpe?g|png)$", "Astro"),
    (r"/derivatives?/[^/]+/[^/]+$", "Pelican's image-process"),
    (r"/wp-content/uploads/.*-(?:scaled|\d+x\d+)\.\w+$", "WordPress"),
    (r"_hu_?[0-9a-f]{8,}(?:_\d+)*(?:_\d+x\d+)?[\w.]*\.\w+$", "Hugo"),
    (r"/[\w-]{8,12}-\d{2,4}\.(?:avif|webp|jpe?g|png)$", "Eleventy Image"),
    (r"/generated/.*-\d+(?:x\d+)?-[0-9a-f]{9}\.\w+$", "Jekyll Picture Tag"),
    (r"/static/[0-9a-f]{32}/[0-9a-f]{5}/[^/]+$", "Gatsby"),
    (r"/_ipx/", "Nuxt Image"),
)


def tool_of(ref: ImageRef) -> str | None:
    """Return the name of the tool that wrote an image's candidates; ``None`` if it has none, or the author's own."""
    candidates = [ref.get("srcset") or "", *(source.srcset for source in ref.sources)]
    urls = [text.split()[0].rstrip(",") for text in candidates if text.split()]
    if not urls:
        return None
    for name, _, _ in ref.attributes:
        if name in _ATTRIBUTES:
            return _ATTRIBUTES[name]
    if match := re.search(_CLASSES, ref.get("class") or ""):
        return _CLASS_NAMES[next(number for number, group in enumerate(match.groups()) if group)]
    paths = [re.split(r"[?#]", f"/{url.lstrip('/')}", maxsplit=1)[0] for url in urls]
    return next((tool for pattern, tool in _NAMES if any(re.search(pattern, path) for path in paths)), None)
