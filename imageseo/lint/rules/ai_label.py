"""An AI-generated image is labelled as such where it is shown.

The European AI Act (Article 50) requires a label on AI-generated images that could be mistaken for real ones. imageseo
writes the label of the heroes that it inserts. It does not change an author's or a theme's own markup: there the author
has to write the label. An image counts as AI-generated when its XMP declares it (IPTC DigitalSourceType
``trainedAlgorithmicMedia`` or ``compositeWithTrainedAlgorithmicMedia``), its C2PA manifest does, or a tool that
generates images has written its settings into the file, as `ai-unmarked` describes. Any caption that mentions AI counts
as a label, in every language that imageseo writes labels in. For a hero with ``depicts: illustration`` in front matter
or heroes.toml it is a warning only. This is not legal advice.

Bad:
    <article><img src="tower-1600x900-ai.jpg" alt="A tower in fog" width="800" height="450"></article>

Bad (a caption that does not tell):
    <article><figure><img src="tower-1600x900-ai.jpg" alt="A tower in fog" width="800" height="450">
    <figcaption>The tower in Ukiah</figcaption></figure></article>

Good:
    <article><figure><img src="tower-1600x900-ai.jpg" alt="A tower in fog" width="800" height="450">
    <figcaption>The tower · Image: AI-generated</figcaption></figure></article>

Good (no model made it):
    <article><img src="tower-1600x900.jpg" alt="A tower in fog" width="800" height="450"></article>

Good (the author has answered):
    <article><img src="tower-1600x900-ai.jpg" alt="A tower" width="800" height="450"
    data-imageseo-disable="ai-label: the text below says it"></article>
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from imageseo.model.facts import ImageFact, Problem
from imageseo.model.finding import Severity
from imageseo.model.image import PageRegion
from imageseo.model.site import Page
from imageseo.web.ai_labels import is_ai_generated, mentions_ai

SEVERITY = Severity.ERROR
_HINT = (
    "add a caption to the image, `<figcaption>Image: AI-generated</figcaption>`, or silence the rule with "
    '`data-imageseo-disable="ai-label: reason"`'
)


def check(page: Page, images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        ref, asset = image.ref, image.asset
        if asset is None or not is_ai_generated(asset.rights.digital_source_type) or mentions_ai(ref.caption):
            continue
        if ref.region is PageRegion.ARTICLE or ref.is_marked_hero:
            yield Problem(
                message=f"{asset.path} is AI-generated, but no caption says so",
                hint=_HINT,
                at=ref,
                severity=Severity.WARN if ref.is_marked_hero and _illustrates(page) else None,
            )


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
