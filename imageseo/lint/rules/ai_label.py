"""An AI-generated image is labelled as such where it is shown.

The European AI Act (Article 50) requires a label on AI-generated images that could be mistaken for real ones. imageseo
writes the label of the heroes that it inserts. It does not change an author's or a theme's own markup: there the author
has to write the label. An image counts as AI-generated when its XMP declares it (IPTC DigitalSourceType
``trainedAlgorithmicMedia`` or ``compositeWithTrainedAlgorithmicMedia``), its C2PA manifest does, or a tool that
generates images has written its settings into the file, as `ai-unmarked` describes. Any caption that mentions AI counts
as a label, and so does a short text beside the image in an element of its own, such as a label on top of it, in every
language that imageseo writes labels in. For a hero with ``depicts: illustration`` in front matter
or heroes.toml it is a warning only. This is not legal advice.

Bad:
    <article><img src="tower-1600x900-ai.jpg" alt="A tower in fog" width="800" height="450"></article>

Bad (a caption that does not tell):
    <article><figure><img src="tower-1600x900-ai.jpg" alt="A tower in fog" width="800" height="450">
    <figcaption>The tower in Ukiah</figcaption></figure></article>

Good:
    <article><figure><img src="tower-1600x900-ai.jpg" alt="A tower in fog" width="800" height="450">
    <figcaption>The tower · Image: AI-generated</figcaption></figure></article>

Good (a label on the image):
    <article><div class="labelled"><img src="tower-1600x900-ai.jpg" alt="A tower in fog" width="800" height="450">
    <span>AI GENERATED</span></div></article>

Good (no model made it):
    <article><img src="tower-1600x900.jpg" alt="A tower in fog" width="800" height="450"></article>

Good (the author has answered):
    <article><img src="tower-1600x900-ai.jpg" alt="A tower" width="800" height="450"
    data-imageseo-disable="ai-label: the text below says it"></article>
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import ImageRef, PageRegion
from imageseo.model.site import Page
from imageseo.web.ai_labels import is_ai_generated, mentions_ai

if TYPE_CHECKING:
    from imageseo.web.markup.elements import PageElements

SEVERITY = Severity.ERROR
_HINT = (
    "add a caption to the image, `<figcaption>Image: AI-generated</figcaption>`, or silence the rule with "
    '`data-imageseo-disable="ai-label: reason"`'
)


# Elements that may hold an image and its label only; at most so many around one another, with so many characters.
_FRAMES = frozenset(("a", "div", "figure", "picture", "span", "p"))
_DEPTH, _LENGTH = 4, 80


def check(page: Page, images: Sequence[ImageFact], elements: PageElements) -> Iterator[Problem]:
    for image in images:
        ref, asset = image.ref, image.asset
        if asset is None or not is_ai_generated(asset.rights.digital_source_type) or mentions_ai(ref.caption):
            continue
        if (ref.region is PageRegion.ARTICLE or ref.is_marked_hero) and not _has_label(ref, elements):
            yield Problem(
                message=f"{asset.path} is AI-generated, but no caption says so",
                hint=_HINT,
                at=ref,
                severity=Severity.WARN if ref.is_marked_hero and _illustrates(page) else None,
            )


def _has_label(ref: ImageRef, elements: PageElements) -> bool:
    """Whether an image has a label on top of it, or beside it: a short text in an element that holds no other image."""
    if not ref.span.end > ref.span.start:  # inserted by this build, with its label unless the settings decline it
        return "ai-label" not in dict(ref.disabled)
    image = next((each.node for each in elements.named("img") if each.offset == ref.span.start), None)
    around = image.parent if image is not None else None
    for _ in range(_DEPTH):
        if around is None or getattr(around, "tag", None) not in _FRAMES or len(around.find_all("img")) > 1:
            return False
        text = " ".join(around.text.split())
        if len(text) > _LENGTH:
            return False
        if mentions_ai(elements.decode_node(text)):
            return True
        around = around.parent
    return False


def _illustrates(page: Page) -> bool:
    """Whether the hero has ``depicts: illustration`` in front matter: nested, flat (``hero_depicts``) or as JSON."""
    for key, raw in page.hints.meta.items():
        value = _parse_table(raw)
        flat = isinstance(key, str) and key.endswith("_depicts")  # YAML reads `on:` as True
        depicted = value.get("depicts") if isinstance(value, Mapping) else value if flat else None
        if isinstance(depicted, str) and depicted.strip().lower() == "illustration":
            return True
    return False


def _parse_table(value: Any) -> Any:
    """Return the table that a flat front matter value holds as JSON; any other value unchanged."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
