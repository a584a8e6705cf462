"""Draw the social cards of a build that the store lacks, and publish them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from imageseo.lint.engine import location_of
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Severity
from imageseo.model.formats import FORMATS
from imageseo.model.protocols import Store, StoredBlob
from imageseo.model.site import Page
from imageseo.pipeline.incremental.build_state import PublishedVariant
from imageseo.pipeline.social.card import CardPicture, SocialCard, Title
from imageseo.pipeline.social.drawing import SocialDrawer
from imageseo.pipeline.social.titles import SiteTitles
from imageseo.storage.output import OutputFolder

if TYPE_CHECKING:
    from imageseo.images.credentials.signer import Signer

RULE = "social-card"
JPEG = FORMATS["jpeg"].mime
_HINT = "correct what the message names, or set `social.cards` to off for the page"


@dataclass(kw_only=True)
class SocialPublisher:
    """Publishes cards. ``workers``: how many are drawn at once. ``signer``: signs them."""

    store: Store
    output: OutputFolder
    drawer: SocialDrawer
    titles: SiteTitles
    workers: int = 1
    signer: Signer | None = None
    drawn: int = 0
    _reported: set[str] = field(default_factory=set)
    _failed: dict[str, Exception] = field(default_factory=dict)  # key of a card -> why it was not drawn

    def draw_all(self, cards: Iterable[SocialCard]) -> None:
        """Draw the cards that the store lacks."""
        missing = {card.key: card for card in cards if self.store.find(card.key) is None}
        if not missing:
            return
        self.drawn += len(missing)
        titles = [card for card in missing.values() if isinstance(card.source, Title)]
        cuts = [card for card in missing.values() if not isinstance(card.source, Title)]
        if self.workers < 2 or len(cuts) < 2:
            self._keep(map(self._try_draw, (*titles, *cuts)))
            return
        with ThreadPoolExecutor(max_workers=self.workers, thread_name_prefix="imageseo-card") as executor:
            drawn = executor.map(self._try_draw, cuts)
            self._keep(map(self._try_draw, titles))  # setting texts is Python: threads make it slower
            self._keep(drawn)

    def publish(self, card: SocialCard) -> PublishedVariant:
        """Publish a card, and return it. Raises ImageseoError, OSError for one that cannot be drawn or written."""
        stored = self.store.find(card.key)
        data = self.store.read(stored) if stored is not None else None
        if stored is None or data is None:
            if card.key in self._failed:
                raise self._failed[card.key]
            data = self.drawer.draw(card)
            stored = self.store.put(card.key, data)
        if self.signer is not None:
            data = self._signed(self.signer, card, data)
            stored = StoredBlob(sha256=sha256(data).hexdigest(), bytes=len(data))
        self.output.write(card.path, data)
        return PublishedVariant(card.path, stored.sha256, stored.bytes)

    def _signed(self, signer: Signer, card: SocialCard, data: bytes) -> bytes:
        from imageseo.images.credentials.signer import sign_once

        source = data, JPEG
        if isinstance(card.source, CardPicture) and card.source.asset.format in FORMATS:
            source = self.drawer.read(card.source), FORMATS[card.source.asset.format].mime
        return sign_once(self.store, signer, data, JPEG, card.rights, source)

    def notes(self, card: SocialCard, page: Page) -> Iterator[Finding]:
        """Yield what a card cannot show of its texts."""
        if isinstance(card.source, Title):
            for note in self.titles.notes(card.source.texts):
                yield _finding(page, note.replace("`card.title`", "the title"), "", Severity.INFO)

    def faults(self, page: Page, error: Exception | None) -> Iterator[Finding]:
        """Yield the finding of a card that could not be made; a fault of all pages is reported once."""
        message = error.message if isinstance(error, ImageseoError) else str(error)
        hint = error.hint if isinstance(error, ImageseoError) else ""
        if message not in self._reported:
            self._reported.add(message)
            yield _finding(page, f"its social card was not made: {message}", hint or _HINT, Severity.WARN)

    def _try_draw(self, card: SocialCard) -> tuple[str, bytes | Exception]:
        try:
            return card.key, self.drawer.draw(card)
        except (ImageseoError, OSError) as error:
            return card.key, error

    def _keep(self, results: Iterable[tuple[str, bytes | Exception]]) -> None:
        for key, result in results:
            if isinstance(result, Exception):
                self._failed[key] = result
            else:
                self.store.put(key, result)


def _finding(page: Page, message: str, hint: str, severity: Severity) -> Finding:
    return Finding(rule=RULE, severity=severity, message=message, location=location_of(page), hint=hint)
