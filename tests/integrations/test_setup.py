"""`imageseo init`: generators by their files, configurations changed as text, and everything taken back."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from imageseo.cli.commands import init as commands
from imageseo.config.loader import read_project
from imageseo.integrations.setup import project_setup, python_lists, record, yaml_plugins
from imageseo.integrations.setup.changes import UnsafePatchError
from imageseo.model.errors import SettingsError, SiteError
from tests.support.small_sites import installed, mkdocs_site, pelican_site, photo, run, tree, write

SPHINX = "imageseo.integrations.sphinx"
PACKAGE = '{"scripts": {"build": "make"}, "devDependencies": {"%s": "1"}}'
PROJECTS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "mkdocs": ({"mkdocs.yml": "site_name: A\n"}, "mkdocs build"),
    "properdocs": ({"properdocs.yml": "site_name: A\n"}, "properdocs build"),
    "zensical": ({"zensical.toml": '[project]\nsite_name = "A"\n'}, "zensical build && imageseo build site"),
    "pelican": ({"pelicanconf.py": 'SITENAME = "A"\nPATH = "posts"\nPLUGINS = ["sitemap"]\n'}, "pelican posts"),
    "sphinx": ({"docs/conf.py": 'project = "A"\n'}, "sphinx-build -b html docs docs/_build/html"),
    "hugo": (
        {"hugo.toml": 'baseURL = "https://a.test/"\ntitle = "A"\n', "content/a.md": "# A\n"},
        "hugo && imageseo build public",
    ),
    "jekyll": (
        {"_config.yml": "title: A\nurl: https://a.test\nbaseurl: /b\n", "_posts/a.md": "", "Gemfile": 'gem "jekyll"\n'},
        "bundle exec jekyll build && imageseo build _site",
    ),
    "eleventy": (
        {".eleventy.js": 'module.exports = { dir: { input: "pages", output: "built" } };\n'},
        "npx @11ty/eleventy && imageseo build built",
    ),
    "astro": (
        {
            "astro.config.mjs": 'export default defineConfig({\n  site: "https://a.test",\n  base: "/b",\n});\n',
            "package.json": PACKAGE % "astro",
            "pnpm-lock.yaml": "",
        },
        "pnpm run build && imageseo build dist",
    ),
    "docusaurus": (
        {"docusaurus.config.ts": 'const config = {\n  url: "https://a.test",\n  baseUrl: "/b/",\n};\n'},
        "npx docusaurus build && imageseo build build",
    ),
    "folder": ({"public/index.html": "<h1>A</h1>"}, "imageseo build public"),
}


def init(folder: Path, **options: Any) -> str:
    return commands.init(folder, **options)


@pytest.mark.parametrize("name", PROJECTS)
def test_each_generator_is_set_up_once_and_taken_back(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, command = PROJECTS[name]
    monkeypatch.chdir(write(tmp_path, files))
    before = tree(tmp_path)
    found = project_setup.recognise(tmp_path)
    assert found.name == name
    assert found.evidence
    shown = init(tmp_path, dry=True)
    assert tree(tmp_path) == before, "a dry run writes nothing"
    report = init(tmp_path)
    assert f"\n\nNext:\n  {command}\n  then: imageseo lint " in report
    after = tree(tmp_path)
    for path in after.keys() - {record.NAME}:
        assert (f"+++ b/{path}\n" in shown) == (before.get(path) != after[path])
    assert after[".gitignore"].decode().splitlines()[1].endswith(".cache/imageseo/")
    assert "\nnothing to do\n" in init(tmp_path)
    assert tree(tmp_path) == after
    _, kept = commands.undo(tmp_path)
    assert not kept
    assert tree(tmp_path) == before
    report, kept = commands.undo(tmp_path)
    assert report.startswith("nothing to do: no record of an init (.imageseo-init.json) in ")
    assert not kept


def test_every_kind_is_a_module_and_tested() -> None:
    assert set(project_setup.names()) == PROJECTS.keys()


def test_settings_are_read_from_the_generator(tmp_path: Path) -> None:
    wanted = {
        "hugo": {"site_url": "https://a.test/", "content_dir": "content"},
        "jekyll": {"site_url": "https://a.test/b/", "content_dir": "."},
        "eleventy": {"content_dir": "pages"},
        "astro": {"site_url": "https://a.test/b/", "content_dir": "src"},
        "docusaurus": {"site_url": "https://a.test/b/", "content_dir": "docs"},
        "folder": {},
    }
    for name, settings in wanted.items():
        folder = write(tmp_path / name, PROJECTS[name][0])
        init(folder)
        text = (folder / "imageseo.toml").read_text("utf-8")
        assert tomllib.loads(text) == settings
        assert text.startswith("# ")
        read_project(folder, env={})  # valid for the build
    assert '# site_url = "https://example.org/"' in (tmp_path / "folder/imageseo.toml").read_text("utf-8")


# mkdocs.yml

TAGS = """\
# Kept: this comment, the order, 'quotes' and "quotes".
INHERIT: base.yml
site_name:   'A'   # and this
site_url: !ENV [SITE, "https://a.test/"]
{}
markdown_extensions:
  - pymdownx.emoji:
      emoji_index: !!python/name:material.extensions.emoji.twemoji
      format: !!python/object/apply:os.system ["touch owned"]
"""
LISTS = {
    "block": "plugins:\n  - search\n  - tags: # a comment\n      listings: true # the last\n  # after it\n\n",
    "not indented": "plugins:\n- search\n- minify\n\n# about the rest",
    "deep": "plugins:\n      - search:\n          lang:\n            - en\n            - de",
    "literal": "plugins:\n  - search\n  - macros:\n      text: |\n        some {{ text }}\n\n        more\n",
    "flow": "plugins: [search, 'tags'] # both",
    "flow in lines": "plugins: [\n  search, # one\n  tags, # two\n]",
    "flow in a block": "plugins:\n  - search\n  - tags: {a: [1, 2], b: {c: d}}",
    "one": "plugins: [search]",
    "none": "plugins: []",
    "mapping": "plugins:\n  search: {}\n  tags:\n    listings: true",
    "flow mapping": "plugins: {search: {}}",
    "empty": "plugins: # none yet",
    "anchor": "plugins: &all\n  - search\n  - tags",
    "environment": "plugins:\n  - search\n  - minify:\n      enabled: !ENV [CI, false]",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LISTS)
def test_plugin_lists_keep_every_other_byte(name: str, newline: str) -> None:
    text = TAGS.format(LISTS[name]).replace("\n", newline)
    change = yaml_plugins.patch(text, "mkdocs.yml")
    assert change is not None
    assert "".join(change.after.split(change.insertions[0].text, 1)) == text
    assert ("\r\n" in change.after) == (newline == "\r\n")
    assert "\n" not in change.after.replace(newline, "")
    names = re.findall(r"plug(in)s", change.after)
    assert len(names) == 1
    before, after = plugins_of(text), plugins_of(change.after)
    assert after[: len(before)] == before
    assert after[len(before) :] == [*(["search"] if name == "empty" else []), "imageseo"]
    assert yaml_plugins.patch(change.after, "mkdocs.yml") is None


def plugins_of(text: str) -> list[str]:
    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("", lambda *_: None)
    plugins = yaml.load(text, Loader=Loader)["plugins"] or []
    return [each if isinstance(each, str) else next(iter(each)) for each in plugins]


def test_without_a_list_search_is_written_too_as_mkdocs_loads_it_by_default(tmp_path: Path) -> None:
    init(write(tmp_path, {"mkdocs.yml": "site_name: A"}))
    assert (tmp_path / "mkdocs.yml").read_text("utf-8") == "site_name: A\n\nplugins:\n  - search\n  - imageseo\n"


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("site_name: A\nplugins: *list\nextra: &list [search]\n", 2, "YAML"),
        ("extra: &list [search]\nsite_name: A\nplugins: *list\n", 3, "alias"),
        ("site_name: A\nplugins: [search]\nnav: []\nplugins: [tags]\n", 4, "twice"),
        ("site_name: A\nplugins: search\n", 2, "found 'search'"),
        ("base: &b {plugins: [tags]}\n<<: *b\nsite_name: A\n", 2, "merged"),
        ("site_name: A\nplugins: &p [search]\nextra: *p\n", 2, "risk"),
        ("site_name: A\nnav:\n  - {a\n", 4, "YAML"),
        ("{site_name: A}\n", 1, "risk"),
        ("site_name: A\n---\nsite_name: B\n", 1, "YAML"),
    ],
)
def test_a_yaml_that_cannot_be_patched_is_refused_with_lines_to_paste(
    text: str, line: int, why: str, tmp_path: Path
) -> None:
    write(tmp_path, {"mkdocs.yml": text})
    before = tree(tmp_path)
    with pytest.raises(UnsafePatchError) as refused:
        init(tmp_path)
    assert re.search(rf"mkdocs\.yml:{line}: .*{why}", str(refused.value)) or line == 1
    assert why in str(refused.value)
    assert "- imageseo" in refused.value.hint
    assert tree(tmp_path) == before, "nothing is written at all"


def test_a_list_that_is_inherited_is_not_replaced(tmp_path: Path) -> None:
    files = {
        "mkdocs.yml": "INHERIT: ../base.yml\nsite_name: A\n",
        "../base.yml": "theme: null\nplugins: [search, tags]\n",
    }
    folder = tmp_path / "docs"
    folder.mkdir()
    write(folder, files)
    with pytest.raises(UnsafePatchError, match=r"\.\./base\.yml:2: mkdocs\.yml inherits"):
        init(folder)
    write(folder, {"../base.yml": "plugins: [search, imageseo]\n"})
    assert "mkdocs.yml:" not in init(folder).replace("MkDocs: mkdocs.yml", "")
    write(folder, {"../base.yml": "theme: null\nnav: [\n"})
    with pytest.raises(SettingsError, match=r"\.\./base\.yml:3: cannot be read: no valid YAML"):
        init(folder)
    write(folder, {"../base.yml": "theme: null\n"})
    assert "search" in init(folder)
    write(folder, {"mkdocs.yml": "INHERIT: mkdocs.yml\nsite_name: A\n"})
    with pytest.raises(SettingsError, match="inherit each other"):
        init(folder)


def test_what_runs_already_is_left_alone(tmp_path: Path) -> None:
    cases = {
        "a": {"mkdocs.yml": "site_name: A\nplugins:\n  - imageseo:\n      profile: small\n"},
        "b": {"mkdocs.yml": "site_name: A\nhooks: [mkdocs_hook.py]\n"},
        "c": {"mkdocs.yml": "site_name: A\nplugins: {imageseo: {}}\n"},
        "d": {"pelicanconf.py": 'SITENAME = "A"\nPLUGINS = ["pelican_hook"]\n'},
        "e": {"pelicanconf.py": 'SITENAME = "A"\nPLUGINS = None\n'},
        "f": {"pelicanconf.py": 'SITENAME = "A"\n'},
        "g": {"conf.py": f'extensions = []\nextensions.append("{SPHINX}")\n'},
    }
    for name, files in cases.items():
        folder = write(tmp_path / name, files)
        before = tree(folder)
        assert "imageseo runs in each build already" in init(folder)
        assert {path: data for path, data in tree(folder).items() if not path.startswith(".")} == before


# pelicanconf.py, conf.py

CODE = {
    "one line": 'PLUGINS = ["a", "b"]  # both\n',
    "single quotes": "PLUGINS = ['a']\n",
    "lines": 'PLUGINS = [\n    "a",  # ä one\n    "b",  # two\n]\n',
    "no last comma": 'PLUGINS = [\n    "a",\n    "b"  # two\n]\n',
    "empty": "PLUGINS = []\n",
    "empty in lines": "PLUGINS = [\n    # none\n]\n",
    "tuple": 'PLUGINS = ("a",)\n',
    "tuple in lines": 'PLUGINS = (\n\t"ä",\n\t"b"\n)\n',
    "empty tuple": "PLUGINS = ()\n",
    "annotated": 'PLUGINS: list[str] = ["ä", "b"]\n',
    "objects": 'import plugin\nPLUGINS = [\n    "a",\n    plugin,\n]\n',
    "in a line with others": 'A = "ä"; PLUGINS = ["ä"]\n',
    "closed at once": 'PLUGINS = ["a",\n           "b"]\n',
    "in brackets": 'PLUGINS = [\n    ("a"),\n    ("b" "c"),\n]\n',
    "extended later": 'PLUGINS = ["a"]\nif True:\n    print(PLUGINS)\n',
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", CODE)
def test_lists_in_code_keep_every_other_byte(name: str, newline: str) -> None:
    text = ('\ufeff# -*- coding: utf-8 -*-\nSITENAME = "Ä"\n' + CODE[name]).replace("\n", newline)
    change = python_lists.patch(text, "pelicanconf.py", name="PLUGINS", entry="imageseo")
    rest = iter(change.after)
    assert all(each in rest for each in text), "every character is still there, in order"
    assert "\n" not in change.after.replace(newline, "")
    assert comments(change.after) == comments(text)
    tree = ast.parse(change.after.removeprefix("\ufeff"))
    value = next(each for each in ast.walk(tree) if isinstance(each, ast.List | ast.Tuple))
    added = [each.value for each in value.elts if isinstance(each, ast.Constant)]
    assert added.count("imageseo") == 1
    assert python_lists.neutral(change.after) == python_lists.neutral(text)


def comments(text: str) -> list[str]:
    """Each comment with what stands before it in its line, commas aside."""
    return [line.replace(",", "").strip() for line in text.splitlines() if "#" in line and "[" not in line]


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pelicanconf.py", 'SITENAME = "A"\nPLUGINS = ["a"] + other()\n', 2),
        ("pelicanconf.py", 'SITENAME = "A"\nif 1:\n    PLUGINS = ["a"]\n', 3),
        ("pelicanconf.py", 'SITENAME = "A"\nPLUGINS = ["a"]\nPLUGINS = ["b"]\n', 3),
        ("pelicanconf.py", 'SITENAME = "A"\nPLUGINS = "a", "b"\n', 2),
        ("pelicanconf.py", 'SITENAME = "A"\nPLUGINS = [\n', 2),
        ("conf.py", 'project = "A"\nextensions = list(base)\n', 2),
        ("conf.py", 'project = "A"\nfrom shared import *\n', 2),
        ("conf.py", 'project = "A"\nfrom shared import extensions\n', 2),
        ("conf.py", 'project = "A"\n\nextensions += ["a"]\n', 3),
        ("conf.py", 'project = "A\n', 1),
    ],
)
def test_code_that_cannot_be_patched_is_refused_with_lines_to_paste(
    name: str, text: str, line: int, tmp_path: Path
) -> None:
    write(tmp_path, {name: text})
    with pytest.raises(UnsafePatchError, match=rf"{re.escape(name)}:{line}: ") as refused:
        init(tmp_path)
    assert "imageseo" in refused.value.hint
    assert tree(tmp_path) == {name: text.encode()}


def test_the_configuration_for_publishing_counts_too(tmp_path: Path) -> None:
    star = "from pelicanconf import *\n"
    cases = {
        'PLUGINS = ["a"]\n': 'PLUGINS = ["a", "imageseo"]\n',
        'PLUGINS += ["a"]\n': None,
        'PLUGINS = [*PLUGINS, "a"]\n': None,
        "PLUGINS = None\n": None,
        "RELATIVE_URLS = False\n": None,
    }
    for number, (text, after) in enumerate(cases.items()):
        files = {"pelicanconf.py": 'SITENAME = "A"\n', "publishconf.py": star + text}
        init(write(tmp_path / str(number), files))
        assert (tmp_path / str(number) / "publishconf.py").read_text("utf-8") == star + (after or text)
    workflow = init(tmp_path / "0", ci_host="github", dry=True)
    assert "+      - run: pelican content -s publishconf.py\n" in workflow
    with pytest.raises(UnsafePatchError, match=r"publishconf\.py:2: "):
        init(write(tmp_path / "0", {"publishconf.py": star + "PLUGINS = others()\n"}))


def test_a_generator_in_another_environment_is_told(tmp_path: Path) -> None:
    assert project_setup.is_installed("mkdocs")
    assert not project_setup.is_installed("no_such_generator")
    assert "is not installed in the same environment" not in init(write(tmp_path, PROJECTS["mkdocs"][0]))


def test_sphinx_gets_the_extension_and_its_cache_folder_is_that_of_conf_py(tmp_path: Path) -> None:
    init(write(tmp_path / "a", {"docs/conf.py": 'project = "A"\nextensions = [\n    "sphinx.ext.todo",\n]\n'}))
    assert f'    "sphinx.ext.todo",\n    "{SPHINX}",\n]' in (tmp_path / "a/docs/conf.py").read_text("utf-8")
    assert "docs/.cache/imageseo/" in (tmp_path / "a/.gitignore").read_text("utf-8").splitlines()
    report = init(write(tmp_path / "b", {"docs/source/conf.py": 'project = "A"\n'}))
    assert "sphinx-build -b html docs/source docs/build/html" in report
    assert (tmp_path / "b/docs/source/conf.py").read_text("utf-8") == f'project = "A"\n\nextensions = ["{SPHINX}"]\n'


# Recognising


def test_one_mark_is_not_enough(tmp_path: Path) -> None:
    for number, files in enumerate(
        (
            {"config.toml": '[server]\nport = 1\nbaseURL = ""\n'},
            {"config.toml": 'baseURL = "https://a.test"\n'},
            {"_config.yml": "title: A\n"},
            {"_config.yml": "title: A\npermalink: x\n", "package.json": PACKAGE % "hexo"},
            {"conf.py": "BLOG_TITLE = 'A'\nPOSTS = ()\n"},
            {"mkdocs.yml": "a: 1\n"},
            {"pelicanconf.py": "x = 1\n"},
            {"astro.config.mjs": "export default {}\n"},
            {"docusaurus.config.js": "module.exports = {}\n"},
            {".eleventy.js": ""},
            {},
        )
    ):
        folder = write(tmp_path / str(number), files)
        folder.mkdir(exist_ok=True)
        with pytest.raises(SiteError, match="no configuration of a known generator"):
            init(folder)
        assert tree(folder).keys() == files.keys()


def test_two_marks_are_and_the_evidence_is_shown(tmp_path: Path) -> None:
    cases: dict[str, tuple[Mapping[str, str], str]] = {
        "hugo": (
            {"config.toml": 'baseURL = "/"\n', "archetypes/a.md": ""},
            "config.toml, `baseURL` in it, archetypes/",
        ),
        "jekyll": ({"_config.yaml": "title: A\n", "_layouts/a.html": ""}, "_config.yaml, _layouts/"),
        "eleventy": ({"package.json": PACKAGE % "@11ty/eleventy"}, "@11ty/eleventy in package.json"),
    }
    for name, (files, evidence) in cases.items():
        folder = write(tmp_path / name, files)
        assert project_setup.recognise(folder).name == name
        assert init(folder).partition("\n")[0].endswith(f": {evidence}")


def test_of_two_generators_the_user_says_which(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECTS["mkdocs"][0], **PROJECTS["hugo"][0], "public/index.html": "<h1>A</h1>"})
    before = tree(tmp_path)
    with pytest.raises(SiteError) as refused:
        init(tmp_path)
    assert "mkdocs.yml, `site_name` in it" in str(refused.value)
    assert "--generator hugo or --generator mkdocs" in refused.value.hint
    assert tree(tmp_path) == before
    assert "Hugo: hugo.toml" in init(tmp_path, generator="hugo", dry=False)
    commands.undo(tmp_path)
    assert "imageseo build public" in init(tmp_path, generator="folder")
    with pytest.raises(SiteError, match="no project of jekyll"):
        init(tmp_path, generator="jekyll")


def test_a_site_of_zensical_is_not_one_of_mkdocs(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECTS["mkdocs"][0], **PROJECTS["zensical"][0]})
    init(tmp_path)
    assert (tmp_path / "mkdocs.yml").read_text("utf-8") == "site_name: A\n"


# imageseo.toml, .gitignore


def test_settings_that_are_there_get_what_is_missing(tmp_path: Path) -> None:
    own = '# mine\nprofile = "small"\nformats = [\n  "avif",\n]\n\n# measured\n[layout]\ncontent_width = 700\n'
    folder = write(tmp_path / "a", {**PROJECTS["hugo"][0], "imageseo.toml": own.replace("\n", "\r\n")})
    init(folder)
    text = (folder / "imageseo.toml").read_bytes().decode()
    assert tomllib.loads(text) == {
        **tomllib.loads(own),
        "site_url": "https://a.test/",
        "content_dir": "content",
    }
    assert text.replace("\r\n", "").count("\n") == 0
    project = '[tool.imageseo] # ours\ncontent_dir = "posts"\n\n[tool.other]\nsite_url = 1\n'
    folder = write(tmp_path / "b", {**PROJECTS["hugo"][0], "pyproject.toml": project})
    init(folder)
    table = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    assert table["tool"]["imageseo"] == {"content_dir": "posts", "site_url": "https://a.test/"}
    assert not (folder / "imageseo.toml").exists()
    commands.undo(folder)
    assert (folder / "pyproject.toml").read_text("utf-8") == project
    inline = 'tool.imageseo = {content_dir = "posts"}\n'
    folder = write(tmp_path / "c", {**PROJECTS["hugo"][0], "pyproject.toml": inline})
    with pytest.raises(UnsafePatchError, match=r"pyproject\.toml:\d+: "):
        init(folder)
    assert (folder / "pyproject.toml").read_text("utf-8") == inline


def test_wrong_settings_are_reported_before_anything_is_written(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECTS["mkdocs"][0], "imageseo.toml": "profil = 1\n"})
    before = tree(tmp_path)
    with pytest.raises(SettingsError, match="profil"):
        init(tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("patterns", "covered"),
    [
        (".cache/", True),
        (".cache", True),
        ("/.cache/*", True),
        ("**/.cache/", True),
        (".cache/imageseo", True),
        (".*", True),
        (".cache/\n!.cache/imageseo/", False),
        ("cache/", False),
        ("# .cache/", False),
        ("docs/.cache/", False),
    ],
)
def test_the_cache_folder_is_ignored_once(patterns: str, covered: bool, tmp_path: Path) -> None:
    text = f"node_modules\r\n{patterns}".replace("\n", "\r\n").replace("\r\r", "\r")
    write(tmp_path, {**PROJECTS["mkdocs"][0], ".gitignore": text})
    init(tmp_path)
    after = (tmp_path / ".gitignore").read_bytes().decode()
    assert after.startswith(text)
    assert (".cache/imageseo/\r\n" in after.removeprefix(text)) == (not covered)
    assert "\n" not in after.replace("\r\n", "")
    init(tmp_path)
    assert (tmp_path / ".gitignore").read_bytes().decode() == after


def test_a_pattern_of_the_repository_counts_in_its_folders(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            ".git/HEAD": "",
            ".gitignore": ".cache/\nimageseo-report.html\n.imageseo-init.json\n",
            "a/mkdocs.yml": "site_name: A\n",
        },
    )
    init(tmp_path / "a")
    assert not (tmp_path / "a/.gitignore").exists()


def test_settings_of_the_folder_above_are_not_hidden(tmp_path: Path) -> None:
    write(tmp_path, {".git/HEAD": "", "imageseo.toml": 'profile = "small"\n'})
    hugo = write(tmp_path / "blog", PROJECTS["hugo"][0])
    report = init(hugo)
    assert "the settings are those in ..: nothing is added to them" in report
    assert not (hugo / "imageseo.toml").exists()
    ignored = (hugo / ".gitignore").read_text("utf-8").splitlines()[1:]
    assert ignored == ["imageseo-report.html", record.NAME], "the cache is not in this folder"
    sphinx = write(tmp_path / "manual", {"docs/conf.py": 'project = "A"\n', "pyproject.toml": "[tool.imageseo]\n"})
    init(sphinx)
    assert ".cache/imageseo/" in (sphinx / ".gitignore").read_text("utf-8").splitlines()


def test_the_folder_of_the_settings_is_ignored(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECTS["mkdocs"][0], "imageseo.toml": 'cache_dir = "tmp/images"\n'})
    init(tmp_path)
    assert "tmp/images/" in (tmp_path / ".gitignore").read_text("utf-8").splitlines()


# --undo


def test_an_undo_keeps_later_edits(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: A\n", ".gitignore": "a"})
    init(tmp_path)
    config, ignored = tmp_path / "mkdocs.yml", tmp_path / ".gitignore"
    config.write_text(config.read_text("utf-8").replace("A\n", "B # new\n") + "  - tags\nnav: []\n", "utf-8")
    ignored.write_text(ignored.read_text("utf-8") + "b\n", "utf-8")
    _, kept = commands.undo(tmp_path)
    assert not kept
    assert config.read_text("utf-8") == "site_name: B # new\n\nplugins:\n  - search\n  - tags\nnav: []\n"
    assert ignored.read_text("utf-8").split() == ["a", "b"]


def test_an_undo_says_what_it_cannot_remove(tmp_path: Path) -> None:
    write(tmp_path, {"mkdocs.yml": "site_name: A\nplugins: [search]\n"})
    init(tmp_path)
    mine = "site_name: A\nplugins:\n  - search\n  - imageseo:\n      profile: small\n"
    write(tmp_path, {"mkdocs.yml": mine})
    report, kept = commands.undo(tmp_path)
    assert kept
    assert "mkdocs.yml: line 4 changed since: remove imageseo there by hand" in report
    assert tree(tmp_path) == {"mkdocs.yml": mine.encode()}


def test_other_lines_that_name_imageseo_are_none_of_init(tmp_path: Path) -> None:
    text = "site_name: imageseo\nplugins: [search]\n"
    config = write(tmp_path, {"mkdocs.yml": text}) / "mkdocs.yml"
    init(tmp_path)
    config.write_text(config.read_text("utf-8") + "nav: [imageseo.md]\n", "utf-8")
    assert not commands.undo(tmp_path)[1]
    assert config.read_text("utf-8") == text + "nav: [imageseo.md]\n"


def test_an_undo_leaves_a_file_that_it_made_if_it_was_edited(tmp_path: Path) -> None:
    folder = write(tmp_path, PROJECTS["hugo"][0])
    init(folder)
    settings = folder / "imageseo.toml"
    settings.write_text(settings.read_text("utf-8") + 'profile = "small"\n', "utf-8")
    report, kept = commands.undo(folder)
    assert kept
    assert "imageseo.toml: changed since" in report
    assert 'profile = "small"' in settings.read_text("utf-8")


def test_an_undo_removes_nothing_that_was_there_before(tmp_path: Path) -> None:
    text = 'SITENAME = "A"\nPLUGINS = [\n    "a"  # one\n]\nIMAGESEO = {"profile": "small"}\n'
    config = write(tmp_path, {"pelicanconf.py": text}) / "pelicanconf.py"
    init(tmp_path)
    config.write_text(config.read_text("utf-8") + "TIMEZONE = 'UTC'\n", "utf-8")
    assert not commands.undo(tmp_path)[1]
    assert config.read_text("utf-8").replace(",", "") == text + "TIMEZONE = 'UTC'\n"


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"version": 2, "files": []}',
        '{"version": 1, "files": [{"path": "../a", "created": true, "sha256": "", "pieces": []}]}',
        '{"version": 1, "files": [{"path": "/etc/a", "created": true, "sha256": "", "pieces": []}]}',
        '{"version": 1, "files": [7]}',
    ],
)
def test_a_record_that_is_none_is_an_error(text: str, tmp_path: Path) -> None:
    write(tmp_path, {record.NAME: text})
    with pytest.raises(SettingsError, match="is no record"):
        commands.undo(tmp_path)


# Real builds


@pytest.mark.slow
def test_the_next_command_of_mkdocs_builds_with_images(tmp_path: Path) -> None:
    site = mkdocs_site(tmp_path, config="plugins:\n  - search # kept\n")
    init(site)
    done = run("mkdocs", "build", cwd=site)
    assert done.returncode == 0, done.stderr
    assert "<picture" in (site / "site/index.html").read_text("utf-8")
    assert (site / "site/search/search_index.json").is_file()


@pytest.mark.slow
def test_the_next_command_of_pelican_builds_with_images(tmp_path: Path) -> None:
    installed()
    site = pelican_site(tmp_path, config="PLUGINS = []\n")
    init(site)
    done = run("pelican", "content", cwd=site)
    assert done.returncode == 0, done.stderr
    assert "<picture" in (site / "output/first.html").read_text("utf-8")


@pytest.mark.slow
def test_the_next_command_of_hugo_finds_settings_and_heroes(tmp_path: Path) -> None:
    page = '<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1>{}</main></body></html>'
    files: dict[str, str | bytes] = {
        "content/a.md": "---\nhero: hills.jpg\n---\n# A\n",
        "public/a/index.html": page.format('<img src="hills.jpg" alt="Hills">'),
        "public/a/hills.jpg": photo(),
    }
    site = write(tmp_path, {**PROJECTS["hugo"][0], **files})
    init(site)
    done = run("imageseo", "build", "public", cwd=site)
    assert done.returncode == 0, done.stderr
    built = (site / "public/a/index.html").read_text("utf-8")
    assert "<picture" in built
    assert "https://a.test/a/hills.jpg" in built


# --ci


@pytest.mark.parametrize("host", ["github", "gitlab"])
@pytest.mark.parametrize("name", PROJECTS)
def test_workflows_are_valid_and_keep_the_cache(name: str, host: str, tmp_path: Path) -> None:
    folder = write(tmp_path, PROJECTS[name][0])
    before = tree(folder)
    init(folder, ci_host=host)
    output = project_setup.recognise(folder).output
    cache = "docs/.cache/imageseo" if name == "sphinx" else ".cache/imageseo"
    if host == "github":
        text = (folder / ".github/workflows/imageseo.yml").read_text("utf-8")
        steps = yaml.safe_load(text)["jobs"]["images"]["steps"]
        used = [each.get("uses", "").partition("@")[0] for each in steps]
        commands_run = [each["run"] for each in steps if "run" in each]
        assert steps[used.index("actions/cache")]["with"]["path"] == cache
        assert used.index("actions/cache") < used.index("github/codeql-action/upload-sarif")
        assert any(line == f"imageseo lint {output} --format sarif --output imageseo.sarif" for line in commands_run)
    else:
        job = yaml.safe_load((folder / ".gitlab-ci.yml").read_text("utf-8"))["images"]
        commands_run = job["script"]
        assert job["cache"]["paths"] == [cache]
        assert job["artifacts"]["reports"]["codequality"] == "imageseo-lint.json"
        assert commands_run[-1] == f"imageseo lint {output} --format gitlab --output imageseo-lint.json"
    assert any(line.startswith("pip install") and "imageseo" in line for line in commands_run)
    assert (f"imageseo build {output}" in commands_run) == (name not in ("mkdocs", "properdocs", "pelican", "sphinx"))
    assert "\nnothing to do\n" in init(folder, ci_host=host)
    commands.undo(folder)
    assert tree(folder) == before


def test_workflows_follow_the_schemas_of_their_hosts(tmp_path: Path) -> None:
    more = {".gitmodules": "", "requirements.txt": "mkdocs\n", "package-lock.json": "{}"}
    for host, path in (("github", ".github/workflows/imageseo.yml"), ("gitlab", ".gitlab-ci.yml")):
        files = []
        for name, (project, _) in PROJECTS.items():
            folder = write(tmp_path / host / name, {**project, **more})
            init(folder, ci_host=host)
            files.append(str(folder / path))
            assert "recursive" in (folder / path).read_text("utf-8")
        schema = (
            ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"] if host == "gitlab" else ["vendor.github-workflows"]
        )
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_a_workflow_of_the_user_is_not_replaced(tmp_path: Path) -> None:
    for host, path in (("github", ".github/workflows/imageseo.yml"), ("gitlab", ".gitlab-ci.yml")):
        folder = write(tmp_path / host, {**PROJECTS["mkdocs"][0], path: "jobs: {}\n"})
        before = tree(folder)
        with pytest.raises(UnsafePatchError, match=rf"{re.escape(path)}:1: ") as refused:
            init(folder, ci_host=host)
        assert "imageseo lint site" in refused.value.hint
        assert tree(folder) == before


def test_the_projects_own_requirements_are_installed(tmp_path: Path) -> None:
    folder = write(tmp_path, {**PROJECTS["mkdocs"][0], "requirements.txt": "mkdocs\nimageseo\n"})
    assert "+      - run: pip install -r requirements.txt\n" in init(folder, ci_host="github", dry=True)
