"""Pelican: real builds of small sites, by command and by API."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integrations.test_mkdocs import HOOKS, hero_of, until
from tests.support.small_sites import environment, installed, pelican_site, photo, run, tree, words, write

BUDGET = 'IMAGESEO = {"budgets": {"lcp-bytes": {"mobile": {"warn": 100, "error": 200}}}}\n'


@pytest.fixture(autouse=True, scope="module")
def _installed() -> None:
    installed()


@pytest.mark.slow
def test_installed_plugin_needs_no_configuration(tmp_path: Path) -> None:
    """The namespace plug-in is enabled automatically, without an entry in pelicanconf.py."""
    site = pelican_site(tmp_path)
    env = {"IMAGESEO_ENCODE__ISOLATE": ""}
    done = run("pelican", "content", "--fatal", "errors", cwd=site, env=env, afresh=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall("^imageseo: build: ", done.stdout, re.MULTILINE)) == 1
    page = (site / "output/first.html").read_text("utf-8")
    assert '<source type="image/avif" srcset="https://example.org/blog/images/photo-500w.' in page
    assert 'width="500" height="300"' in page
    assert (
        b"<image:loc>https://example.org/blog/images/photo.jpg</image:loc>"
        in (site / "output/sitemap.xml").read_bytes()
    )
    assert "<picture" in (site / "output/pages/about.html").read_text("utf-8")


@pytest.mark.slow
def test_build_and_lint_commands_find_nothing_after_a_build(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "content/blog/second.md": "Title: Second\nDate: 2024-02-01\nHero: {static}pics/b.jpg\nHero_alt: B\n\nText\n",
        "content/blog/pics/b.jpg": photo(seed=5),
    }
    config = (
        'STATIC_PATHS = ["images", "blog/pics"]\nEXTRA_PATH_METADATA = {"blog/pics/b.jpg": {"path": "moved/b.jpg"}}\n'
    )
    site = pelican_site(tmp_path, config=config, files=files)
    assert run("pelican", "content", cwd=site).returncode == 0
    before = tree(site / "output")
    assert b"moved/b.jpg" in before["second.html"]
    done = run("imageseo", "build", "output", cwd=site)
    assert done.returncode == 0, done.stderr
    assert tree(site / "output") == before
    assert run("imageseo", "lint", "output", cwd=site).returncode == 0


@pytest.mark.slow
def test_flat_metadata_applies_to_translations_drafts_and_hidden_pages(tmp_path: Path) -> None:
    def article(*lines: str) -> str:
        head = ["Date: 2024-03-01", "Hero: /images/hero.jpg", "Hero_alt: Said of it", *lines]
        return "\n".join(head) + "\n\n![One](/images/photo.jpg)\n\nText\n"

    files: dict[str, str | bytes] = {
        "content/images/hero.jpg": photo(seed=7),
        "content/a.md": article("Title: A", "Slug: a"),
        "content/a-de.md": article("Title: A de", "Slug: a", "Lang: de"),
        "content/b.md": article("Title: B", "Slug: b", "Status: draft"),
        "content/c.md": article("Title: C", "Slug: c", "Status: hidden"),
        "content/pages/d.md": article("Title: D", "Slug: d", "Status: draft"),
        "content/pages/e.md": article("Title: E", "Slug: e"),
    }
    site = pelican_site(tmp_path, files=files)
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 0, done.stdout
    for page in ("a", "a-de", "drafts/b", "c", "drafts/pages/d", "pages/e"):
        text = (site / f"output/{page}.html").read_text("utf-8")
        assert 'alt="Said of it"' in text, page
        assert hero_of(site / f"output/{page}.html").endswith("images/hero.jpg"), page
    assert hero_of(site / "output/first.html").endswith("images/photo.jpg")


def test_without_siteurl_absolute_urls_are_left_out(tmp_path: Path) -> None:
    site = pelican_site(tmp_path, config='SITEURL = ""\nRELATIVE_URLS = True\n')
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 0
    assert "WARNING" not in done.stdout
    page = (site / "output/pages/about.html").read_text("utf-8")
    assert 'srcset="../images/photo-500w.' in page
    assert "ld+json" not in page
    assert not (site / "output/sitemap.xml").exists()


@pytest.mark.slow
def test_relative_urls_keep_absolute_ones_in_the_sitemap(tmp_path: Path) -> None:
    site = pelican_site(tmp_path)
    done = run("pelican", "content", "--relative-urls", cwd=site)
    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout
    assert 'srcset="./images/photo-500w.' in (site / "output/first.html").read_text("utf-8")
    assert b"https://example.org/blog/first.html" in (site / "output/sitemap.xml").read_bytes()


@pytest.mark.slow
def test_exceeded_budget_fails_the_build(tmp_path: Path) -> None:
    # Lists of articles show the same image, and would be named first.
    site = pelican_site(
        tmp_path, config=f'{BUDGET}IMAGESEO["exclude_pages"] = ["author/*", "category/*", "index.html"]\n'
    )
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 1
    assert re.search(r"CRITICAL .*content/first\.md:\d+:\d+: .*photo-500w.*lcp-bytes", done.stdout), done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert done.stdout.count("is too heavy on mobile") == 1
    assert re.search(
        r'raise the budget in pelicanconf\.py.*IMAGESEO\["budgets"\] = \{"lcp-bytes"', done.stdout, re.DOTALL
    )


def test_invalid_settings_are_all_reported_before_the_build(tmp_path: Path) -> None:
    site = pelican_site(tmp_path, config='IMAGESEO = {"fromats": ["avif"], "concurrency": "many"}\n')
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 2
    assert "fromats" in done.stdout
    assert "concurrency" in done.stdout
    assert "IMAGESEO" in done.stdout
    assert not (site / "output").exists()
    write(site, {"pelicanconf.py": (site / "pelicanconf.py").read_text("utf-8") + "IMAGESEO = 5\n"})
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 2
    assert "expected a dict" in done.stdout


@pytest.mark.slow
def test_fatal_warnings_are_all_logged_before_the_failure(tmp_path: Path) -> None:
    page = 'Title: P{0}\nDate: 2024-01-0{0}\n\n<img src="/images/photo.jpg" class="n{0}"><p>{0}</p>\n'
    files: dict[str, str | bytes] = {f"content/p{number}.html.md": page.format(number) for number in (1, 2)}
    config = 'ARTICLE_SAVE_AS = "{slug}/index.html"\nDIRECT_TEMPLATES = []\nCATEGORY_SAVE_AS = AUTHOR_SAVE_AS = ""\n'
    extra = '<p><img src="/images/gone.jpg" alt="gone"></p>'
    site = pelican_site(
        tmp_path, config=config, files={**files, "content/gone.md": f"Title: G\nDate: 2024-01-03\n\n{extra}\n"}
    )
    assert run("pelican", "content", cwd=site).returncode == 0
    done = run("pelican", "content", "--fatal", "warnings", cwd=site)
    assert done.returncode == 1
    assert "alt-missing" in done.stdout
    assert "img-missing" in done.stdout


@pytest.mark.parametrize("off", ["settings", "environment", "plugins"])
def test_disabled_plugin_does_nothing(tmp_path: Path, off: str) -> None:
    config = {"settings": 'IMAGESEO = {"enabled": False}\n', "plugins": "PLUGINS = []\n"}.get(off, "")
    site = pelican_site(tmp_path, config=config)
    done = run("pelican", "content", cwd=site, env={"IMAGESEO_ENABLED": "0"} if off == "environment" else {})
    assert done.returncode == 0, done.stdout
    assert "data-imageseo" not in (site / "output/first.html").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("twice", [False, True])
def test_copied_plugin_processes_the_site(tmp_path: Path, twice: bool) -> None:
    plugins = 'PLUGINS = ["pelican_hook", "imageseo"]' if twice else 'PLUGINS = ["pelican_hook"]'
    site = pelican_site(tmp_path, config=f'{plugins}\nPLUGIN_PATHS = ["plugins"]\n')
    write(site, {"imageseo.toml": 'formats = ["webp"]\n', "plugins/pelican_hook.py": b""})
    shutil.copy(HOOKS / "pelican_hook.py", site / "plugins")
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("imageseo: build: ") == 1
    assert done.stdout.count("active twice") == int(twice)
    assert list((site / "output").rglob("*.webp"))
    assert not list((site / "output").rglob("*.avif"))


@pytest.mark.slow
def test_build_from_a_task_that_calls_main(tmp_path: Path) -> None:
    """As `invoke build` does: the arguments are not those of the process, the folder is another."""
    site = pelican_site(tmp_path, config=BUDGET)
    code = f"import pelican, sys; sys.argv = ['tasks', '-l']; pelican.main(['-s', {str(site / 'pelicanconf.py')!r}])"
    (tmp_path / "other").mkdir()
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path / "other", env=environment(), capture_output=True)
    assert done.returncode == 1, done.stdout
    assert (site / ".cache/imageseo").is_dir()


SUBSITE = """
from pathlib import Path
from pelican import Pelican, signals

def more(pelican):
    if "sub" in pelican.settings:
        return
    settings = dict(pelican.settings, sub=True, PLUGINS=PLUGINS, OUTPUT_PATH=pelican.output_path + "/de")
    settings.update(PATH=str(Path(pelican.settings["PATH"]).parent / "german"), SITEURL="https://example.org/blog/de")
    Pelican(settings).run()

def register():
    signals.finalized.connect(more)

import sys
PLUGINS = [sys.modules[__name__], "imageseo"]
"""


@pytest.mark.slow
def test_nested_site_shares_images_of_the_outer_site(tmp_path: Path) -> None:
    """As plug-ins for translations do: each language is a separate Pelican site in a folder of the first."""
    german = "Title: Erster\nDate: 2024-01-01\nHero: /images/other.jpg\n\n![Bild](https://example.org/blog/images/photo.jpg)\n"
    files: dict[str, str | bytes] = {
        "plugins/subsite.py": SUBSITE,
        "german/erster.md": german,
        "content/second.md": "Title: Second\nDate: 2024-01-02\nHero: /images/other.jpg\n\nText\n",
        "content/images/other.jpg": photo(seed=9),
    }
    site = pelican_site(tmp_path, config='PLUGINS = ["subsite", "imageseo"]\nPLUGIN_PATHS = ["plugins"]\n', files=files)
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 0, done.stdout
    page = (site / "output/de/erster.html").read_text("utf-8")
    assert "img-missing" not in done.stdout
    assert "https://example.org/blog/images/photo-500w." in page
    assert hero_of(site / "output/de/erster.html").endswith("images/other.jpg")
    assert hero_of(site / "output/second.html").endswith("images/other.jpg")
    assert not (site / "output/de/sitemap.xml").exists()
    assert done.stdout.count("imageseo: build:") == 1, "one summary, not one for each language"


def changed(site: Path) -> bool:
    """Change the article; called repeatedly, because Pelican begins to watch some time after its first build."""
    write(site, {"content/first.md": "Title: Anew\nDate: 2024-01-01\nSlug: first\n\n![A]({static}/images/photo.jpg)\n"})
    time.sleep(1)
    return "Anew" in (site / "output/first.html").read_text("utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("config", [BUDGET, 'IMAGESEO = {"fromats": []}\n'], ids=["budget", "faults"])
def test_autoreload_warns_and_continues(tmp_path: Path, config: str) -> None:
    # By default Pelican 4.10 treats every name that contains a dot as hidden and detects no change.
    site = pelican_site(tmp_path, config=f"{config}IGNORE_FILES = []\n")
    log = site / "reload.log"
    with log.open("wb") as stream:
        command = words("pelican", "content", "--autoreload", "-s", "pelicanconf.py")
        pelican = subprocess.Popen(command, cwd=site, stdout=stream, stderr=stream, env=environment())
        try:
            until(lambda: "Done: Processed" in log.read_text("utf-8"), log)
            until(lambda: changed(site), log)
            until(lambda: log.read_text("utf-8").count("Done: Processed") > 1, log)
            if config == BUDGET:  # what is over budget is known when the images are ready
                until(lambda: "lcp-bytes" in log.read_text("utf-8"), log)
            assert pelican.poll() is None
        finally:
            pelican.send_signal(signal.SIGINT)
            pelican.wait(30)
    text = log.read_text("utf-8")
    assert re.search(r"WARNING .*(lcp-bytes|imageseo)", text), text
    assert "CRITICAL" not in text
    assert ("<picture" in (site / "output/first.html").read_text("utf-8")) == (config == BUDGET)


@pytest.mark.slow
def test_site_is_processed_after_all_finalized_receivers(tmp_path: Path) -> None:
    """`finalized` calls its receivers in no defined order; with twelve plug-ins, passing by chance is unlikely."""
    late = (
        "from pathlib import Path\nfrom pelican import signals\n"
        'HEAD = \'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\'\n'
        "def write(pelican):\n"
        "    text = HEAD + '<url><loc>https://example.org/blog/first.html</loc></url></urlset>'\n"
        "    Path(pelican.output_path, 'sitemap.xml').write_text(text, encoding='utf-8')\n"
        "def register():\n    signals.finalized.connect(write)\n"
    )
    names = [f"late{number}" for number in range(12)]
    plugins = ", ".join(f'"{name}"' for name in names)
    pelican_site(
        tmp_path,
        config=f'PLUGIN_PATHS = ["plugins"]\nPLUGINS = ["pelican.plugins.imageseo", {plugins}]\n',
        files={f"plugins/{name}.py": late for name in names},
    )
    done = run("pelican", "content", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "output/sitemap.xml").read_text("utf-8")
    assert "<image:loc>https://example.org/blog/images/photo.jpg</image:loc>" in written


def _locations(site: Path, name: str = "output/sitemap.xml") -> list[str]:
    return re.findall(r"<loc>https://example.org/blog/([^<]*)</loc>", (site / name).read_text("utf-8"))


@pytest.mark.parametrize(
    "config", ["", 'DRAFT_SAVE_AS = "wip/{slug}.html"\nDRAFT_PAGE_SAVE_AS = "pages/{slug}/later.html"\n']
)
def test_sitemap_lists_published_contents_only(tmp_path: Path, config: str) -> None:
    def article(title: str, *lines: str) -> str:
        return "\n".join([f"Title: {title}", "Date: 2024-03-01", *lines, "", "![One]({static}/images/photo.jpg)", ""])

    files: dict[str, str | bytes] = {
        "content/open.md": article("Open"),
        "content/a.md": article("Secret a", "Status: draft"),
        "content/b.md": article("Secret b", "Status: hidden"),
        "content/c-de.md": article("Secret c", "Status: draft", "Lang: de"),
        "content/pages/d.md": article("Secret d", "Status: draft"),
        "content/pages/e.md": article("Secret e", "Status: Hidden"),
    }
    site = pelican_site(tmp_path, config=config, files=files)
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 0, done.stdout
    built = tree(site / "output")
    secret = [name for name in built if "secret" in name and name.endswith(".html")]
    assert len(secret) == 5, secret
    listed = _locations(site)
    assert "open.html" in listed
    assert not [name for name in listed if name in secret]
    for name in secret:
        assert b"ld+json" not in built[name], name
    assert b"ld+json" in built["open.html"]
    lint = run("imageseo", "lint", "output", "--select", "sitemap-*", cwd=site)
    assert (lint.returncode, "sitemap-" in lint.stdout) == (0, False), lint.stdout
    if not config:  # a folder by Pelican, without its configuration
        (site / "pelicanconf.py").rename(site / "moved.py")
        (site / "output/sitemap.xml").unlink()
        done = run("imageseo", "build", "output", cwd=site, env={"IMAGESEO_SITE_URL": "https://example.org/blog/"})
        assert done.returncode == 0, done.stdout + done.stderr
        assert not [name for name in _locations(site) if name.startswith("drafts/")]
        assert "open.html" in _locations(site)


@pytest.mark.slow
def test_source_with_a_hero_that_pelican_cannot_read_is_a_finding(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "content/bad.md": "Title: Bad\nDate: never\nHero_seed: 5\n\nText\n",
        "content/bytes.md": 'Title: Bytes\nDate: 2024-01-01\nHero: {"seed": 5}\n\nCaf\xe9\n'.encode("latin-1"),
        "content/plain.md": "Title: No hero\nDate: never\n\nText\n",
    }
    config = 'IMAGESEO = {"formats": ["webp"], "widths": [320], "profile": "fast", "encode": {"isolate": False}}\n'
    site = pelican_site(tmp_path, config=config, files=files)
    done = run("pelican", "content", cwd=site)
    output = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert "content/bad.md: cannot be read, so its hero is not used" in output
    assert "content/bytes.md:5: cannot be read, so its hero is not used" in output
    assert output.count("[hero-recipe]") == 2
    assert "<picture" in (site / "output/first.html").read_text("utf-8")
