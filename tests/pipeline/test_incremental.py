"""Incremental builds: a warm build gives the result of a cold one after any change, with less work."""

from __future__ import annotations

import os
import random
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from imageseo import config
from imageseo.integrations import directory
from imageseo.integrations.progress import Quiet
from imageseo.model.image import Asset
from imageseo.pipeline import build as job
from imageseo.pipeline import composition
from imageseo.pipeline.incremental import build_state, probe_cache
from imageseo.pipeline.social.card import is_card_path
from imageseo.web import filenames
from imageseo.web.html import page_scan
from tests.pipeline.test_build import page
from tests.support import pictures, small_sites

OPTIONS: Mapping[str, Any] = {
    "site_url": "https://example.org/",
    "quality": {"avif": 40, "webp": 50},
    "encode": {"avif_speed": 10, "webp_method": 0, "isolate": False},
    "widths": [320, 480],
}
CODE = build_state.code_digest
HERO = '["/hero/"]\nseed = 5\nstyle = "topo"\nalt = "Lines"\nwidth = 640\nheight = 360\n'


def pristine() -> dict[str, bytes]:
    """Return a small site: shared and missing images, a generated hero, a drawing, a small file."""
    pages = {
        "index.html": page('<p><img src="img/a.jpg" alt="A"></p>\n<p><img src="img/b.jpg" alt="B"></p>'),
        "blog/index.html": page(
            '<p data-imageseo-disable="alt-missing: it says nothing"><img src="/img/b.jpg"></p>'
            '<p><img src="../img/gone.jpg" alt="Gone"></p>',
            "blog/",
        ),
        "hero/index.html": page("<p>Text</p>", "hero/"),
        "plain/index.html": page('<p>Words</p><p><img src="../img/stripes.png" alt="S"></p>', "plain/"),
    }
    files = {
        "img/logo.png": pictures.save(pictures.flat("red"), "PNG"),
        "img/a.jpg": small_sites.photo(520, 300, seed=1),
        "img/b.jpg": small_sites.photo(500, 340, seed=2),
        "img/stripes.png": pictures.save(pictures.flat("blue", size=(700, 500)), "PNG"),  # smaller than its variants
    }
    return {**{name: text.encode() for name, text in pages.items()}, **files}


@dataclass(frozen=True)
class State:
    """Everything that a build depends on: the author's files, settings, and heroes.toml."""

    files: Mapping[str, bytes] = field(default_factory=pristine)
    options: Mapping[str, Any] = field(default_factory=lambda: OPTIONS)
    heroes: str = HERO

    def set(self, **options: Any) -> State:
        return replace(self, options={**self.options, **options})

    def put(self, name: str, data: bytes | None) -> State:
        others = {other: content for other, content in self.files.items() if other != name}
        return replace(self, files=others if data is None else {**others, name: data})

    def change(self, name: str, old: str, new: str) -> State:
        assert old.encode() in self.files[name]
        return self.put(name, self.files[name].replace(old.encode(), new.encode()))


def with_large_photo(state: State) -> State:
    """Add a photo that can be recompressed, in articles and as a hero."""
    photo = pictures.save(pictures.photo(520, 300, 1), "JPEG", quality=97)
    return state.put("img/a.jpg", photo)


def with_animation(state: State) -> State:
    """Add an animation that can be converted."""
    photo = pictures.photo(300, 150)
    frames = [photo.crop((number * 9, 0, number * 9 + 160, 120)) for number in range(5)]
    film = pictures.save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=90, loop=0)
    return state.put("img/film.gif", film).change(
        "plain/index.html", "</article>", '<p><img src="../img/film.gif" alt="Film"></p></article>'
    )


CHANGES: dict[str, Callable[[State], State]] = {
    "nothing": lambda state: state,
    "text": lambda state: state.change("plain/index.html", "Words", "Other words"),
    "title": lambda state: state.change("index.html", "<title>T</title>", "<title>New</title>"),
    "alt": lambda state: state.change("index.html", 'alt="A"', 'alt="Another"'),
    "no alt": lambda state: state.change("index.html", ' alt="A"', ""),
    "answer": lambda state: state.change("blog/index.html", "it says nothing", "for another reason"),
    "no answer": lambda state: state.change("blog/index.html", "alt-missing: it says nothing", ""),
    "noindex": lambda state: state.change("index.html", "<title>", '<meta name="robots" content="noindex"><title>'),
    "charset": lambda state: state.change("index.html", '"utf-8"', '"windows-1252"'),
    "other picture": lambda state: state.put("img/b.jpg", small_sites.photo(500, 340, seed=7)),
    "other size": lambda state: state.put("img/b.jpg", small_sites.photo(330, 340, seed=7)),
    "picture gone": lambda state: state.put("img/b.jpg", None),
    "picture cut": lambda state: state.put("img/b.jpg", pictures.cut(small_sites.photo(500, 340, seed=2))),
    "picture empty": lambda state: state.put("img/a.jpg", b""),
    "picture found": lambda state: state.put("img/gone.jpg", small_sites.photo(400, 300, seed=3)),
    "picture nearby": lambda state: state.put("img/gone1.jpg", small_sites.photo(400, 300, seed=3)),
    "logo": lambda state: state.put("img/logo.png", pictures.save(pictures.flat("green", size=(50, 20)), "PNG")),
    "page added": lambda state: state.put("new/index.html", page('<img src="/img/a.jpg" alt="A">', "new/").encode()),
    "page gone": lambda state: state.put("blog/index.html", None),
    "page unreadable": lambda state: state.put("plain/index.html", "<p>x</p>".encode("utf-16")),
    "another seed": lambda state: replace(state, heroes=HERO.replace("5", "6", 1)),
    "another hero alt": lambda state: replace(state, heroes=HERO.replace("Lines", "Hills")),
    "crops": lambda state: state.set(hero={"crops": ["4:3", "1:1"]}),
    "another crop": lambda state: replace(state.set(hero={"crops": ["1:1"]}), heroes=HERO + "focal = [0.1, 0.5]\n"),
    "hero off": lambda state: replace(state, heroes='"/hero/" = "/img/a.jpg"\n'),
    "hero of all": lambda state: replace(state, heroes='"**" = "/img/a.jpg"\n'),
    "quality": lambda state: state.set(quality={"avif": 30, "webp": 50}),
    "jpeg quality": lambda state: state.set(quality={"avif": 40, "webp": 50, "jpeg": 70}),
    "formats": lambda state: state.set(formats=["webp"]),
    "widths": lambda state: state.set(widths=[320]),
    "address": lambda state: state.set(site_url="https://example.net/docs/"),
    "no json-ld": lambda state: state.set(json_ld=False),
    "no sitemap": lambda state: state.set(sitemap=False),
    "rights": lambda state: state.set(rights={"creator": "Ann"}),
    "severity": lambda state: state.set(lint={"rules": {"alt-missing": "off", "img-missing": "info"}}),
    "budget": lambda state: state.set(budgets={"lcp-bytes": {"mobile": {"warn": 100, "error": 200}}}),
    "lighter": lambda state: state.set(budgets={"lcp-bytes": {"mobile": {"warn": 0, "error": "6 KB"}}}),
    "layout": lambda state: state.set(layout={"content_width": 300}),
    "left out": lambda state: state.set(exclude_pages=["blog/*"]),
    "excluded": lambda state: state.set(exclude=["article"]),
    "insert": lambda state: state.set(hero={"insert": "before-h1"}),
    "frozen": lambda state: state.set(frozen=True),
    "recompress": lambda state: with_large_photo(state).set(fallback="recompress"),
    "keep": lambda state: state.set(fallback="keep"),
    "animated": lambda state: with_animation(state).set(animated="convert"),
    "still": lambda state: state.set(animated="keep"),
    "largest": lambda state: state.set(encode={**OPTIONS["encode"], "max_pixels": 1000}),
}


def put(folder: Path, state: State) -> None:
    """Write the site as a generator does, into an empty folder."""
    shutil.rmtree(folder / "site", ignore_errors=True)
    small_sites.write(folder / "site", dict(state.files))
    (folder / "heroes.toml").write_text(state.heroes, encoding="utf-8")


def build(folder: Path, state: State) -> job.BuildResult:
    settings = config.load(dict(state.options), "test")
    site = directory.site(folder / "site", project=folder, settings=settings)
    with composition.build_tools(settings, project=folder, progress=Quiet()) as tools:
        return job.build(site, settings, tools)


def results_of(result: job.BuildResult) -> tuple[object, ...]:
    counts = {name: count for name, count in result.summary.items() if name not in ("encoded", "reused", "changed")}
    return result.findings, result.silenced, counts


def copy_without_state(folder: Path, twin: Path) -> Path:
    """Copy a project without its build state."""
    shutil.copytree(folder, twin, symlinks=True)
    shutil.rmtree(twin / ".cache/imageseo/memo", ignore_errors=True)
    return twin


def state_files(folder: Path) -> list[Path]:
    return sorted((folder / ".cache/imageseo/memo").iterdir())


def referenced_variants(tree: Mapping[str, bytes]) -> set[str]:
    """Return the file names of variants that the pages reference."""
    text = b"".join(data for name, data in tree.items() if name.endswith(".html")).decode("latin-1")
    return set(re.findall(r"[\w.-]+w\.[0-9a-f]{8}\.\w+", text))


@pytest.fixture(scope="module", autouse=True)
def _same_code() -> Iterator[None]:
    """Fix the code digest: modules may be edited while the tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build_state, "code_digest", lambda: "the code of these tests")
        yield


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built twice."""
    folder = tmp_path_factory.mktemp("built")
    put(folder, State())
    time.sleep(2.1)  # so that stamps of its files are cached
    for _ in range(2):
        build(folder, State())
    return folder


@pytest.fixture
def warm(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "warm")
    return tmp_path / "warm"


@pytest.mark.parametrize("change", CHANGES)
class TestWarmBuildEqualsColdBuild:
    @pytest.mark.slow
    def test_in_an_empty_folder(self, change: str, warm: Path, tmp_path: Path) -> None:
        state = CHANGES[change](State())
        put(warm, state)
        cold = copy_without_state(warm, tmp_path / "cold")
        for _ in range(2):
            assert results_of(build(warm, state)) == results_of(build(cold, state))
            assert small_sites.tree(warm / "site") == small_sites.tree(cold / "site")
        put(warm, State())
        put(cold, State())
        assert results_of(build(warm, State())) == results_of(build(cold, State()))  # and back again
        assert small_sites.tree(warm / "site") == small_sites.tree(cold / "site")

    def test_in_the_built_folder(self, change: str, warm: Path, tmp_path: Path) -> None:
        """The author's files change in the folder of the last build; the result equals that of a cold build."""
        state = CHANGES[change](State())
        before = State().files
        for name in before.keys() | state.files.keys():
            if name not in state.files:
                (warm / "site" / name).unlink()
            elif before.get(name) != state.files[name]:
                small_sites.write(warm / "site", {name: state.files[name]})
        (warm / "heroes.toml").write_text(state.heroes, encoding="utf-8")
        cold = copy_without_state(warm, tmp_path / "cold")
        assert results_of(build(warm, state)) == results_of(build(cold, state))
        result_tree, cold_tree = small_sites.tree(warm / "site"), small_sites.tree(cold / "site")
        extra = {name for name in cold_tree if name not in result_tree}
        assert result_tree == {name: data for name, data in cold_tree.items() if name in result_tree}
        # Stale variants and cards can only be removed with the build state.
        assert all(
            is_card_path(name)
            or (filenames.looks_like_variant(name) and name.rpartition("/")[2] not in referenced_variants(result_tree))
            for name in extra
        )
        result = build(warm, state)
        assert result.changed == ()
        assert small_sites.tree(warm / "site") == result_tree


RECOMPRESSED = with_large_photo(with_animation(State())).set(fallback="recompress", animated="convert")


@pytest.fixture(scope="module")
def recompressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built twice, with recompressed source files."""
    folder = tmp_path_factory.mktemp("recompressed")
    put(folder, RECOMPRESSED)
    time.sleep(2.1)  # as above
    for _ in range(2):
        build(folder, RECOMPRESSED)
    assert (folder / "site/img/a.jpg").stat().st_size < len(RECOMPRESSED.files["img/a.jpg"])
    return folder


def changed(state: State, change: str) -> State:
    try:
        return CHANGES[change](state)
    except AssertionError:  # the state has this change already
        return state


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_recompressed_files_do_not_change_the_next_build(change: str, recompressed: Path, tmp_path: Path) -> None:
    """A change in a folder with recompressed files is built as in a folder with all source files."""
    warm, cold = tmp_path / "warm", tmp_path / "cold"
    shutil.copytree(recompressed, warm)
    state = changed(RECOMPRESSED, change)
    for name in RECOMPRESSED.files.keys() | state.files.keys():
        if name not in state.files:
            (warm / "site" / name).unlink()
        elif RECOMPRESSED.files.get(name) != state.files[name]:
            small_sites.write(warm / "site", {name: state.files[name]})
    (warm / "heroes.toml").write_text(state.heroes, encoding="utf-8")
    copy_without_state(warm, cold)
    put(cold, state)
    assert results_of(build(warm, state)) == results_of(build(cold, state))
    result_tree, cold_tree = small_sites.tree(warm / "site"), small_sites.tree(cold / "site")
    left_out = {
        name for name in cold_tree if change == "left out" and name.startswith("blog/")
    }  # as the last build left it
    assert all(result_tree[name] == data for name, data in cold_tree.items() if name not in left_out)
    assert all(
        name.startswith("assets/heroes/") or name == "sitemap.xml" for name in result_tree.keys() - cold_tree.keys()
    )
    assert build(warm, state).changed == ()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_several_changes_in_a_row(seed: int, warm: Path, tmp_path: Path) -> None:
    chance = random.Random(seed)
    state = State()
    for step in range(6):
        if step == 3:
            state = State()
        try:
            state = CHANGES[chance.choice(sorted(CHANGES))](state)
        except (AssertionError, KeyError):  # the state has this change already
            continue
        put(warm, state)
        cold = copy_without_state(warm, tmp_path / f"cold{step}")
        assert results_of(build(warm, state)) == results_of(build(cold, state))
        assert small_sites.tree(warm / "site") == small_sites.tree(cold / "site")


@pytest.fixture
def scans(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of bytes of each scan."""
    sizes: list[int] = []
    real = page_scan.scan_page

    def record_scan(html: bytes, **kinds: Any) -> Any:
        sizes.append(len(html))
        return real(html, **kinds)

    monkeypatch.setattr(page_scan, "scan_page", record_scan)
    return sizes


class TestSkippedWork:
    def test_unchanged_site_is_not_scanned(self, warm: Path, scans: list[int]) -> None:
        result = build(warm, State())
        assert result.changed == ()
        # A page with a missing image does not fail the build, and is not scanned again.
        assert scans == []
        assert result.summary["encoded"] == 0
        assert result.summary["reused"] > 0
        put(warm, State())
        before = build(warm, State()).summary["changed"]
        assert scans == []
        assert before > 4

    def test_only_the_changed_page_is_scanned(self, warm: Path, scans: list[int]) -> None:
        state = CHANGES["text"](State())
        put(warm, state)
        build(warm, state)
        assert len(scans) == 1

    def test_changed_image_rescans_the_pages_that_show_it(self, warm: Path, scans: list[int]) -> None:
        state = CHANGES["other picture"](State())
        put(warm, state)
        build(warm, state)
        assert len(scans) == 2

    def test_image_with_the_same_stamp_is_not_read(self, warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("imageseo.pipeline.incremental.state_session._STAMPS_PAUSE", 0)
        time.sleep(2.1)
        build(warm, State())
        shown = [path for path in (warm / "site").rglob("*") if path.suffix in (".jpg", ".png")]
        assert any(path.name == "a.jpg" for path in shown)
        monkeypatch.setattr(Path, "read_bytes", refuse_image_reads(Path.read_bytes))
        assert build(warm, State()).changed == ()


def refuse_image_reads(real: Callable[[Path], bytes]) -> Callable[[Path], bytes]:
    def read(path: Path) -> bytes:
        assert "/img/" not in path.as_posix(), f"{path} was read"
        return real(path)

    return read


def test_page_over_budget_fails_every_build(warm: Path) -> None:
    state = CHANGES["budget"](State())
    first, second = build(warm, state), build(warm, state)
    assert first.failed
    assert second.failed
    assert first.findings == second.findings


class TestStore:
    def test_blobs_missing_in_the_store_are_made_again(self, warm: Path) -> None:
        whole = small_sites.tree(warm / "site")
        for part in ("blobs", "keys"):
            shutil.rmtree(warm / ".cache/imageseo/v1" / part)
            put(warm, State())
            build(warm, State())
            assert small_sites.tree(warm / "site") == whole

    @pytest.mark.slow
    def test_damaged_blobs_are_not_published(self, warm: Path) -> None:
        whole = small_sites.tree(warm / "site")
        for blob in (warm / ".cache/imageseo/v1/blobs").glob("*/*"):
            data = blob.read_bytes()
            blob.unlink()  # it may be the very file that is published
            blob.write_bytes(bytes(len(data)))
        put(warm, State())
        build(warm, State())
        assert small_sites.tree(warm / "site") == whole

    def test_deleted_variant_is_published_again(self, warm: Path, scans: list[int]) -> None:
        whole = small_sites.tree(warm / "site")
        lost = [path for path in (warm / "site/img").iterdir() if path.suffix in (".avif", ".webp")]
        assert lost
        for path in lost:
            path.unlink()
        assert len(build(warm, State()).changed) == len(lost)
        assert small_sites.tree(warm / "site") == whole
        assert scans == []

    def test_reachable_keys_are_recorded(self, warm: Path) -> None:
        """All keys belong to pages, except for masters of heroes, which every build reads."""
        keys = {path.parent.name + path.name[:62] for path in (warm / ".cache/imageseo/v1/keys").glob("*/*")}
        assert keys == build_state.reachable_keys(warm / ".cache/imageseo")
        state = CHANGES["quality"](State())
        build(warm, state)
        assert not keys & build_state.reachable_keys(warm / ".cache/imageseo") >= keys

    def test_used_entries_are_marked(self, warm: Path) -> None:
        build(warm, State())
        entries = list((warm / ".cache/imageseo/v1/keys").glob("*/*"))
        long_ago = time.time() - 20 * 86_400
        for entry in entries:
            os.utime(entry, (long_ago, long_ago))
        for path in state_files(warm):  # the fixture has marked it already
            state = build_state.read(warm / ".cache/imageseo", path.name)
            state.marked_at = long_ago
            build_state.write(warm / ".cache/imageseo", path.name, state)
        build(warm, State())
        assert all(entry.stat().st_mtime > long_ago + 86_400 for entry in entries)


class TestStateFile:
    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: b"",
            lambda data: data[:-1],
            lambda data: data[: len(data) // 2],
            lambda data: b"imageseo memo 0\n" + data[16:],
            lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
            lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
            lambda data: b"something else",
        ],
    )
    def test_damaged_file_is_ignored(self, damage: Callable[[bytes], bytes], warm: Path) -> None:
        whole = small_sites.tree(warm / "site")
        first = results_of(build(warm, State()))
        (path,) = state_files(warm)
        path.write_bytes(damage(path.read_bytes()))
        assert build_state.read(warm / ".cache/imageseo", path.name) == build_state.BuildState()
        assert results_of(build(warm, State())) == first
        assert small_sites.tree(warm / "site") == whole

    def test_state_of_another_version_is_ignored(
        self, warm: Path, monkeypatch: pytest.MonkeyPatch, scans: list[int]
    ) -> None:
        monkeypatch.setattr(build_state, "code_digest", lambda: "other code")
        build(warm, State())
        assert len(scans) >= 4
        scans.clear()
        build(warm, State())
        assert scans == []

    def test_version_depends_on_the_code(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(build_state, "_PACKAGE", tmp_path)
        found = set()
        for text in ("a = 1", "a = 2", "a = 2"):
            (tmp_path / "module.py").write_text(text, encoding="utf-8")
            found.add(CODE())
        assert len(found) == 2

    def test_version_depends_on_data_files_and_libraries(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(build_state, "_PACKAGE", tmp_path)
        found = [CODE()]
        for name in ("lint/reports/html.jinja", "config/settings.schema.json"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("text", encoding="utf-8")
            found.append(CODE())
        for library in ("jinja2", "lxml", "tinycss2"):
            version = build_state._version
            monkeypatch.setattr(
                build_state, "_version", lambda name, one=library, of=version: "" if name == one else of(name)
            )
            found.append(CODE())
        assert len(set(found)) == 6
        (tmp_path / "__pycache__").mkdir()
        for name in ("__pycache__/module.cpython-311.pyc", ".module.py.swp"):
            (tmp_path / name).write_bytes(b"cache")
        assert CODE() == found[-1]

    def test_unwritable_cache_has_no_state(self, warm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        shutil.rmtree(warm / ".cache/imageseo/memo")
        monkeypatch.setattr(build_state, "write_atomic", refuse)
        assert not build(warm, State()).failed
        assert not (warm / ".cache/imageseo/memo").exists()

    def test_file_contains_no_absolute_path(self, warm: Path) -> None:
        (path,) = state_files(warm)
        assert str(warm).encode() not in path.read_bytes()

    def test_each_site_url_has_its_own_state(self, warm: Path, scans: list[int]) -> None:
        """A preview and the published site are built alternately."""
        other = CHANGES["address"](State())
        build(warm, other)
        scans.clear()
        put(warm, State())
        build(warm, State())
        put(warm, other)
        build(warm, other)
        assert scans == []
        assert len(state_files(warm)) == 2


def test_pages_of_separate_builds_are_all_recorded(warm: Path, scans: list[int]) -> None:
    """Plug-ins build the languages of a site one after another into one folder; the first build empties it."""
    first = State(files={name: data for name, data in pristine().items() if "/index" not in name})
    for _ in range(3):
        scans.clear()
        put(warm, first)
        build(warm, first)
        small_sites.write(warm / "site", {n: d for n, d in pristine().items() if n not in first.files})
        build(warm, State())
    assert scans == []


def test_variants_of_a_killed_build_are_removed_by_the_next(warm: Path) -> None:
    """Pages were written, stale variants not yet removed: only the build state lists them."""
    variants = {
        name: data for name, data in small_sites.tree(warm / "site").items() if filenames.looks_like_variant(name)
    }
    put(
        warm,
        CHANGES["page gone"](State()).put("img/b.jpg", None).change("index.html", '<img src="img/b.jpg" alt="B">', ""),
    )
    small_sites.write(warm / "site", variants)
    (warm / "site/img/result_tree-320w.00000000.webp").write_bytes(b"precious")
    state = State()
    build(warm, state)
    left = {name for name in small_sites.tree(warm / "site") if filenames.looks_like_variant(name)}
    assert "img/result_tree-320w.00000000.webp" in left
    assert not [name for name in left if "/b-" in name]


class TestProbeCache:
    def asset(
        self, folder: Path, stamps: Mapping[str, build_state.FileStamp], now: float | None = None
    ) -> probe_cache.ProbeCache:
        def probe(file: Path, path: str) -> Asset:
            data = file.read_bytes()
            return Asset(path=path, sha256=str(hash(data)), bytes=len(data), format="png", width=1, height=1)

        moment = time.time() if now is None else now
        return probe_cache.ProbeCache(folder, probe, stamps=stamps, assets={}, now=int(moment * 1e9))

    def test_recently_modified_file_is_not_cached(self, tmp_path: Path) -> None:
        """Its bytes may change once more without a new stamp."""
        (tmp_path / "a.png").write_bytes(b"1")
        young = self.asset(tmp_path, {})
        young.asset("a.png")
        assert young.stamps == {}

    def test_file_from_the_future_is_not_cached(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(b"1")
        late = self.asset(tmp_path, {}, now=time.time() - 10_000)  # a clock that was set back
        late.asset("a.png")
        assert late.stamps == {}

    def test_changed_bytes_with_the_same_size_and_time_are_detected(self, warm: Path, tmp_path: Path) -> None:
        path = warm / "site/img/a.jpg"
        time.sleep(2.1)
        build(warm, State())
        stat = path.stat()
        other = bytearray(path.read_bytes())
        other[-20] ^= 0x55
        path.write_bytes(other)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert path.stat().st_mtime_ns == stat.st_mtime_ns
        cold = copy_without_state(warm, tmp_path / "cold")
        assert results_of(build(warm, State())) == results_of(build(cold, State()))
        assert small_sites.tree(warm / "site")["index.html"] == small_sites.tree(cold / "site")["index.html"]
