"""What `generate` does for a project: pages to requests, requests to masters, and the words for it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from imageseo.errors import ImageseoError, RecipeError, SiteError
from imageseo.generate import GenerateResult
from imageseo.hosts.commands import generating
from imageseo.hosts.project import AtHand
from imageseo.masters import TYPED, Command
from imageseo.model.hero import HeroRequest
from imageseo.model.page import Page
from imageseo.ports import HeroProvider, Progress

_WHY = {
    "missing": "new",
    "changed": "its recipe is another now",
    "gone": "the picture was gone",
    "damaged": "the picture was not the pinned one",
}
"""Why a picture was made, by ``Made.reason``; what stands behind its name in the report."""

_UNSEEN = (
    "a page that a plugin makes while the site is built is not seen in the sources: "
    "give it its hero by its URL in heroes.toml, with a seed, and run `imageseo generate --site DIR`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What became of the heroes; ``faults``: page and fault of those whose recipe could not be read or made.

    ``command``: page -> what draws its hero anew, as it can be typed here.
    """

    result: GenerateResult
    faults: tuple[tuple[str, ImageseoError], ...]
    command: Command = TYPED

    @property
    def failed(self) -> bool:
        return bool(self.faults)

    def as_text(self) -> str:
        """A line for each hero that was made, taken over or not made, and one of counts."""
        result = self.result
        lines = [f"{hero.page}: {hero.file} ({_WHY[hero.reason]})" for hero in result.made]
        lines += [f"{hero.page}: {note}" for hero in result.made for note in hero.notes]
        lines += [f"{page}: has the hero of an equal recipe" for page in result.shared]
        lines += [
            f"{page}: has another title now than its hero was made for; `{self.command(page)}` draws it anew"
            for page in result.stale
        ]
        lines += [f"{page}: no longer asks for a hero, its pin is gone" for page in result.pruned]
        lines += [f"{page}: {fault}" for page, fault in self.faults]
        counts = {
            "made": result.made,
            "kept": result.kept,
            "shared": result.shared,
            "stale": result.stale,
            "pruned": result.pruned,
        }
        told = [f"{len(pages)} {name}" for name, pages in {**counts, "failed": self.faults}.items() if pages]
        return "\n".join([*lines, f"generate: {', '.join(told) or 'no page asks for a hero to be made'}"]) + "\n"

    def as_json(self) -> str:
        """One JSON object: ``made``, ``kept``, ``shared``, ``stale``, ``pruned``, ``failed``."""
        result = self.result
        made = [{"page": m.page, "file": m.file, "reason": m.reason, "notes": list(m.notes)} for m in result.made]
        failed = [
            {"page": page, "id": fault.id, "message": fault.message, "hint": fault.hint} for page, fault in self.faults
        ]
        report = {
            "version": 1,
            "title": "generate",
            "made": made,
            "kept": list(result.kept),
            "shared": list(result.shared),
            "stale": list(result.stale),
            "pruned": list(result.pruned),
            "failed": failed,
        }
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"


NOTHING = Generated(result=GenerateResult(), faults=())
"""What is said where everything is switched off."""


def generate(
    here: AtHand, *, names: Sequence[str], root: Path | None, progress: Progress, config: Path | None = None
) -> Generated:
    """Make what the pages ask for. ``names``: of pages, all when empty; then pins that nobody asks for are dropped,
    as long as the host itself gave every page: a page that merely was not seen keeps its pin.
    Who names a page means it: its master is drawn again even where somebody changed the file.
    ``config``: what ``--config`` named.

    Raises SiteError for a name that no page has, LockError, and what else stops all of the work.
    """
    from imageseo import compose
    from imageseo import generate as masters

    command = generating(config=config, root=root)
    pages, whole = here.pages(root)
    chosen = _chosen(pages, names, here.folder) if names else pages
    providers = compose.providers(here.settings, here.folder, progress=progress)
    requests: list[HeroRequest] = []
    faults: list[tuple[str, ImageseoError]] = []
    for page in chosen:
        try:
            request = _request(page, here, providers)
        except RecipeError as error:
            faults.append((page.key, error))
        else:
            requests += [request] if request is not None else []
    result = masters.generate(
        requests,
        providers=providers,
        project=here.folder,
        masters=here.settings.hero.masters,
        prune=(lambda page: _prunable(page, here, root)) if whole and not names and not faults else None,
        present={page.key for page in pages} if whole else None,
        redraw={page.key for page in chosen} if names else (),
        command=command,
        progress=progress,
    )
    return Generated(result=result, faults=(*faults, *result.failed), command=command)


def _prunable(page: str, here: AtHand, root: Path | None) -> bool:
    """Pages of the built site that a plugin made are known by their HTML file; the sources say nothing of them."""
    if root is not None or here.host is None or not page.endswith((".html", ".htm")):
        return True
    return (here.folder / page).resolve().is_relative_to(here.host.source.resolve())


def _request(page: Page, here: AtHand, providers: Mapping[str, HeroProvider]) -> HeroRequest | None:
    from imageseo.cast import completer
    from imageseo.core import hero

    return hero.request(
        page,
        settings=here.settings.hero,
        complete=completer(providers),
        base_url=here.base_url,
        origin=page.hints.origin,
    )


def _chosen(pages: Sequence[Page], names: Sequence[str], folder: Path) -> list[Page]:
    known: dict[str, Page] = {}
    for page in pages:
        for name in (page.path, page.url, page.url.rstrip("/"), page.key):
            known.setdefault(name, page)
    found: dict[str, Page] = {}
    for name in names:
        spelling = next((word for word in _spellings(name, folder) if word in known), None)
        if spelling is None:
            near = difflib.get_close_matches(name, [page.key for page in pages], n=1, cutoff=0.4)
            hint = (
                f"did you mean {near[0]}? " if near else "give its source file, its file in the built site or its URL; "
            )
            raise SiteError(f"{name}: no such page", hint=hint + _UNSEEN)
        found[known[spelling].path] = known[spelling]
    return list(found.values())


def _spellings(name: str, folder: Path) -> list[str]:
    """A page's name as it was written, and as a path of the project when it was written from the current folder."""
    path = Path(name).resolve()
    inside = [path.relative_to(folder.resolve()).as_posix()] if path.is_relative_to(folder.resolve()) else []
    return [*inside, PurePosixPath(name).as_posix(), name.lstrip("/"), name]
