"""Full-text index of a library (SQLite FTS5) in the cache folder, updated when it is opened."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from imageseo.heroes.providers.asset_library.catalog import Catalog
from imageseo.heroes.providers.asset_library.entry import LibraryEntry, fold_tag
from imageseo.heroes.providers.asset_library.locations import LibraryLocation
from imageseo.heroes.providers.asset_library.query_terms import separate_cjk
from imageseo.model.errors import ProviderError
from imageseo.model.progress import Progress

_VERSION = 1  # version of the tables and of the metadata reader: an index of another version is rebuilt
_MIN_IMAGES_SHOWN = 200  # minimum number of images to read that get a progress bar
_TABLES = """
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, stamp TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, orientation TEXT NOT NULL, tags TEXT NOT NULL, entry TEXT NOT NULL, sha256 TEXT);
CREATE VIRTUAL TABLE words USING fts5(title, caption, tags, alt, name, tokenize = 'porter unicode61');
CREATE TABLE vectors (id INTEGER PRIMARY KEY, model TEXT NOT NULL, vector BLOB NOT NULL);
"""
_MAX_TERMS = 12  # maximum number of search terms: a page's title and summary have more words
_WEIGHTS = "8.0, 4.0, 6.0, 4.0, 2.0"


class Hit(NamedTuple):
    """``score``: higher is better; 0 if no search term was given."""

    id: int
    path: str
    score: float


class IndexRow(NamedTuple):
    """Fields that every search needs, kept in memory while the index is open. ``tags``: folded, between newlines."""

    path: str
    width: int
    orientation: str
    tags: str


class Filter(NamedTuple):
    """Restricts a search. ``tags``: required tags, folded. ``orientation``: ``any`` or a single one."""

    tags: tuple[str, ...] = ()
    orientation: str = "any"
    min_width: int = 0

    def matches(self, row: IndexRow) -> bool:
        return (
            row.width >= self.min_width
            and self.orientation in ("any", row.orientation)
            and all(f"\n{tag}\n" in row.tags for tag in self.tags)
        )

    def describe(self) -> str:
        """Describe the filter: ``with the tag sea; landscape; at least 1200 px wide``; ``""`` if it is empty."""
        parts = [f"with {'all of the tags' if len(self.tags) > 1 else 'the tag'} {', '.join(self.tags)}"]
        parts = parts if self.tags else []
        parts += [self.orientation] if self.orientation != "any" else []
        parts += [f"at least {self.min_width} px wide"] if self.min_width else []
        return "; ".join(parts)


NO_FILTER = Filter()


class SearchIndex:
    """An open index. Results do not depend on its history; equal scores are sorted by path."""

    def __init__(self, database: sqlite3.Connection, catalog: Catalog) -> None:
        self.database, self.catalog = database, catalog
        rows = database.execute("SELECT id, path, width, orientation, tags FROM pictures")
        self.rows: dict[int, IndexRow] = {id: IndexRow(*row) for id, *row in rows}

    def __len__(self) -> int:
        return len(self.rows)

    def search(self, words: Iterable[str], filter: Filter = NO_FILTER) -> list[Hit]:
        """Return images that contain any of the words, best first; without words all images, by path.

        If there are many words, only the rarest count.
        """
        terms = self._rarest_terms(list(words))
        if terms is None:
            unranked = ((row.path, id, 0.0) for id, row in self.rows.items() if filter.matches(row))
            return [Hit(id, path, score) for path, id, score in sorted(unranked)]
        match = " OR ".join(f'"{word}"' for word in terms)
        scored = self.database.execute(f"SELECT rowid, bm25(words, {_WEIGHTS}) FROM words WHERE words MATCH ?", [match])
        ranked = [(score, self.rows[id].path, id) for id, score in scored]
        if filter != NO_FILTER:
            ranked = [each for each in ranked if filter.matches(self.rows[each[2]])]
        ranked.sort()
        return [Hit(id, path, -score) for score, path, id in ranked]

    def _rarest_terms(self, words: list[str]) -> list[str] | None:
        """Return the rarest words, without those that most images have; None if no words were given."""
        if len(words) < 2:
            return words or None
        count = "SELECT count(*) FROM words WHERE words MATCH ?"
        counts = {word: self.database.execute(count, [f'"{word}"']).fetchone()[0] for word in words}
        rarest = sorted(words, key=lambda word: (counts[word], word))
        uncommon = [word for word in rarest if 0 < counts[word] * 2 <= len(self)] or [
            word for word in rarest if counts[word]
        ]
        return (uncommon or rarest)[:_MAX_TERMS]

    def contains_word(self, hit: Hit, word: str) -> bool:
        """Whether the image has the word, in any of its forms."""
        row = self.database.execute("SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?", [f'"{word}"', hit.id])
        return row.fetchone() is not None

    def read_entry(self, id: int) -> LibraryEntry:
        return LibraryEntry.from_json(
            self.database.execute("SELECT entry FROM pictures WHERE id = ?", [id]).fetchone()[0]
        )

    def find_path(self, path: str) -> Hit | None:
        row = self.database.execute("SELECT id FROM pictures WHERE path = ?", [path]).fetchone()
        return Hit(row[0], path, 0.0) if row else None

    def sha256(self, hit: Hit) -> str:
        """Return ``sha256:…`` of the image file; raises OSError. Cached until the file changes."""
        (digest,) = self.database.execute("SELECT sha256 FROM pictures WHERE id = ?", [hit.id]).fetchone()
        if digest is None:
            digest = self.catalog.location.digest(hit.path)
            self.write("UPDATE pictures SET sha256 = ? WHERE id = ?", [(digest, hit.id)])
        return str(digest)

    def write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Write data that can be recomputed; a database that cannot be written to is ignored."""
        with contextlib.suppress(sqlite3.OperationalError), self.database:
            self.database.executemany(statement, rows)


@contextmanager
def open_index(location: LibraryLocation, cache: Path, progress: Progress | None = None) -> Iterator[SearchIndex]:
    """Open the up-to-date index of a library.

    A damaged index is rebuilt; one that cannot be written is built in memory. Raises ProviderError: the location cannot
    be read, sidecars have faults, or SQLite has no FTS5.
    """
    catalog = Catalog(location)
    digest = hashlib.sha256(location.name.encode("utf-8", "surrogatepass")).hexdigest()
    with closing(_open_current(cache / "library" / f"{digest[:16]}.sqlite", catalog, progress)) as database:
        try:
            yield SearchIndex(database, catalog)
        except sqlite3.Error as error:  # damage that quick_check did not detect
            raise ProviderError(
                f"library: the index of {location.label} cannot be read: {error}", hint=f"remove {cache / 'library'}"
            ) from error


def _open_current(path: Path, catalog: Catalog, progress: Progress | None) -> sqlite3.Connection:
    for rebuild in (False, True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if rebuild:
                path.unlink(missing_ok=True)
            return _open_database(str(path), catalog, progress)
        except (sqlite3.OperationalError, OSError):  # read-only, full or locked: use an index in memory
            break
        except sqlite3.DatabaseError:
            continue
    return _open_database(":memory:", catalog, progress)


def _open_database(target: str, catalog: Catalog, progress: Progress | None) -> sqlite3.Connection:
    database = sqlite3.connect(target, timeout=20.0, check_same_thread=False)
    try:
        database.execute("PRAGMA cache_size = -32000")  # KiB: enough for an index of twenty thousand images
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0 and not database.execute("SELECT 1 FROM sqlite_master").fetchone():
            _create(database)
        elif version != _VERSION or database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("another version, or damaged")
        _refresh(database, catalog, progress)
    except BaseException:
        database.close()
        raise
    return database


def _create(database: sqlite3.Connection) -> None:
    database.execute("PRAGMA synchronous = OFF")  # after a power cut the index is simply rebuilt
    try:
        database.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")
    except sqlite3.OperationalError as error:
        if "fts5" in str(error):
            raise ProviderError(
                f"library: the SQLite {sqlite3.sqlite_version} of this Python has no full-text search (FTS5)",
                hint="use a Python whose sqlite3 includes it, such as those of python.org, Debian and conda",
            ) from error
        raise


def _refresh(database: sqlite3.Connection, catalog: Catalog, progress: Progress | None) -> None:
    if not any(_differences(database, catalog)):
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        stale, fresh = _differences(database, catalog)  # another process may have updated it meanwhile
        for table, key in (("pictures", "id"), ("words", "rowid"), ("vectors", "id")):
            database.executemany(f"DELETE FROM {table} WHERE {key} = ?", ((id,) for id in stale))
        with (
            progress.task("Images", len(fresh))
            if progress and len(fresh) >= _MIN_IMAGES_SHOWN
            else nullcontext() as task
        ):
            for path in fresh:
                _add(database, catalog.read_entry(path), _stamp(catalog, path))
                if task:
                    task.advance()
        catalog.raise_faults()


def _differences(database: sqlite3.Connection, catalog: Catalog) -> tuple[list[int], list[str]]:
    """Return ids of outdated rows and paths of images to read."""
    rows = database.execute("SELECT id, path, stamp FROM pictures")
    stored: dict[str, tuple[int, str]] = {path: (id, stamp) for id, path, stamp in rows}
    stale = [id for path, (id, stamp) in stored.items() if _stamp(catalog, path) != stamp]
    return stale, [path for path in catalog.images if _stamp(catalog, path) != stored.get(path, (0, ""))[1]]


def _stamp(catalog: Catalog, path: str) -> str:
    image = catalog.images.get(path)
    return image.stamp if image else ""


def _add(database: sqlite3.Connection, entry: LibraryEntry, stamp: str) -> None:
    tags = "".join(f"\n{fold_tag(tag)}" for tag in entry.tags) + "\n"
    row = (entry.path, stamp, entry.width, entry.height, entry.orientation, tags, entry.to_json())
    columns = "path, stamp, width, height, orientation, tags, entry"
    id = database.execute(f"INSERT INTO pictures ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row).lastrowid
    texts = (entry.title, entry.caption, " ".join(entry.tags), entry.alt, entry.path.rpartition(".")[0])
    database.execute(
        "INSERT INTO words (rowid, title, caption, tags, alt, name) VALUES (?, ?, ?, ?, ?, ?)",
        (id, *(separate_cjk(text) for text in texts)),
    )
