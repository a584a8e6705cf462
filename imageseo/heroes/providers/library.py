"""Heroes from the team's own image library: the best match by sidecar texts, never the same image twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imageseo.heroes.providers.asset_library import query_options
from imageseo.heroes.providers.asset_library.query_options import suggestion
from imageseo.model.errors import SettingsError
from imageseo.model.hero import Master, Recipe
from imageseo.model.progress import Progress
from imageseo.model.protocols import ProviderContext
from imageseo.storage.remote_system import validated_url

if TYPE_CHECKING:
    from imageseo.heroes.providers.asset_library.search_index import SearchIndex
    from imageseo.heroes.providers.asset_library.selection import ImageSelector, Query, Selection

SEARCHES = ("text", "embeddings")


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryOptions:
    """Settings ``providers.library``. ``folder``: relative to the project, or an fsspec URL.

    ``licenses``: allowed in addition to the free ones. ``search``: ``text`` (words, their forms and parts) or
    ``embeddings``, with the model in the folder ``model``.
    """

    folder: str = "library"
    licenses: tuple[str, ...] = ()
    search: str = "text"
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The provider. Not reproducible: a selection depends on the library's files and on what other pages show.

    Options of a recipe: ``query`` (else ``prompt``, else the page's own texts), ``tags`` (all of them), ``near`` (texts
    of the page that order the images with the tags), ``picture`` (the path of an image), ``orientation``,
    ``min_width``, ``share`` (allow an image that another page shows). The seed has no effect.

    ``shown``: as in ``with_pictures_in_use``. ``assigned``: what this provider has given out so far, because
    ``produce`` may be called again: hash of an image -> request keys.
    """

    options: LibraryOptions = LibraryOptions()
    project: Path = Path()
    cache: Path = Path()
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    progress: Progress | None = None
    assigned: dict[str, set[tuple[str, str]]] = field(default_factory=dict, compare=False, repr=False)
    name: str = "library"
    version: str = "2"
    digital_source_type: str = ""
    reproducible: bool = False
    reads_page: bool = True

    def configure(self, context: ProviderContext) -> Library:
        """Return the provider for a project. Raises SettingsError, all faults at once; the folder is read later."""
        return replace(
            self,
            options=_options(context.options),
            project=context.project,
            cache=context.cache,
            progress=context.progress,
            assigned={},
        )

    def with_pictures_in_use(self, shown: Mapping[str, tuple[str, ...]]) -> Library:
        """Return the provider that avoids images of other pages: ``sha256:…`` of a master or an image -> pages."""
        return replace(self, shown=shown, assigned={})

    def needs_own_picture(self, recipe: Recipe) -> bool:
        """Whether pages with equal recipes get different images: unless they share or name it."""
        return not recipe.options.get("share") and "picture" not in recipe.options

    def complete(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return all options that a selection depends on. Raises RecipeError naming the keys, all faults at once.

        ``page``: the page's ``title``, ``tags`` and ``summary``, which are the query if the author wrote none.
        """
        return query_options.complete(options)

    def notes(self, recipe: Recipe) -> tuple[str, ...]:
        """Return no notes: they depend on the selection."""
        return ()

    def produce(self, recipes: Iterable[Recipe]) -> Iterator[Master]:
        """Yield one master per recipe, in order; images that recipes name are reserved. Raises ProviderError."""
        from imageseo.heroes.providers.asset_library import locations, search_index

        queries = [_build_query(recipe) for recipe in recipes]
        location = locations.open_location(self.options.folder, self.project, self.cache, self.progress)
        with search_index.open_index(location, self.cache, self.progress) as index:
            for query in queries:
                hit = index.find_path(query.picture) if query.picture else None
                with suppress(OSError):  # reported when the recipe is processed
                    if hit is not None:
                        self.assigned.setdefault(index.sha256(hit), set()).add(query.request_key)
            selector = self._build_selector(index)
            for query in queries:
                selection = selector.select(query)
                self.assigned.setdefault(selection.sha256, set()).add(query.request_key)
                yield self._master(selection, query, selector)

    def _build_selector(self, index: SearchIndex) -> ImageSelector:
        from imageseo.heroes.providers.asset_library import selection as selection_module

        selector = selection_module.ImageSelector(
            index=index, allowed=self.options.licenses, find_other_page=self._find_other_page
        )
        if self.options.search == "text":
            return selector
        from imageseo.heroes.providers.asset_library import embeddings

        folder = self.options.model or ""
        model = embeddings.SentenceModel(self.project / folder, folder)
        return replace(
            selector,
            rank=lambda query, filter: embeddings.rank_images(index, model, query, filter, self.progress),
            min_score=embeddings.MIN_SIMILARITY,
            model=model.digest,
        )

    def _find_other_page(self, digest: str, request_key: tuple[str, str]) -> str | None:
        """Return another page that shows an image or a master, as seen from a recipe."""
        pages = [page for page in self.shown.get(digest, ()) if page != request_key[1]]
        pages += [page or "another page" for _, page in sorted(self.assigned.get(digest, set()) - {request_key})]
        return pages[0] if pages else None

    def _master(self, selection: Selection, query: Query, selector: ImageSelector) -> Master:
        from imageseo.heroes.providers.asset_library import licenses
        from imageseo.heroes.providers.asset_library import selection as selection_module

        entry = selection.entry
        licence = licenses.find_licence(entry.license) if entry.license else None
        url = licence.url if licence else entry.license if entry.license.startswith(("http://", "https://")) else None
        notes = [
            f"{entry.path} was selected; a better match was rejected: {reason}"
            for reason in selection.rejections
            if not selection_module.is_shown_elsewhere(reason)
        ]
        if selection.shown_by and not query.share:
            notes.append(f"{entry.path} is also shown by {selection.shown_by}")
        if selection.size != (query.width, query.height):
            notes.append(
                f"{entry.path} is only {entry.width}x{entry.height} px: "
                f"the hero is {selection.size[0]}x{selection.size[1]}, not {query.width}x{query.height}"
            )
        return Master(
            png=selection.png,
            digital_source_type=entry.digital_source_type,
            notes=tuple(notes),
            env=selection_module.build_evidence(
                selection, query=query.query, search=self.options.search, model=selector.model
            ),
            models={f"picture:{entry.path}": selection.sha256},
            rights=entry.rights(url),
        )


def _build_query(recipe: Recipe) -> Query:
    from imageseo.heroes.providers.asset_library.entry import fold_tag
    from imageseo.heroes.providers.asset_library.search_index import Filter
    from imageseo.heroes.providers.asset_library.selection import Query

    options = recipe.options
    filter = Filter(
        tags=tuple(map(fold_tag, options.get("tags", ()))),
        orientation=options.get("orientation", "any"),
        min_width=options.get("min_width", 0),
    )
    return Query(
        request_key=recipe.request_key,
        width=recipe.width,
        height=recipe.height,
        query=options.get("query") or options.get("prompt", ""),
        near=options.get("near", ""),
        language=recipe.language,
        picture=options.get("picture", ""),
        filter=filter,
        share=options.get("share", False),
    )


def _options(table: Mapping[str, Any]) -> LibraryOptions:
    section = "providers.library"
    keys = tuple(each.name for each in fields(LibraryOptions))
    faults = [f"{section}.{key}: unknown key; {suggestion(key, keys)}" for key in table if key not in keys]
    texts = {key: table[key] for key in ("folder", "search", "model") if key in table}
    for key, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            faults.append(f"{section}.{key}: expected text, found {value!r}")
        elif key == "folder" and "://" in value:
            try:
                validated_url(value, f"{section}.folder")
            except SettingsError as error:
                faults += error.faults
        elif key == "model" and "://" in value:
            faults.append(f"{section}.{key}: expected a local folder, found the URL {value!r}")
        elif key == "search" and value not in SEARCHES:
            faults.append(
                f"{section}.search: expected text or embeddings, found {value!r}; {suggestion(value, SEARCHES)}"
            )
    licenses = table.get("licenses", ())
    if not isinstance(licenses, list | tuple) or not all(isinstance(each, str) and each.strip() for each in licenses):
        faults.append(
            f'{section}.licenses: expected a list of names or URLs, such as ["CC-BY-NC-4.0"], found {licenses!r}'
        )
    if texts.get("search") == "embeddings" and "model" not in texts:
        faults.append(f"{section}.model: missing; search by embeddings needs a model folder")
    if faults:
        raise SettingsError(tuple(faults))
    return LibraryOptions(**texts, licenses=tuple(licenses))


PROVIDER = Library()
