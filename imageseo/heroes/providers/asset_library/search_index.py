"""Full-text index of a library (SQLite) in the cache folder, updated when it is opened."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from imageseo.heroes.providers.asset_library import languages, query_terms, text_search
from imageseo.heroes.providers.asset_library.catalog import Catalog
from imageseo.heroes.providers.asset_library.entry import LibraryEntry, fold_tag
from imageseo.heroes.providers.asset_library.locations import LibraryLocation
from imageseo.heroes.providers.asset_library.vocabulary import Vocabulary
from imageseo.model.errors import ProviderError
from imageseo.model.progress import Progress

_VERSION = 4  # version of the tables, the metadata reader and the words: an index of another version is rebuilt
_MIN_IMAGES_SHOWN = 200  # minimum number of images to read that get a progress bar
_TABLES = """
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, stamp TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, orientation TEXT NOT NULL, tags TEXT NOT NULL, words INTEGER NOT NULL, entry TEXT NOT NULL,
    sha256 TEXT);
CREATE TABLE words (word TEXT, id INTEGER, weight INTEGER NOT NULL, PRIMARY KEY (word, id)) WITHOUT ROWID;
CREATE INDEX words_of_picture ON words (id);
CREATE TABLE stems (language TEXT, word TEXT, stem TEXT NOT NULL, PRIMARY KEY (language, word)) WITHOUT ROWID;
CREATE TABLE vectors (id INTEGER PRIMARY KEY, model TEXT NOT NULL, vector BLOB NOT NULL);
"""


class Hit(NamedTuple):
    """``score``: higher is better; 0 if no search term was given. ``strength``, ``share``: as in ``Match``."""

    id: int
    path: str
    score: float
    strength: float = 0.0
    share: float = 0.0


class IndexRow(NamedTuple):
    """Fields that every search needs, kept in memory while the index is open. ``tags``: folded, between newlines."""

    path: str
    width: int
    height: int
    orientation: str
    tags: str
    words: int


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
        rows = database.execute("SELECT id, path, width, height, orientation, tags, words FROM pictures")
        self.rows: dict[int, IndexRow] = {id: IndexRow(*row) for id, *row in rows}
        self._norms: dict[int, float] = {}
        self._language = ""
        self._vocabularies: dict[str, Vocabulary] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def search(self, words: Sequence[str], filter: Filter = NO_FILTER, language: str = "en") -> list[Hit]:
        """Return images that contain any of the words, best first; without words all images, by path.

        ``language``: of the words. If there are many, only the rarest count.
        """
        if not words:
            unranked = ((row.path, id, 0.0) for id, row in self.rows.items() if filter.matches(row))
            return [Hit(id, path, score) for path, id, score in sorted(unranked)]
        if not self._norms:
            self._norms = text_search.length_norms({id: row.words for id, row in self.rows.items()})
        found = text_search.match_images(
            words, expand=self._vocabulary(language).expand, weights_of=self._weights, norms=self._norms
        )
        if filter != NO_FILTER:
            found = [match for match in found if filter.matches(self.rows[match.id])]
        hits = [Hit(id, self.rows[id].path, *measures) for id, *measures in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.path))

    def language(self) -> str:
        """Return the language of most texts of the library; English if they show none."""
        if not self._language:
            words = tuple(word for (word,) in self.database.execute("SELECT DISTINCT word FROM words"))
            self._language = languages.detect(words) or "en"
        return self._language

    def _weights(self, word: str) -> dict[int, int]:
        return dict(self.database.execute("SELECT id, weight FROM words WHERE word = ?", [word]).fetchall())

    def _vocabulary(self, language: str) -> Vocabulary:
        """Return the words of all images in a language. Their stems are cached."""
        if language not in self._vocabularies:
            stem = languages.stemmer(language)
            known = dict(
                self.database.execute("SELECT word, stem FROM stems WHERE language = ?", [language]).fetchall()
            )
            words = [word for (word,) in self.database.execute("SELECT DISTINCT word FROM words")]
            fresh = {word: stem(word) for word in words if word not in known}
            self.write(
                "INSERT OR REPLACE INTO stems (language, word, stem) VALUES (?, ?, ?)",
                [(language, word, root) for word, root in fresh.items()],
            )
            known |= fresh
            self._vocabularies[language] = Vocabulary({word: known[word] for word in words}, stem, language)
        return self._vocabularies[language]

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
    be read, or sidecars have faults.
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
    database.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")


def _refresh(database: sqlite3.Connection, catalog: Catalog, progress: Progress | None) -> None:
    if not any(_differences(database, catalog)):
        return
    with database:
        database.execute("BEGIN IMMEDIATE")
        stale, fresh = _differences(database, catalog)  # another process may have updated it meanwhile
        for table in ("pictures", "words", "vectors"):
            database.executemany(f"DELETE FROM {table} WHERE id = ?", ((id,) for id in stale))
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
    texts = (entry.title, entry.caption, " ".join(entry.tags), entry.alt, entry.path.rpartition(".")[0])
    weights: Counter[str] = Counter()
    count = 0
    for text, weight in zip(texts, text_search.FIELDS, strict=True):
        for word in query_terms.index_words(text):
            weights[word] += weight
            count += 1
    row = (entry.path, stamp, entry.width, entry.height, entry.orientation, tags, count, entry.to_json())
    columns = "path, stamp, width, height, orientation, tags, words, entry"
    id = database.execute(f"INSERT INTO pictures ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row).lastrowid
    rows = ((word, id, weight) for word, weight in weights.items())
    database.executemany("INSERT INTO words (word, id, weight) VALUES (?, ?, ?)", rows)
