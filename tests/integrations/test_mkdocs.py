"""MkDocs and ProperDocs: real builds of small sites, by command and by API."""

from __future__ import annotations

import gzip
import logging
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.small_sites import environment, installed, mkdocs_site, photo, run, tree, words, write

HOOKS = Path(__file__).parents[2] / "hooks"
TINY_BUDGET = "plugins:\n  - imageseo:\n      budgets: {lcp-bytes: {mobile: {warn: 100, error: 200}}}\n"


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    installed()


def hero_of(page: Path) -> str:
    """Return the src of the image that is marked as the page's hero; ``""`` if there is none."""
    found = re.search(r'<img[^>]*src="([^"]*)"[^>]*data-imageseo="[^"]*\bhero\b[^>]*>', page.read_text("utf-8"))
    return found[1] if found else ""


@pytest.mark.slow
@pytest.mark.parametrize("host", ["mkdocs", "properdocs"])
def test_build_processes_the_site(tmp_path: Path, host: str) -> None:
    site = mkdocs_site(tmp_path)
    done = run(host, "build", "--strict", cwd=site, env={"IMAGESEO_ENCODE__ISOLATE": ""}, afresh=True)
    assert done.returncode == 0, done.stderr
    home = (site / "site/index.html").read_text("utf-8")
    assert '<source type="image/avif" srcset="images/home-500w.' in home
    assert 'width="500" height="300"' in home
    assert hero_of(site / "site/guide/index.html") == "shots/guide.jpg"
    sitemap = (site / "site/sitemap.xml").read_bytes()
    assert b"<image:loc>https://example.org/docs/guide/shots/guide.jpg</image:loc>" in sitemap
    assert gzip.decompress((site / "site/sitemap.xml.gz").read_bytes()) == sitemap
    assert (site / ".cache/imageseo").is_dir()
    assert len(re.findall("imageseo: build: ", done.stderr)) == 1


@pytest.mark.slow
def test_mkdocs_and_properdocs_builds_are_identical_and_repeatable(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path)
    built = []
    for host in ("mkdocs", "properdocs", "mkdocs"):
        assert run(host, "build", cwd=site, afresh=True).returncode == 0
        built.append(
            {name: data for name, data in tree(site / "site").items() if name.endswith((".html", "f", "p", "g"))}
        )
    assert built[0] == built[1] == built[2]


@pytest.mark.slow
@pytest.mark.parametrize("host", ["mkdocs", "properdocs"])
def test_build_and_lint_commands_find_nothing_after_a_build(tmp_path: Path, host: str) -> None:
    """`imageseo build` reads mkdocs.yml and front matter and so changes nothing; lint reports nothing."""
    site = mkdocs_site(tmp_path)
    if host == "properdocs":
        (site / "mkdocs.yml").rename(site / "properdocs.yml")
    run(host, "build", cwd=site)
    before = tree(site / "site")
    done = run("imageseo", "build", "site", cwd=site)
    assert done.returncode == 0, done.stderr
    assert "changed" not in done.stdout
    assert tree(site / "site") == before
    assert run("imageseo", "lint", "site", cwd=site).returncode == 0


def test_file_urls_and_another_output_folder(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, config="use_directory_urls: false\n")
    write(site, {"docs/guide/start.md": "---\nhero: shots/guide.jpg\n---\n# Start\n\n![A](shots/guide.jpg)\n"})
    done = run("mkdocs", "build", "-d", "elsewhere/out", cwd=site)
    assert done.returncode == 0, done.stderr
    assert hero_of(site / "elsewhere/out/guide/start.html") == "shots/guide.jpg"
    assert not (site / "site").exists()


@pytest.mark.slow
def test_strict_counts_imageseo_warnings(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, files={"docs/index.md": '# Home\n\n<img src="images/home.jpg">\n'})
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 0
    assert re.search(r"WARNING .*imageseo: docs/index\.md:\d+:\d+: .*\[alt-missing\].*index\.html:", done.stderr)
    strict = run("mkdocs", "build", "--strict", cwd=site)
    assert strict.returncode == 1
    assert "Aborted with 1 warnings in strict mode" in strict.stdout
    proper = run("properdocs", "build", "--strict", cwd=site)
    assert proper.returncode == 1
    assert "Aborted with 1 warnings in strict mode" in proper.stdout


BROKEN = {
    "docs/quote.md": (
        '---\ntitle: "Half\nhero: {seed: 5}\n---\n# Q\n',
        "docs/quote.md:2: front matter is not YAML",
        '`title: "Half`',
    ),
    "docs/brace.md": (
        "---\ntitle: A\nhero: {seed: 5\n---\n# B\n",
        "docs/brace.md:3: front matter is not YAML",
        "`hero: {seed: 5`",
    ),
    "docs/open.md": (
        "---\nhero_seed: 5\n# O\n\nText\n",
        "docs/open.md:1: front matter is not closed",
        "no second line",
    ),
}


@pytest.mark.slow
def test_front_matter_that_is_no_yaml_is_a_finding_of_its_page(tmp_path: Path) -> None:
    good = "---\nhero: shots/guide.jpg\n---\n# Good\n"
    more = {"docs/guide/README.md": good, "docs/words.md": '---\ntitle: "no hero\n---\n# Words\n'}
    config = "plugins:\n  - imageseo: {formats: [webp], widths: [320], profile: fast, encode: {isolate: false}}\n"
    site = mkdocs_site(tmp_path, config=config, files={**{name: text for name, (text, *_) in BROKEN.items()}, **more})
    write(site, {"properdocs.yml": (site / "mkdocs.yml").read_bytes()})
    for command in ("mkdocs", "properdocs"):
        done = run(command, "build", cwd=site)
        output = done.stdout + done.stderr
        assert done.returncode == 1
        for _, place, found in BROKEN.values():
            (line,) = (line for line in output.splitlines() if place in line)
            assert found in line
            assert "[hero-recipe]" in line
        assert "words.md" not in output
        assert "<picture" in (site / "site/guide/index.html").read_text("utf-8")


CARD = "---\nhero: {style: topo, card: true, width: 320, height: 180, alt: Lines}\n---\n"


@pytest.mark.slow
def test_changed_heading_keeps_the_pinned_card_and_warns(tmp_path: Path) -> None:
    """The title comes from the page's heading, not from the recipe, so the pin remains valid."""
    site = mkdocs_site(tmp_path, files={"docs/index.md": f"{CARD}# First words\n"})
    assert run("imageseo", "generate", cwd=site).returncode == 0
    assert "[hero-" not in run("mkdocs", "build", cwd=site).stderr
    write(site, {"docs/index.md": f"{CARD}# Other words\n"})
    pinned = (site / "imageseo.lock").read_bytes()
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 0
    (line,) = [line for line in done.stderr.splitlines() if "[hero-" in line]
    assert "card.title 'First words', now 'Other words' [hero-stale]" in line
    assert "imageseo generate docs/index.md" in line
    assert "encoded" not in done.stderr, "the image is the pinned one"
    kept = run("imageseo", "generate", cwd=site)
    assert "1 stale" in kept.stdout
    assert (site / "imageseo.lock").read_bytes() == pinned
    frozen = run("mkdocs", "build", cwd=site, env={"IMAGESEO_FROZEN": "1"})
    assert frozen.returncode == 0, "a stale pin is still a pin"
    write(site, {"docs/index.md": CARD.replace("card: true", "card: true, title: First words") + "# Other words\n"})
    assert "[hero-" not in run("mkdocs", "build", cwd=site).stderr, "as the hint says"
    write(site, {"docs/index.md": CARD.replace("topo", "paper") + "# Other words\n"})
    changed = run("mkdocs", "build", cwd=site).stderr
    assert "changed since it was pinned (card.title, style)" in changed
    assert "[hero-unpinned]" in changed


@pytest.mark.slow
@pytest.mark.parametrize("host", ["mkdocs", "properdocs"])
def test_exceeded_budget_fails_the_build(tmp_path: Path, host: str) -> None:
    site = mkdocs_site(tmp_path, config=TINY_BUDGET)
    done = run(host, "build", cwd=site)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    errors = [line for line in done.stderr.splitlines() if "lcp-bytes" in line]
    assert any("index.html" in line and "home-500w." in line and "0.2 KiB" in line for line in errors), done.stderr
    assert len([line for line in errors if "docs/index.md" in line]) == 1
    assert "Aborted with a BuildError!" in done.stdout


def test_invalid_options_are_all_reported_before_the_build(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, config="plugins:\n  - imageseo:\n      fromats: [avif]\n      concurrency: many\n")
    for host in ("mkdocs", "properdocs"):
        done = run(host, "build", cwd=site)
        assert done.returncode == 1
        assert "fromats" in done.stderr
        assert "formats" in done.stderr
        assert "concurrency" in done.stderr
        assert "Traceback" not in done.stderr
    assert not (site / "site").exists()


def test_unknown_rule_in_options_fails_the_build(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, config="plugins:\n  - imageseo:\n      lint: {rules: {alt-mising: off}}\n")
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 1
    assert "alt-missing" in done.stderr


def test_settings_in_two_places_are_both_named(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, config="plugins:\n  - imageseo:\n      concurrency: 1\n")
    write(site, {"imageseo.toml": "concurrency = 2\n"})
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 1
    assert "imageseo.toml" in done.stderr
    assert "mkdocs.yml: plugins: imageseo" in done.stderr


@pytest.mark.parametrize("off", ["option", "environment"])
def test_disabled_plugin_does_nothing(tmp_path: Path, off: str) -> None:
    option = "plugins:\n  - imageseo:\n      enabled: false\n" if off == "option" else ""
    site = mkdocs_site(tmp_path, config=option)
    done = run("mkdocs", "build", cwd=site, env={"IMAGESEO_ENABLED": "false"} if off == "environment" else {})
    assert done.returncode == 0, done.stderr
    assert "data-imageseo" not in (site / "site/index.html").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("host", ["mkdocs", "properdocs"])
def test_copied_hook_processes_the_site(tmp_path: Path, host: str) -> None:
    site = mkdocs_site(tmp_path, config="plugins: []\nhooks:\n  - mkdocs_hook.py\n")
    write(site, {"imageseo.toml": 'formats = ["webp"]\n'})
    shutil.copy(HOOKS / "mkdocs_hook.py", site)
    done = run(host, "build", "--strict", cwd=site)
    assert done.returncode == 0, done.stderr
    assert list((site / "site").rglob("*.webp"))
    assert not list((site / "site").rglob("*.avif"))
    assert hero_of(site / "site/guide/index.html") == "shots/guide.jpg"
    write(site, {"imageseo.toml": 'formats = ["webpp"]\nwidth = 1\n'})
    faulty = run(host, "build", cwd=site)
    assert faulty.returncode == 1
    assert "webpp" in faulty.stderr
    assert "width" in faulty.stderr
    assert "Traceback" not in faulty.stderr


@pytest.mark.slow
def test_hook_and_plugin_together_run_once_and_warn_once(tmp_path: Path) -> None:
    alone = mkdocs_site(tmp_path / "alone")
    both = mkdocs_site(tmp_path / "both", config="plugins:\n  - imageseo\nhooks:\n  - mkdocs_hook.py\n")
    shutil.copy(HOOKS / "mkdocs_hook.py", both)
    assert run("mkdocs", "build", cwd=alone, afresh=True).returncode == 0
    done = run("mkdocs", "build", cwd=both)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("imageseo: build: ") == 1
    assert done.stderr.count("active twice") == 1
    assert tree(both / "site").keys() == tree(alone / "site").keys()
    assert (both / "site/index.html").read_bytes() == (alone / "site/index.html").read_bytes()


@pytest.mark.slow
def test_dirty_build_keeps_front_matter_of_skipped_pages(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path)
    assert run("mkdocs", "build", cwd=site).returncode == 0
    guide = (site / "site/guide/index.html").read_bytes()
    later = time.time() + 5
    write(site, {"docs/index.md": "# Home, changed\n\n![A photo](images/home.jpg)\n"})
    os.utime(site / "docs/index.md", (later, later))
    done = run("mkdocs", "build", "--dirty", cwd=site)
    assert done.returncode == 0, done.stderr
    assert "Home, changed" in (site / "site/index.html").read_text("utf-8")
    assert "<picture" in (site / "site/index.html").read_text("utf-8")
    assert (site / "site/guide/index.html").read_bytes() == guide
    assert b"guide.jpg</image:loc>" in (site / "site/sitemap.xml").read_bytes()


@pytest.mark.slow
def test_gh_deploy_publishes_variants(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path / "site", config="site_dir: public\n")
    remote = tmp_path / "remote.git"
    identity = {
        "GIT_AUTHOR_NAME": "a",
        "GIT_AUTHOR_EMAIL": "a@e.org",
        "GIT_COMMITTER_NAME": "a",
        "GIT_COMMITTER_EMAIL": "a@e.org",
    }
    for command in (
        ["git", "init", "-q", "--bare", str(remote)],
        ["git", "init", "-q", str(site)],
        ["git", "-C", str(site), "add", "docs"],
        ["git", "-C", str(site), "commit", "-q", "-m", "docs"],
        ["git", "-C", str(site), "remote", "add", "origin", str(remote)],
    ):
        subprocess.run(command, check=True, env=environment(identity))
    done = run("mkdocs", "gh-deploy", cwd=site, env=identity)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        ["git", "-C", str(remote), "ls-tree", "-r", "--name-only", "gh-pages"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"^images/home-500w\.[0-9a-f]{8}\.avif$", listed.stdout, re.MULTILINE)


MOVE = """
def on_files(files, config):
    for file in files:
        if file.src_uri.startswith("en/"):
            file.dest_uri = file.dest_uri.removeprefix("en/")
            file.url = file.url.removeprefix("en/") or "./"
            file.abs_dest_path = config["site_dir"] + "/" + file.dest_uri
"""


@pytest.mark.slow
def test_hero_paths_follow_a_folder_moved_by_a_plugin(tmp_path: Path) -> None:
    """As plug-ins for translations do: docs/en/ is published at the root."""
    page = "---\nhero: pics/a.jpg\n---\n# Hi\n\n![A](pics/b.jpg)\n\n![B](pics/a.jpg)\n"
    files: dict[str, str | bytes] = {
        "docs/en/about.md": page,
        "docs/en/pics/a.jpg": photo(seed=3),
        "docs/en/pics/b.jpg": photo(seed=4),
        "move.py": MOVE,
    }
    site = mkdocs_site(tmp_path, config="plugins: [imageseo]\nhooks: [move.py]\n", files=files)
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 0, done.stderr
    assert hero_of(site / "site/about/index.html") == "../pics/a.jpg"


NESTED = """
from mkdocs import utils
from mkdocs.commands.build import build
from mkdocs.plugins import event_priority

turn = ["guide"]

def on_files(files, config):
    for file in list(files.documentation_pages()):
        if file.src_uri.startswith("guide/") == (turn[0] != "guide"):
            files.remove(file)
    return files

@event_priority(-100)
def on_post_build(config):
    if turn[0] == "guide":
        turn[0] = "home"
        utils.clean_directory = lambda folder: None
        build(config)
"""


@pytest.mark.slow
def test_nested_build_keeps_front_matter_of_both(tmp_path: Path) -> None:
    """As plug-ins for translations do: each language is a build of its own, into the folder of the first."""
    config = "plugins: [imageseo]\nhooks: [nested.py]\n"
    site = mkdocs_site(tmp_path, config=config, files={"nested.py": NESTED})
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("imageseo: build: ") == 2
    assert hero_of(site / "site/guide/index.html") == "shots/guide.jpg"
    assert "<picture" in (site / "site/index.html").read_text("utf-8")


@pytest.mark.slow
def test_heroes_toml_declares_heroes_by_url(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, files={"heroes.toml": '"/" = "guide/shots/guide.jpg"\n"gui*/" = "images/home.jpg"\n'})
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 0, done.stderr
    assert hero_of(site / "site/index.html") == "guide/shots/guide.jpg"
    assert hero_of(site / "site/guide/index.html") == "shots/guide.jpg"  # front matter takes precedence


@contextmanager
def serving(host: str, site: Path) -> Iterator[tuple[str, Path]]:
    """Run the generator's development server; yield its address and its log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = site / "serve.log"
    with log.open("wb") as stream:
        command = words(host, "serve", "-a", f"127.0.0.1:{port}")
        server = subprocess.Popen(command, cwd=site, stdout=stream, stderr=stream, env=environment())
        try:
            yield f"http://127.0.0.1:{port}/docs/", log
            assert server.poll() is None, log.read_text("utf-8")
        finally:
            server.terminate()
            server.wait(30)


def until(found: Any, log: Path) -> None:
    end = time.monotonic() + 60
    while not found():
        assert time.monotonic() < end, log.read_text("utf-8")
        time.sleep(0.1)


def fetch(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode("utf-8")
        return text


@pytest.mark.slow
@pytest.mark.parametrize("source", ["plugin", "hook"])
def test_serve_warns_and_continues(tmp_path: Path, source: str) -> None:
    """A page over budget, then a changed page, then invalid settings: the preview keeps running."""
    budget = "[budgets.lcp-bytes.mobile]\nwarn = 100\nerror = 200\n"
    config = "plugins: []\nhooks: [mkdocs_hook.py]\n" if source == "hook" else ""
    site = mkdocs_site(tmp_path, config=config, files={"imageseo.toml": budget})
    shutil.copy(HOOKS / "mkdocs_hook.py", site)
    with serving("mkdocs", site) as (url, log):
        until(lambda: "Serving on" in log.read_text("utf-8"), log)
        until(lambda: "<picture" in fetch(url), log)
        text = log.read_text("utf-8")
        assert re.search(r"WARNING .*lcp-bytes", text), text
        assert "ERROR" not in text
        assert 'data-imageseo="width height fetchpriority decoding hero"' in fetch(f"{url}guide/")

        page = "---\nhero: false\n---\n# Guide again\n\n![A shot](shots/guide.jpg)\n"
        write(site, {"docs/guide/README.md": page})
        until(lambda: "Guide again" in fetch(f"{url}guide/"), log)
        assert not re.search(r'data-imageseo="[^"]*hero', fetch(f"{url}guide/"))

        write(site, {"imageseo.toml": 'formats = ["bmp"]\n', "docs/index.md": "# New home\n\n![A](images/home.jpg)\n"})
        until(lambda: "New home" in fetch(url), log)
        text = log.read_text("utf-8")
        assert "bmp" in text
        assert "inactive until this is fixed" in text
        assert "<picture" not in fetch(url)


def test_serve_rebuilds_when_heroes_toml_or_lock_file_changes(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, files={"heroes.toml": "", "imageseo.lock": "lock_version = 1\n"})
    with serving("mkdocs", site) as (url, log):
        until(lambda: "Serving on" in log.read_text("utf-8"), log)
        assert "guide/shots/guide" not in fetch(url)
        write(site, {"heroes.toml": '"/" = "guide/shots/guide.jpg"\n'})
        until(lambda: "guide/shots/guide" in fetch(url), log)
        write(site, {"imageseo.lock": "lock_version = 99\n"})
        until(lambda: "imageseo.lock" in log.read_text("utf-8"), log)


def test_serve_starts_with_invalid_options(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, config="plugins:\n  - imageseo:\n      fromats: [avif]\n")
    with serving("mkdocs", site) as (url, log):
        until(lambda: "Serving on" in log.read_text("utf-8"), log)
        assert re.search(r"WARNING .*imageseo", log.read_text("utf-8"))
        assert "fromats" in log.read_text("utf-8")
        assert "Home" in fetch(url)


def test_serve_does_not_raise_on_an_internal_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort

    from imageseo.integrations import runner

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(runner, "build", broken)
    caplog.set_level(logging.INFO, "mkdocs")
    config = load_config(str(mkdocs_site(tmp_path) / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    build(config, serve_url="http://127.0.0.1:8000/")
    assert "unexpected ZeroDivisionError: a bug" in caplog.text
    config = load_config(str(tmp_path / "mkdocs.yml"))
    config.plugins.on_startup(command="build", dirty=False)
    with pytest.raises((ZeroDivisionError, Abort)):
        build(config)


@pytest.mark.slow
def test_preview_uses_fast_profile_and_reuses_published_variants(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A preview encodes in the fast profile, unless a published variant exists; neither invalidates the other."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    caplog.set_level(logging.INFO, "mkdocs")
    site = mkdocs_site(tmp_path, config="plugins: [imageseo]\nuse_directory_urls: false\n")

    def run_as(command: Any) -> tuple[set[str], str]:
        """Build until nothing is in the background; return the variants, and the first summary."""
        caplog.clear()
        config = load_config(str(site / "mkdocs.yml"))
        config.plugins.on_startup(command=command, dirty=False)
        summaries: list[str] = []
        while not summaries or "background" in summaries[-1]:
            time.sleep(0.3 if summaries else 0)
            build(config)  # with the same URL: only the command distinguishes a preview
            found = [each.getMessage() for each in caplog.records]
            summaries = [text for text in found if re.search("(build|preview): [0-9]+ pages", text)]
        config.plugins.on_shutdown()
        return {path.name for path in (site / "site").rglob("*-*w.*")}, summaries[0]

    published, summary = run_as("build")
    assert "encoded" in summary
    found, summary = run_as("serve")
    assert found == published, "the store contains better variants than the preview would encode"
    assert "images ready" in summary
    assert "background" not in summary
    write(site, {"docs/index.md": "# Home again\n\n![A photo](images/home.jpg)\n\n![New](images/new.jpg)\n",
                 "docs/images/new.jpg": photo(seed=9)})  # fmt: skip
    preview_files, summary = run_as("serve")
    assert "2 of 3 images ready, 1 in the background" in summary
    assert published < preview_files
    build_files, summary = run_as("build")
    assert "encoded" in summary, "variants of the fast profile are not published"
    assert published < build_files
    assert preview_files & build_files == published
    for command, names in (("serve", preview_files), ("build", build_files), ("serve", preview_files)):
        found, summary = run_as(command)
        assert found == names, "each command gets the same variants as before"
        assert "encoded" not in summary
        assert "background" not in summary


@pytest.mark.slow
def test_preview_uses_the_profile_set_by_the_author(tmp_path: Path) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    site = mkdocs_site(tmp_path, config="plugins:\n  - imageseo: {profile: small}\n")
    names = []
    for command in ("serve", "build"):
        config = load_config(str(site / "mkdocs.yml"))
        config.plugins.on_startup(command=command, dirty=False)
        build(config)
        events = config.plugins["imageseo"].events  # type: ignore[attr-defined]
        while events.session is not None and events.session.is_encoding:
            time.sleep(0.2)
        build(config)
        names.append({path.name for path in (site / "site").rglob("*-*w.*")})
    assert names[0] == names[1] != set()


@pytest.mark.parametrize("host", ["mkdocs", "properdocs"])
def test_drafts_get_no_images_in_the_sitemap(tmp_path: Path, host: str) -> None:
    text = "# A\n\n![A photo](images/home.jpg)\n"
    files: dict[str, str | bytes] = {"docs/a.md": f"---\ndraft: true\n---\n{text}", "docs/b.md": text}
    site = mkdocs_site(tmp_path, files=files)
    done = run(host, "build", cwd=site, env={"DISABLE_MKDOCS_2_WARNING": "true"})
    assert done.returncode == 0, done.stderr
    entries = {
        found[1]: found[2]
        for found in re.finditer(
            r"<url>\s*<loc>https://example.org/docs/([^<]*)</loc>(.*?)</url>",
            (site / "site/sitemap.xml").read_text("utf-8"),
            re.DOTALL,
        )
    }
    assert "image:loc" in entries["b/"]
    assert "image:loc" not in entries["a/"], "the generator's entry stays as it was"
    assert "ld+json" not in (site / "site/a/index.html").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize(
    ("host", "options"), [("mkdocs", ""), ("properdocs", ""), ("mkdocs", "cache_dir: docs/.store")]
)
def test_serve_does_not_build_again_because_of_its_cache(tmp_path: Path, host: str, options: str) -> None:
    plugin = f"plugins:\n  - imageseo: {{{options}}}\n"
    # Not ".": the log of the server is there, and each line of it would set off a build.
    site = mkdocs_site(tmp_path, config=f'{plugin}watch: [".cache", "docs"]\n', files={".cache/note.txt": "x"})
    with serving(host, site) as (_, log):
        until(lambda: "Serving on" in log.read_text("utf-8"), log)
        before = log.read_text("utf-8").count("Building documentation")
        with (site / "docs/index.md").open("a") as page:
            page.write("\nOne edit.\n")
        until(lambda: log.read_text("utf-8").count("Building documentation") > before, log)
        end = time.monotonic() + 6
        until(lambda: time.monotonic() > end, log)
        assert 1 <= log.read_text("utf-8").count("Building documentation") - before <= 2, log.read_text("utf-8")
