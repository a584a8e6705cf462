"""Update the lock and the master store during a run, and keep every image that was made or replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from imageseo.heroes.audit.log import AuditLog
from imageseo.heroes.audit.pins import pin_entries
from imageseo.heroes.candidates.candidates import Candidates
from imageseo.heroes.generate.process_lock import defer_interrupt
from imageseo.heroes.generate.result import GeneratedHero
from imageseo.heroes.lock import lock as locks
from imageseo.heroes.lock.lock import Lock
from imageseo.heroes.lock.serializer import Blocks
from imageseo.heroes.masters.pin_builder import store_master
from imageseo.model import regular_file
from imageseo.model.errors import LockError
from imageseo.model.hero import HeroRequest, Pin
from imageseo.model.protocols import MasterStore


@dataclass(slots=True, kw_only=True)
class LockSession:
    """``candidates``: keeps what is made and replaced; None: nothing is kept. ``made``: ``when`` and ``by`` of new
    pins, as in ``Pin``. ``audit``: records every change; None: nothing is recorded.
    """

    path: Path
    vault: MasterStore
    candidates: Candidates | None = None
    made: Callable[[], Mapping[str, str]] = dict
    audit: AuditLog | None = None
    requests: Mapping[str, HeroRequest] = field(default_factory=dict)
    lock: Lock = field(init=False)
    _last_bytes: bytes | None = field(init=False)  # content of the lock file after the last read or write
    _blocks: Blocks = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._last_bytes = self._read_bytes()
        self.lock = locks.read(self.path)
        if self.audit is not None:
            self.audit.check()

    def pin_master(
        self, pages: list[tuple[str, str]], pin: Pin, name: str, data: bytes, notes: tuple[str, ...] = ()
    ) -> list[GeneratedHero]:
        """Store a master and pin it to its pages; an interrupt is deferred until both are done."""
        with defer_interrupt():
            stored = store_master(pin, self.vault, name, data)
            pins = [self._pin_for(page, stored, reason) for page, reason in pages]
            self.commit(self.lock.with_pins(pins), how="adopted" if pages[0][1] == "adopted" else "generated")
        return [GeneratedHero(page=page, file=stored.file, reason=reason, notes=notes) for page, reason in pages]

    def restore(self, pin: Pin, data: bytes, *, how: str) -> Pin:
        """Store the image of a pin as a master, and pin it as it is; only the owner of the former pin is kept.

        ``how``: ``picked`` or ``undone``.
        """
        own = self.lock.of_page(pin.page)
        with defer_interrupt():
            stored = store_master(pin, self.vault, pin.file, data)
            stored = replace(stored, owner=own.owner if own is not None else pin.owner)
            self.commit(self.lock.with_pin(stored), how=how)
        return stored

    def _pin_for(self, page: str, pin: Pin, reason: str) -> Pin:
        """Return the pin of one page: keep the owner of its former pin, and add the evidence of its request.

        An equal image that was lost and made again keeps who made it, and what was picked with it.
        """
        own = self.lock.of_page(page)
        new = replace(pin, page=page, env={**pin.env, **self.requests[page].evidence})
        if own is None:
            return replace(new, made=self._made(reason))
        same = (own.recipe_hash, own.file_sha256) == (new.recipe_hash, new.file_sha256)
        picked = tuple(key for key in own.picked if key not in self.requests[page].written)
        return replace(new, owner=own.owner, picked=picked, made=own.made if same else self._made(reason))

    def _made(self, reason: str) -> Mapping[str, str]:
        found = self.made()
        return {**found, "status": "adopted" if reason == "adopted" else "generated"} if found else {}

    def commit(self, new: Lock, *, how: str = "generated") -> None:
        """Write the lock, then remove the masters that it no longer pins, unless their files were edited.

        Before that, all images that a page loses or gets are kept as candidates. Pins that another process wrote in
        the meantime are kept. ``how``: as in ``Candidates.note_change``. Raises SiteError for an image that cannot be
        kept, and for a master that cannot be removed, AuditError if the log cannot be written; in the latter cases, the
        lock is written by then.
        """
        if new == self.lock:
            return
        if self._read_bytes() != self._last_bytes:
            pages = {pin.page for pin in new.pins}
            removed = [pin.page for pin in self.lock.pins if pin.page not in pages]
            changed = [pin for pin in new.pins if self.lock.of_page(pin.page) != pin]
            self.lock = locks.read(self.path)
            new = self.lock.without(removed).with_pins(changed)
        former, changed_pages = self.lock, _changed_pages(self.lock, new)
        if self.candidates is not None:
            for page in changed_pages:
                if (old := former.of_page(page)) is not None:
                    self.candidates.keep_former(old, self._read_master(old))
        locks.write(self.path, new, self._blocks)
        if self.candidates is not None:
            for page in changed_pages:
                self.candidates.note_change(
                    page, former.of_page(page), new.of_page(page), how=how, read=self._read_master
                )
        if self.audit is not None:
            self.audit.append(*pin_entries(changed_pages, former, new, how=how, text=self.audit.text))
        files = {pin.file for pin in new.pins}
        unpinned = {pin.file: pin.file_sha256 for pin in self.lock.pins if pin.file not in files}
        self.lock, self._last_bytes = new, self._read_bytes()
        for file, sha256 in unpinned.items():
            self.vault.discard(file, sha256)

    def _read_master(self, pin: Pin) -> bytes | None:
        """Return the image of a pin, None if it is lost or was edited."""
        try:
            return self.vault.read(pin.file, pin.file_sha256)
        except LockError:
            return None

    def _read_bytes(self) -> bytes | None:
        try:
            return regular_file.read(self.path)
        except OSError:
            return None


def _changed_pages(former: Lock, new: Lock) -> list[str]:
    """Return the pages that show another image, or the same one of another recipe, in the order of the lock."""
    changed = [pin.page for pin in new.pins if _identity(former.of_page(pin.page)) != _identity(pin)]
    return sorted([*changed, *(pin.page for pin in former.pins if new.of_page(pin.page) is None)])


def _identity(pin: Pin | None) -> tuple[object, ...]:
    return (pin.recipe_hash, pin.file_sha256, pin.picked) if pin is not None else ()
