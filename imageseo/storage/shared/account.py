"""What a build got from its shared store and gave to it, and why not more; in lines for the end of the build."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from imageseo.model.humanize import format_bytes
from imageseo.storage.remote_errors import RemoteError

_SHOWN = 3


@dataclass(slots=True)
class StoreAccount:
    """The counts of one build. ``missed``: reason -> entries that were looked up in vain: ``absent``, ``hash`` (other
    bytes than the name says), or the reason of ``fault``.

    ``damaged``: paths of entries whose bytes do not fit their names. ``fault``: why the store was given up;
    ``write_fault``: why nothing was written any more. ``unfinished``: entries that are still to be uploaded.
    """

    name: str
    read: int = 0
    read_bytes: int = 0
    written: int = 0
    written_bytes: int = 0
    missed: Counter[str] = field(default_factory=Counter)
    damaged: list[str] = field(default_factory=list)
    fault: RemoteError | None = None
    write_fault: RemoteError | None = None
    unfinished: int = 0

    def lines(self) -> list[str]:
        """Return the lines for the end of a build; none if it did not use the store."""
        return [f"store {self.name}: {text}" for text in (*self._counts(), *self._warnings())]

    def _counts(self) -> list[str]:
        done = []
        if self.read:
            done.append(f"{self.read:,} entries read ({format_bytes(self.read_bytes)})")
        if self.written:
            done.append(f"{self.written:,} entries written ({format_bytes(self.written_bytes)})")
        if self.missed:
            reasons = ", ".join(f"{number:,} {reason}" for reason, number in sorted(self.missed.items()))
            done.append(f"{self.missed.total():,} misses ({reasons})")
        return ["; ".join(done)] if done else []

    def _warnings(self) -> list[str]:
        found = []
        if self.damaged:
            more = f" and {len(self.damaged) - _SHOWN:,} more" if len(self.damaged) > _SHOWN else ""
            found.append(
                f"warning: {', '.join(self.damaged[:_SHOWN])}{more}: the bytes do not fit the name, and were not used. "
                "`imageseo cache verify --remote --apply` removes such entries."
            )
        if self.fault is not None:
            found.append(f"warning: {self.fault.message}; the build went on without the store. {self.fault.hint}")
        elif self.write_fault is not None:
            found.append(
                f"warning: {self.write_fault.message}; nothing more was written to the store. {self.write_fault.hint}"
            )
        elif self.unfinished:
            found.append(f"{self.unfinished:,} entries are still to be uploaded; the next build does it")
        return found
