"""A picture that a model made says so where it is seen.

The European AI Act (Article 50) wants pictures labelled that could be taken for real. imageseo writes the label of
heroes that it inserts. Around an author's or a theme's own markup it changes nothing: there the words must come from
them. A picture counts as made by a model when its XMP says so (IPTC DigitalSourceType ``trainedAlgorithmicMedia`` or
``compositeWithTrainedAlgorithmicMedia``). Any caption that speaks of AI is a label, in the languages that imageseo
labels in. A hero of which front matter or heroes.toml says ``depicts: illustration`` is a warning only. This is no
legal advice.

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
    "say it in the picture's own caption, `<figcaption>Image: AI-generated</figcaption>`, or answer with "
    '`data-imageseo-disable="ai-label: why"`'
)


def check(page: Page, images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        ref, asset = image.ref, image.asset
        if asset is None or not is_ai_generated(asset.rights.digital_source_type) or mentions_ai(ref.caption):
            continue
        if ref.region is PageRegion.ARTICLE or ref.is_marked_hero:
            yield Problem(
                message=f"{asset.path} was made by a model, and nothing on the page says so",
                hint=_HINT,
                at=ref,
                severity=Severity.WARN if ref.is_marked_hero and _illustrates(page) else None,
            )


def _illustrates(page: Page) -> bool:
    """Whether the author says of the hero ``depicts: illustration``: nested, flat (``hero_depicts``) or as JSON."""
    for key, given in page.hints.meta.items():
        value = _spelled(given)
        flat = isinstance(key, str) and key.endswith("_depicts")  # YAML reads `on:` as True
        said = value.get("depicts") if isinstance(value, Mapping) else value if flat else None
        if isinstance(said, str) and said.strip().lower() == "illustration":
            return True
    return False


def _spelled(value: Any) -> Any:
    """The table that a text of flat front matter spells, else the value itself."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
