"""The lines of the audit log for pins that a command has changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from imageseo.heroes.audit.entry import AuditEntry
from imageseo.heroes.lock.lock import Lock


def pin_entries(pages: Iterable[str], former: Lock, new: Lock, *, how: str, text: bool) -> Iterator[AuditEntry]:
    """Yield a line for each page whose pin has changed. ``how``: as in ``LockSession.commit``. ``text``: with prompts.

    A pin whose image another page had already is ``shared``: it was moved, or has an equal recipe.
    """
    known = {pin.file_sha256 for pin in former.pins}
    for page in pages:
        pin, old = new.of_page(page), former.of_page(page)
        if pin is None:
            if old is not None:
                yield AuditEntry.of_pin("undone" if how == "undone" else "unpinned", old, text=text)
            continue
        event = "shared" if how == "generated" and pin.file_sha256 in known else how
        more = {"replaces": old.file_sha256} if old is not None else {}
        yield AuditEntry.of_pin(event, pin, text=text, details=more)
