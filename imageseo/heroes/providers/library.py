"""The team's own pictures: the best for a page by the words of their sidecars, and never the same one twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.asset_library import query_options
from imageseo.heroes.providers.asset_library.query_options import near
from imageseo.model.errors import SettingsError
from imageseo.model.hero import Master, Recipe
from imageseo.model.protocols import Progress, ProviderContext
from imageseo.storage.remote import validated_url

if TYPE_CHECKING:
    from imageseo.heroes.providers.asset_library.search_index import SearchIndex
    from imageseo.heroes.providers.asset_library.selection import Query, Selection, Selector

SEARCHES = ("text", "embeddings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """``providers.library``. ``folder``: seen from the project, or an fsspec URL.

    ``licenses``: allowed beside the free ones. ``search``: ``text`` (SQLite's full-text search) or ``embeddings``, by
    the model in the folder ``model``.
    """

    folder: str = "library"
    licenses: tuple[str, ...] = ()
    search: str = "text"
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The provider. Not reproducible: a pick follows from what the folder holds and what other pages show.

    Options of a recipe: ``query`` (else ``prompt``, else the page's own words), ``tags`` (all of them), ``near``
    (words of the page: which of those with the tags comes first), ``picture`` (this one), ``orientation``,
    ``min_width``, ``share`` (a picture that another page shows will do). The seed says nothing.

    ``shown``: as in ``beside``. ``given``: what this provider gave to whom as long as it lives, for ``produce`` may be
    called again: hash of a picture -> errands.
    """

    options: Options = Options()
    project: Path = Path()
    cache: Path = Path()
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    progress: Progress | None = None
    given: dict[str, set[tuple[str, str]]] = field(default_factory=dict, compare=False, repr=False)
    name: str = "library"
    version: str = "1"
    digital_source_type: str = ""
    reproducible: bool = False
    reads_page: bool = True

    def configure(self, place: ProviderContext) -> Library:
        """The provider for a project. Raises SettingsError, all faults at once; the folder is looked at later."""
        return replace(
            self,
            options=_options(place.options),
            project=place.project,
            cache=place.cache,
            progress=place.progress,
            given={},
        )

    def with_pictures_in_use(self, shown: Mapping[str, tuple[str, ...]]) -> Library:
        """The provider that leaves to pages what they show: ``sha256:…`` of a master or a picture -> pages."""
        return replace(self, shown=shown, given={})

    def needs_own_picture(self, recipe: Recipe) -> bool:
        """Whether pages that ask for the very same get a picture each: unless they share it, or name it."""
        return not recipe.options.get("share") and "picture" not in recipe.options

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Everything that a pick depends on. Raises RecipeError naming the keys, all faults at once.

        ``page``: the page's ``title``, ``tags`` and ``summary``, which are the query where nobody wrote one.
        """
        return query_options.complete(options)

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """Nothing before the pick."""
        return ()

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """One master a recipe, in order; pictures that recipes name are kept for them. Raises ProviderError."""
        from imageseo.heroes.providers.asset_library import locations, search_index

        asks = [_ask(recipe) for recipe in recipes]
        place = locations.open_location(self.options.folder, self.project, self.cache, self.progress)
        with search_index.open_index(place, self.cache, self.progress) as shelf:
            for ask in asks:
                hit = shelf.named(ask.picture) if ask.picture else None
                with suppress(OSError):  # a file that cannot be read is told when its turn comes
                    if hit is not None:
                        self.given.setdefault(shelf.sha256(hit), set()).add(ask.errand)
            desk = self._desk(shelf)
            for ask in asks:
                found = desk.pick(ask)
                self.given.setdefault(found.sha256, set()).add(ask.errand)
                yield self._master(found, ask, desk)

    def _desk(self, shelf: SearchIndex) -> Selector:
        from imageseo.heroes.providers.asset_library import selection as pick

        desk = pick.Selector(shelf=shelf, allowed=self.options.licenses, shown=self._elsewhere)
        if self.options.search == "text":
            return desk
        from imageseo.heroes.providers.asset_library import embeddings

        name = self.options.model or ""
        model = embeddings.Sentences(self.project / name, name)
        return replace(
            desk,
            ranked=lambda query, where: embeddings.ranked(shelf, model, query, where, self.progress),
            least=embeddings.LEAST,
            model=model.digest,
        )

    def _elsewhere(self, digest: str, errand: tuple[str, str]) -> str | None:
        """Where else a picture or a master is shown, seen from a recipe."""
        pages = [page for page in self.shown.get(digest, ()) if page != errand[1]]
        pages += [page or "another page" for _, page in sorted(self.given.get(digest, set()) - {errand})]
        return pages[0] if pages else None

    def _master(self, found: Selection, ask: Query, desk: Selector) -> Master:
        from imageseo.heroes.providers.asset_library import licenses as licences
        from imageseo.heroes.providers.asset_library import selection as pick

        entry = found.entry
        known = licences.named(entry.license) if entry.license else None
        url = known.url if known else entry.license if entry.license.startswith(("http://", "https://")) else None
        notes = [f"{entry.path} was picked; a better one was not: {why}" for why in found.passed if not pick.taken(why)]
        if found.shown_by and not ask.share:
            notes.append(f"{entry.path} is also shown by {found.shown_by}")
        if found.size != (ask.width, ask.height):
            notes.append(
                f"{entry.path} has only {entry.width}x{entry.height} px: "
                f"its hero is {found.size[0]}x{found.size[1]}, not {ask.width}x{ask.height}"
            )
        return Master(
            png=found.png,
            digital_source_type=entry.digital_source_type,
            notes=tuple(notes),
            env=pick.evidence(found, query=ask.query, search=self.options.search, model=desk.model),
            models={f"picture:{entry.path}": found.sha256},
            rights=entry.rights(url),
        )


def _ask(recipe: Recipe) -> Query:
    from imageseo.heroes.providers.asset_library.entry import folded
    from imageseo.heroes.providers.asset_library.search_index import Filter
    from imageseo.heroes.providers.asset_library.selection import Query

    options = recipe.options
    where = Filter(
        tags=tuple(map(folded, options.get("tags", ()))),
        orientation=options.get("orientation", "any"),
        min_width=options.get("min_width", 0),
    )
    return Query(
        errand=recipe.request_key,
        width=recipe.width,
        height=recipe.height,
        query=options.get("query") or options.get("prompt", ""),
        near=options.get("near", ""),
        picture=options.get("picture", ""),
        where=where,
        share=options.get("share", False),
    )


def _options(given: Mapping[str, Any]) -> Options:
    place = "providers.library"
    known = tuple(each.name for each in fields(Options))
    faults = [f"{place}.{key}: there is no such key; {near(key, known)}" for key in given if key not in known]
    texts = {key: given[key] for key in ("folder", "search", "model") if key in given}
    for key, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            faults.append(f"{place}.{key}: expected a text, found {value!r}")
        elif key == "folder" and "://" in value:
            try:
                validated_url(value, f"{place}.folder")
            except SettingsError as error:
                faults += error.faults
        elif key == "model" and "://" in value:
            faults.append(f"{place}.{key}: expected a folder of this machine, found the URL {value!r}")
        elif key == "search" and value not in SEARCHES:
            faults.append(f"{place}.search: expected text or embeddings, found {value!r}; {near(value, SEARCHES)}")
    licenses = given.get("licenses", ())
    if not isinstance(licenses, list | tuple) or not all(isinstance(each, str) and each.strip() for each in licenses):
        faults.append(f'{place}.licenses: expected a list of names or URLs, as ["CC-BY-NC-4.0"], found {licenses!r}')
    if texts.get("search") == "embeddings" and "model" not in texts:
        faults.append(f"{place}.model: search by embeddings needs the folder of a model here")
    if faults:
        raise SettingsError(tuple(faults))
    return Options(**texts, licenses=tuple(licenses))


PROVIDER = Library()
