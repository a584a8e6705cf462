"""How long a hero may be shown: its usage begins and ends on a day. The clock decides on findings, never on output."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from imageseo.heroes.candidates.authorship import now
from imageseo.model.hero import HeroTerms
from imageseo.model.humanize import pluralize


class UsageFault(NamedTuple):
    """``fails``: the image may not be shown today; else its usage ends soon."""

    message: str
    fails: bool


def usage_fault(terms: HeroTerms, *, warn: int, today: date | None = None) -> UsageFault | None:
    """Return what is wrong with showing a hero today, or soon. ``warn``: days before the end.

    ``today``: by default that of SOURCE_DATE_EPOCH, else the current day, in UTC.
    """
    if not (terms.since or terms.until):
        return None
    today = today or now().date()
    if terms.since and today < date.fromisoformat(terms.since):
        return UsageFault(f"the usage of this hero begins on {terms.since}", fails=True)
    if not terms.until:
        return None
    left = (date.fromisoformat(terms.until) - today).days
    if left < 0:
        return UsageFault(f"the usage of this hero ended on {terms.until}", fails=True)
    if left <= warn:
        when = f"in {pluralize(left, 'day')}" if left else "today"
        return UsageFault(f"the usage of this hero ends {when}, on {terms.until}", fails=False)
    return None
