"""Runs the checkers and our lint on the same pages, and counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.checkers import Missing, Said, Tools, axe, html_validate, lighthouse, nu, ours, structured_data
from tests.bench.checkers.counting import Count, Reason, count
from tests.bench.checkers.pages import Page

_VERSIONS: Mapping[str, Callable[[Tools], str]] = {
    "axe": axe.version,
    "lighthouse": lighthouse.version,
    "nu": nu.version,
    "html-validate": html_validate.version,
    "adobe": structured_data.version,
}
NAMES = tuple(_VERSIONS)


@dataclass(kw_only=True)
class Comparison:
    """Asks the checkers, and counts.

    ``vocabulary``: schema.org's own file, for the validator of structured data. ``recorded``: what checkers said in an
    earlier run, which holds for pages that are the same by their bytes. ``told``: the version of each checker, or why
    it is skipped. ``record``: a file for what they say in this run. ``details``: every difference.
    """

    tools: Tools
    asked: Sequence[str]
    known: Sequence[Reason]
    with_lighthouse: int = 1
    vocabulary: Path | None = None
    recorded: Mapping[str, Any] = field(default_factory=dict)
    record: Path | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.asked:
            try:
                self.told[name] = _VERSIONS[name](self.tools)
            except KeyError:
                raise SystemExit(f"--checkers: {name!r} is none of {', '.join(NAMES)}") from None
            except Missing as error:
                self.told[name] = f"skipped: {error}"

    def compare(
        self, group: str, folder: Path, url: str | None, pages: Sequence[Page], *, lighthouse: bool = True
    ) -> tuple[Count, list[Said]]:
        """Count the differences on these pages. Also returns our own findings."""
        most = self.with_lighthouse if lighthouse else 0
        some = pages[:: max(1, len(pages) // most)][:most] if most else []
        said: list[Said] = []
        ran: dict[str, list[str]] = {}
        for name in self.asked:
            looked = some if name == "lighthouse" else pages
            found = self._say(name, group, folder, url, looked)
            if found is not None:
                said += found
                ran[name] = [page.path for page in looked]
        we = list(ours.says(folder, pages))
        counted = count(said, we, pages, ran, self.known)
        self.details[group] = [
            {**asdict(each.said), "html": each.tag, **({"why": each.reason.reason} if each.reason else {})}
            for each in counted.differences
        ]
        return counted, we

    def _say(self, name: str, group: str, folder: Path, url: str | None, pages: Sequence[Page]) -> list[Said] | None:
        """What a checker says; None if it is not installed and nothing was recorded."""
        digest = hashlib.sha256(b"".join(page.file.read_bytes() for page in pages)).hexdigest()[:16]
        key = f"{name} {group}"
        before = self.recorded.get(key)
        if before is not None and before["pages"] == digest:
            found = [Said(*each) for each in before["said"]]
            if name == "nu":  # its ids are ours, and may be others today
                found = [Said(f"nu/{nu.kind(each.message)}", each.page, each.tag, each.message) for each in found]
        elif self.told[name].startswith("skipped"):
            return None
        else:
            found = {
                "axe": lambda: list(axe.says(folder, url, pages, self.tools)),
                "lighthouse": lambda: list(lighthouse.says(folder, url, pages, self.tools)),
                "nu": lambda: list(nu.says(pages, self.tools)),
                "html-validate": lambda: list(html_validate.says(pages, self.tools)),
                "adobe": lambda: list(structured_data.says(pages, self.tools, self.vocabulary)),
            }[name]()
        said = [[each.rule, each.page, each.tag, each.message] for each in found]
        self.kept[key] = {"pages": digest, "said": said}
        if self.record is not None:  # at once, so that a run that is stopped was not in vain
            self.record.write_text(json.dumps(self.kept, indent=1, ensure_ascii=False) + "\n", "utf-8")
        return found
