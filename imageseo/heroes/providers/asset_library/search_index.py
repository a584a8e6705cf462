"""The index of a library's words: SQLite FTS5 under the cache, brought up to date as it is opened."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from imageseo.heroes.providers.asset_library.catalog import Catalog
from imageseo.heroes.providers.asset_library.entry import Entry, folded
from imageseo.heroes.providers.asset_library.locations import Location
from imageseo.heroes.providers.asset_library.query_terms import spaced
from imageseo.model.errors import ProviderError
from imageseo.model.protocols import Progress

_VERSION = 1  # of the tables and of what is read from pictures: another one builds the index anew
_MANY = 200  # pictures to read that are worth a progress bar
_TABLES = """
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY, path TEXT UNIQUE NOT NULL, stamp TEXT NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, orientation TEXT NOT NULL, tags TEXT NOT NULL, entry TEXT NOT NULL, sha256 TEXT);
CREATE VIRTUAL TABLE words USING fts5(title, caption, tags, alt, name, tokenize = 'porter unicode61');
CREATE TABLE vectors (id INTEGER PRIMARY KEY, model TEXT NOT NULL, vector BLOB NOT NULL);
"""
_TELLING = 12  # words of a query that are searched for: a page's title and summary have more
_WEIGHTS = "8.0, 4.0, 6.0, 4.0, 2.0"


class Hit(NamedTuple):
    """``score``: the higher the better; 0 where no word was asked for."""

    id: int
    path: str
    score: float


class Row(NamedTuple):
    """What every search looks at, kept in memory while the index is open. ``tags``: folded, between line ends."""

    path: str
    width: int
    orientation: str
    tags: str


class Filter(NamedTuple):
    """Which pictures are asked for. ``tags``: all of them, folded. ``orientation``: ``any`` or one."""

    tags: tuple[str, ...] = ()
    orientation: str = "any"
    min_width: int = 0

    def fits(self, row: Row) -> bool:
        return (
            row.width >= self.min_width
            and self.orientation in ("any", row.orientation)
            and all(f"\n{tag}\n" in row.tags for tag in self.tags)
        )

    def told(self) -> str:
        """``with all of the tags sea, boats; landscape; at least 1200 px wide``, ``""`` where nothing is asked."""
        parts = [f"with {'all of the tags' if len(self.tags) > 1 else 'the tag'} {', '.join(self.tags)}"]
        parts = parts if self.tags else []
        parts += [self.orientation] if self.orientation != "any" else []
        parts += [f"at least {self.min_width} px wide"] if self.min_width else []
        return "; ".join(parts)


EVERYWHERE = Filter()


class SearchIndex:
    """The open index. Answers are the same however it came about; equal scores are sorted by path."""

    def __init__(self, base: sqlite3.Connection, listing: Catalog) -> None:
        self.base, self.listing = base, listing
        rows = base.execute("SELECT id, path, width, orientation, tags FROM pictures")
        self.rows: dict[int, Row] = {id: Row(*row) for id, *row in rows}

    def __len__(self) -> int:
        return len(self.rows)

    def search(self, words: Iterable[str], where: Filter = EVERYWHERE) -> list[Hit]:
        """Pictures in which any of the words occurs, the best first; all of them, by path, without words.

        Of many words those count that are rarest here.
        """
        terms = self._telling(list(words))
        if terms is None:
            found = ((row.path, id, 0.0) for id, row in self.rows.items() if where.fits(row))
            return [Hit(id, path, score) for path, id, score in sorted(found)]
        match = " OR ".join(f'"{word}"' for word in terms)
        scored = self.base.execute(f"SELECT rowid, bm25(words, {_WEIGHTS}) FROM words WHERE words MATCH ?", [match])
        found_by = [(score, self.rows[id].path, id) for id, score in scored]
        if where != EVERYWHERE:
            found_by = [each for each in found_by if where.fits(self.rows[each[2]])]
        found_by.sort()
        return [Hit(id, path, -score) for score, path, id in found_by]

    def _telling(self, words: list[str]) -> list[str] | None:
        """The rarest of the words, without those that most pictures have; None where none was asked for."""
        if len(words) < 2:
            return words or None
        count = "SELECT count(*) FROM words WHERE words MATCH ?"
        often = {word: self.base.execute(count, [f'"{word}"']).fetchone()[0] for word in words}
        rarest = sorted(words, key=lambda word: (often[word], word))
        rare = [word for word in rarest if 0 < often[word] * 2 <= len(self)] or [word for word in rarest if often[word]]
        return (rare or rarest)[:_TELLING]

    def has(self, hit: Hit, word: str) -> bool:
        """Whether the picture has the word, in any of its forms."""
        row = self.base.execute("SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?", [f'"{word}"', hit.id])
        return row.fetchone() is not None

    def entry(self, id: int) -> Entry:
        return Entry.loads(self.base.execute("SELECT entry FROM pictures WHERE id = ?", [id]).fetchone()[0])

    def named(self, path: str) -> Hit | None:
        row = self.base.execute("SELECT id FROM pictures WHERE path = ?", [path]).fetchone()
        return Hit(row[0], path, 0.0) if row else None

    def sha256(self, hit: Hit) -> str:
        """``sha256:…`` of the picture's file; raises OSError. Kept until the file changes."""
        (known,) = self.base.execute("SELECT sha256 FROM pictures WHERE id = ?", [hit.id]).fetchone()
        if known is None:
            known = self.listing.place.digest(hit.path)
            self.write("UPDATE pictures SET sha256 = ? WHERE id = ?", [(known, hit.id)])
        return str(known)

    def write(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """What can be found out again is kept, where it can be kept."""
        with contextlib.suppress(sqlite3.OperationalError), self.base:
            self.base.executemany(statement, rows)


@contextmanager
def open_index(place: Location, cache: Path, progress: Progress | None = None) -> Iterator[SearchIndex]:
    """The index of a library, up to date. One that is damaged is built anew; one that cannot be kept, in memory.

    Raises ProviderError: no such place, faults of sidecars, no FTS5.
    """
    listing = Catalog(place)
    digest = hashlib.sha256(place.name.encode("utf-8", "surrogatepass")).hexdigest()
    with closing(_current(cache / "library" / f"{digest[:16]}.sqlite", listing, progress)) as base:
        try:
            yield SearchIndex(base, listing)
        except sqlite3.Error as error:  # damage that its check did not see
            raise ProviderError(
                f"library: the index of {place.shown} cannot be read: {error}", hint=f"remove {cache / 'library'}"
            ) from error


def _current(path: Path, listing: Catalog, progress: Progress | None) -> sqlite3.Connection:
    for anew in (False, True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if anew:
                path.unlink(missing_ok=True)
            return _filled(str(path), listing, progress)
        except (sqlite3.OperationalError, OSError):  # read-only, full or locked: what is known is found out again
            break
        except sqlite3.DatabaseError:
            continue
    return _filled(":memory:", listing, progress)


def _filled(where: str, listing: Catalog, progress: Progress | None) -> sqlite3.Connection:
    base = sqlite3.connect(where, timeout=20.0, check_same_thread=False)
    try:
        base.execute("PRAGMA cache_size = -32000")  # KiB: the whole index of twenty thousand pictures
        (version,) = base.execute("PRAGMA user_version").fetchone()
        if version == 0 and not base.execute("SELECT 1 FROM sqlite_master").fetchone():
            _create(base)
        elif version != _VERSION or base.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("another version, or damaged")
        _refresh(base, listing, progress)
    except BaseException:
        base.close()
        raise
    return base


def _create(base: sqlite3.Connection) -> None:
    base.execute("PRAGMA synchronous = OFF")  # a power cut costs an index, and that is built anew
    try:
        base.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")
    except sqlite3.OperationalError as error:
        if "fts5" in str(error):
            raise ProviderError(
                f"library: the SQLite {sqlite3.sqlite_version} of this Python has no full-text search (FTS5)",
                hint="use a Python whose sqlite3 was built with it, as those of python.org, Debian and conda are",
            ) from error
        raise


def _refresh(base: sqlite3.Connection, listing: Catalog, progress: Progress | None) -> None:
    if not any(_differences(base, listing)):
        return
    with base:
        base.execute("BEGIN IMMEDIATE")
        stale, fresh = _differences(base, listing)  # another process may have been faster
        for table, key in (("pictures", "id"), ("words", "rowid"), ("vectors", "id")):
            base.executemany(f"DELETE FROM {table} WHERE {key} = ?", ((id,) for id in stale))
        with progress.task("Pictures", len(fresh)) if progress and len(fresh) >= _MANY else nullcontext() as step:
            for path in fresh:
                _add(base, listing.entry(path), _stamp(listing, path))
                if step:
                    step.advance()
        listing.complain()


def _differences(base: sqlite3.Connection, listing: Catalog) -> tuple[list[int], list[str]]:
    """Ids of rows that stand no longer, paths of pictures to be read."""
    rows = base.execute("SELECT id, path, stamp FROM pictures")
    known: dict[str, tuple[int, str]] = {path: (id, stamp) for id, path, stamp in rows}
    stale = [id for path, (id, stamp) in known.items() if _stamp(listing, path) != stamp]
    return stale, [path for path in listing.pictures if _stamp(listing, path) != known.get(path, (0, ""))[1]]


def _stamp(listing: Catalog, path: str) -> str:
    found = listing.pictures.get(path)
    return found.stamp if found else ""


def _add(base: sqlite3.Connection, entry: Entry, stamp: str) -> None:
    tags = "".join(f"\n{folded(tag)}" for tag in entry.tags) + "\n"
    row = (entry.path, stamp, entry.width, entry.height, entry.orientation, tags, entry.dumps())
    columns = "path, stamp, width, height, orientation, tags, entry"
    id = base.execute(f"INSERT INTO pictures ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row).lastrowid
    texts = (entry.title, entry.caption, " ".join(entry.tags), entry.alt, entry.path.rpartition(".")[0])
    base.execute(
        "INSERT INTO words (rowid, title, caption, tags, alt, name) VALUES (?, ?, ?, ?, ?, ?)",
        (id, *(spaced(text) for text in texts)),
    )
