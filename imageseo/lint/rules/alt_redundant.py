"""An alternative text does not begin with "image of".

Screen readers announce an image as "image" themselves; "image of", "photo of", "Bild von" and similar phrases repeat
it. A text that consists of nothing else is reported too. Words for a kind of image that may matter (a screenshot, a
chart, a painting, a map) are accepted, and so is the name of what a link leads to (`class.Picture.html`).

Bad (a warning):
    <img src="photo-1600x900.jpg" alt="Image of a harbour at dawn">

Bad (a warning: in other languages too):
    <img src="photo-1600x900.jpg" alt="Ein Foto von einem Hafen">

Bad (a warning: nothing else):
    <img src="photo-1600x900.jpg" alt="picture">

Good:
    <img src="photo-1600x900.jpg" alt="A harbour at dawn">

Good (the kind matters):
    <img src="photo-1600x900.jpg" alt="Screenshot of the settings with Strict switched on">

Good (the words mean something else):
    <img src="photo-1600x900.jpg" alt="Image of the day in the gallery of the telescope">
    <img src="photo-1600x900.jpg" alt="The photo album of 1968, with a letter in it">

Good (it names what the link leads to):
    <a href="class.Picture.html"><img src="photo-1600x900.jpg" alt="picture"></a>
    <a href="/docs/image/#size"><img src="photo-1600x900.jpg" alt="Image"></a>

Bad (a warning: the link leads to the file):
    <a href="image.jpg"><img src="photo-1600x900.jpg" alt="image"></a>

Good (the image of a machine):
    <img src="photo-1600x900.jpg" alt="Image size by layer">
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from imageseo.lint.alt_text import TO_DESCRIBE, normalized
from imageseo.model.facts import ImageFact, Problem, shorten
from imageseo.model.finding import Severity
from imageseo.model.image import PageRegion
from imageseo.web.urls import is_image_url

SEVERITY = Severity.WARN
LINT_ONLY = True
SOURCES = ("WCAG 1.1.1", "HTML alt")

_PREFIX = re.compile(
    r"(?:(?:an?|the) )?(?:image|photo(?:graph)?|picture|pic|graphic|img) of (?!the (?:day|week|month|year)\b)|"
    r"(?:ein(?:e|es)? )?(?:bild|foto|abbildung|grafik) (?:von|vom|mit|des|der|eine[rs])\b|"
    r"(?:une? )?(?:image|photo(?:graphie)?) (?:de |du |des |d['’])(?!marque|épinal)|"
    r"(?:una )?(?:imagen|foto(?:grafía)?) (?:de|del)\b|"
    r"(?:un['’]?a? ?)?(?:immagine|foto(?:grafia)?) (?:di|del|della|dello)\b|"
    r"(?:uma )?(?:imagem|foto(?:grafia)?) (?:de|do|da)\b|"
    r"(?:een )?(?:afbeelding|foto) van\b|"
    r"(?:en )?(?:bild|foto|billede|bilde) (?:på|av|af)\b|"
    r"zdjęcie (?=\w)|"
    r"(?:изображение|фото(?:графия)?|картинка) "
)
# Only the word for an image, in the languages of the prefixes.
_ALONE = re.compile(
    r"(?:an? )?(?:image|photo|photograph|picture|pic|graphic|img)|bild|foto|abbildung|grafik|imagen|imagem|immagine|"
    r"afbeelding|zdjęcie|изображение|фото|alt(?: text)?|image alt"
)


def check(images: Sequence[ImageFact]) -> Iterator[Problem]:
    for image in images:
        alt = image.ref.get("alt")
        if not alt or image.ref.region is PageRegion.CHROME:
            continue
        text = normalized(alt)
        match = _PREFIX.match(text)
        if _ALONE.fullmatch(text) and not _names_target(text, image.ref.link):
            message = f"{image.name}: its alternative text is only {shorten(alt.strip())!r}"
        elif match is not None and match.end() < len(text):
            message = f"{image.name}: its alternative text begins with {match[0].strip()!r}: {shorten(alt.strip())!r}"
        else:
            continue
        yield Problem(
            message=message,
            hint="describe what it shows; screen readers announce that it is an image",
            at=image.ref,
            changes=TO_DESCRIBE,
        )


def _names_target(text: str, link: str | None) -> bool:
    """Whether the words are the name of the page that a link leads to, as in a gallery of widgets."""
    if not link or is_image_url(link):
        return False
    path = link.partition("#")[0].partition("?")[0].rstrip("/")
    return text in re.split(r"[\W_]+", path.rpartition("/")[2].lower())
