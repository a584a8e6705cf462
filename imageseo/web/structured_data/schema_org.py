"""What schema.org says of images: ImageObject, properties with image values, digital source types.

The terms are in ``vocabulary.py``, which is made from a release of schema.org.
"""

from __future__ import annotations

import re
from functools import lru_cache

from imageseo.model.suggest import closest
from imageseo.web.structured_data import vocabulary

IMAGE_TYPES = frozenset(vocabulary.IMAGE_TYPES.split())
# Existing types with similar names, which are not misspellings of ImageObject.
_OTHER_TYPES = frozenset({"MediaObject", "AudioObject", "VideoObject", "DataDownload", "3DModel", "ImageGallery"})
_MISSPELLED_TYPES = frozenset({"image", "img", "picture", "imageobj", "imagesobject", "imageobjects"})

OF_IMAGES = frozenset(vocabulary.PROPERTIES)
"""Properties of an ImageObject, including inherited ones."""
PAGES = frozenset({"acquireLicensePage", "license", "sdLicense", "usageInfo"})
"""Properties of an ImageObject that hold the address of a page about its rights, or an object: no other text."""
AGENTS = frozenset(name for name, values in vocabulary.PROPERTIES.items() if values == "Organization Person")
"""Properties of an ImageObject that hold a person or an organization."""

HOLD_IMAGES = frozenset(vocabulary.HOLDERS)
"""Properties of other types whose value is an image or the URL of one."""
_IMAGE_PROPERTIES = HOLD_IMAGES | {"thumbnailUrl", "contentUrl", "representativeOfPage", "digitalSourceType"}
_IMAGE_PROPERTIES |= {"creditText", "copyrightNotice", "acquireLicensePage"}

SOURCE_TYPES = frozenset(vocabulary.SOURCE_TYPES.split())
"""Members of schema.org's IPTCDigitalSourceEnumeration."""

ARTICLES = frozenset(
    (
        *("Article", "AdvertiserContentArticle", "NewsArticle", "AnalysisNewsArticle", "AskPublicNewsArticle"),
        *("BackgroundNewsArticle", "OpinionNewsArticle", "ReportageNewsArticle", "ReviewNewsArticle"),
        *("BlogPosting", "LiveBlogPosting"),
    )
)
"""Types that search engines show as articles: the vocabulary has more."""
_ADDRESS = re.compile(r"[/:#?]|\.[a-z][a-z0-9]+$", re.IGNORECASE)
_ADDRESS_WITH_SPACES = re.compile(r"\.{0,2}/|.*//|.*\.[a-z][a-z0-9]+$", re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=4096)
def misspelled_type(name: str) -> bool:
    """Whether the name of a type is a misspelling of ImageObject."""
    if name in IMAGE_TYPES or name in _OTHER_TYPES:
        return False
    return name.lower() in _MISSPELLED_TYPES or closest(name, ("ImageObject",), cutoff=0.87) is not None


@lru_cache(maxsize=4096)
def misspelled_property(name: str) -> str | None:
    """Return the image property of which the property name of another type is a misspelling; None if there is none."""
    if name in _IMAGE_PROPERTIES:
        return None
    return closest(name, _IMAGE_PROPERTIES, cutoff=0.88)


def may_be_url(text: str) -> bool:
    """Whether a text may be an address, relative or not: names of licences and sentences are none."""
    text = text.strip()
    if any(character.isspace() for character in text):
        return _ADDRESS_WITH_SPACES.match(text) is not None  # written carelessly, but meant as one
    return _ADDRESS.search(text) is not None
