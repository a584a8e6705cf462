"""lint as people and CI ask for it: rules by name, a baseline, pages of a range of commits, fixes, formats; explain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imageseo.cli import main
from imageseo.lint import changed_since, parallel
from imageseo.lint.changed_since import ChangedError
from imageseo.lint.rule import Rule
from imageseo.model.finding import Severity
from imageseo.pipeline import composition
from tests.support.small_sites import mkdocs_site, photo, tree, write

PAGE = '<!doctype html><html lang="en"><head><title>A</title></head><body><main><h1>A</h1>\n{}</main></body></html>\n'
BAD = '<p><img src="a.jpg" width="500" height="300"></p>\n'
GOOD = BAD.replace("<img", '<img alt="A"')
LAZY = GOOD.replace("<img", '<img loading="lazy" fetchpriority="high"')


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A page with two images without alt, and a good one."""
    pages = {"public/index.html": PAGE.format(BAD + BAD), "public/good.html": PAGE.format(GOOD)}
    return write(tmp_path, {**pages, "public/a.jpg": photo()})


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rules(self) -> list[str]:
        return [finding["rule"] for finding in self.json["findings"]]


@pytest.fixture
def lint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)
    for name in ("IMAGESEO_FROZEN", "IMAGESEO_CONFIG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IMAGESEO_DEBUG", "0")

    def call(*words: str, command: tuple[str, ...] = ("lint", "public")) -> Said:
        monkeypatch.setattr(sys, "argv", ["imageseo", *command, *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return call


JSON = ("--format", "json")


# ---- rules by name


def test_rules_are_selected_and_ignored_by_name_and_glob(site: Path, lint: Any) -> None:
    write(site, {"public/index.html": PAGE.format(BAD + "<img src='gone.png' alt='x' width='1' height='1'>")})
    assert {"alt-missing", "img-missing"} <= set(lint(*JSON).rules)
    assert lint("--select", "alt-mis*,lcp-lazy", *JSON).rules == ["alt-missing"]
    assert "alt-missing" not in lint("--ignore", "alt-missing", *JSON).rules
    assert lint("--select", "img-*", "--select", "alt-missing", "--ignore", "alt-*", *JSON).rules == ["img-missing"]


def test_a_rule_that_is_not_there_is_2_with_the_nearest(site: Path, lint: Any) -> None:
    said = lint("--select", "alt-mising", "--ignore", "nothing-*")
    assert said.code == 2
    assert "--select: there is no rule 'alt-mising'; did you mean alt-missing?" in said.err
    assert "--ignore: no rule matches 'nothing-*'" in said.err
    assert lint("--select", "a,,b").code == 2


def test_a_rule_that_is_off_by_default_wakes_when_it_is_selected(
    site: Path, lint: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = next(rule for rule in parallel.installed_rules() if rule.id == "alt-missing")
    sleeping = Rule(
        id="alt-missing", severity=Severity.WARN, default=Severity.OFF, check=known.check, facts=known.facts
    )
    monkeypatch.setattr(parallel, "installed_rules", lambda: (sleeping,))
    assert lint(*JSON).rules == []
    assert lint("--select", "alt-missing", *JSON).rules == ["alt-missing"] * 2
    write(site, {"imageseo.toml": '[lint.rules]\nalt-missing = "off"\n'})
    assert lint("--select", "alt-missing", *JSON).rules == []


def test_an_unreadable_page_is_told_whatever_is_selected(site: Path, lint: Any) -> None:
    (site / "public/utf16.html").write_bytes(PAGE.encode("utf-16"))
    said = lint("--select", "lcp-lazy", *JSON)
    assert (said.code, said.rules) == (1, ["page-unreadable"])


# ---- what fails


def test_warnings_fail_when_there_are_too_many(site: Path, lint: Any) -> None:
    write(site, {"imageseo.toml": '[lint.rules]\nalt-missing = "warn"\n'})
    only = ("--select", "alt-missing")
    assert lint(*only).code == 0
    assert lint(*only, "--max-warnings", "2").code == 0
    said = lint(*only, "--max-warnings", "1")
    assert said.code == 1
    assert "2 warnings, but --max-warnings allows 1" in said.out
    assert lint("--max-warnings", "-1").code == 2


# ---- baseline


def test_a_baseline_lets_what_is_known_pass(site: Path, lint: Any) -> None:
    only = ("--select", "alt-missing")
    assert lint(*only, "--baseline", "known.json").code == 2, "a name that is mistyped must not let everything pass"
    said = lint(*only, "--baseline", "known.json", "--update-baseline")
    assert said.code == 0
    assert "known.json: 2 known findings, 2 added, 0 removed" in said.out
    first = (site / "known.json").read_bytes()
    # Moved lines, and a third image of the same kind.
    write(site, {"public/index.html": PAGE.format("\n\n" + BAD + BAD)})
    known = lint(*only, "--baseline", "known.json", *JSON)
    assert (known.code, known.json["summary"]["known"], len(known.json["known"])) == (0, 2, 2)
    write(site, {"public/index.html": PAGE.format(BAD * 3)})
    more = lint(*only, "--baseline", "known.json", *JSON)
    assert (more.code, more.json["summary"]["errors"], more.json["summary"]["known"]) == (1, 1, 2)
    assert (site / "known.json").read_bytes() == first, "nothing is written that nobody asked for"


def test_what_is_gone_from_a_baseline_is_told_and_dropped(site: Path, lint: Any) -> None:
    write(site, {"imageseo.toml": '[lint]\nbaseline = "ci/known.json"\n'})
    only = ("--select", "alt-missing")
    assert lint(*only, "--update-baseline").code == 0
    write(site, {"public/index.html": PAGE.format(GOOD + BAD)})
    said = lint(*only)
    assert said.code == 0
    assert "1 finding of the baseline no longer occurs (alt-missing on index.html)" in said.out
    assert "1 known finding, 0 added, 1 removed" in lint(*only, "--update-baseline").out
    assert "no longer" not in lint(*only).out
    assert "no longer" not in lint("--select", "lcp-lazy").out, "a finding of a rule that did not run is not stale"
    kept = (site / "ci/known.json").read_bytes()
    assert lint("--select", "lcp-lazy", "--update-baseline").code == 0
    assert (site / "ci/known.json").read_bytes() == kept, "what was not judged stays known"


def test_a_baseline_that_cannot_be_understood_is_2(site: Path, lint: Any) -> None:
    write(site, {"new.json": '{"version": 9, "findings": []}', "torn.json": '{"version": 1, "find'})
    for name, said in (("new.json", "version 9"), ("torn.json", "line 1, column")):
        told = lint("--baseline", name)
        assert (told.code, told.out) == (2, "")
        assert said in told.err
        assert "Traceback" not in told.err
    told = lint("--update-baseline")
    assert told.code == 2
    assert "no baseline file is configured" in told.err


# ---- pages of a range of commits


def git(folder: Path, *words: str) -> str:
    who = {f"GIT_{role}_{what}": "t@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *words],
        cwd=folder,
        env={**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x", "--allow-empty")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository of a MkDocs project with a built site that git does not keep."""
    page = "<article><h1>T</h1><img src='{}'></article>"
    mkdocs_site(tmp_path, config="plugins: []\n", files={"docs/other.md": "# Other\n\n![](images/other.jpg)\n"})
    write(
        tmp_path,
        {
            ".gitignore": "site/\n",
            "docs/images/other.jpg": photo(seed=3),
            "site/index.html": page.format("images/home.jpg"),
            "site/guide/index.html": page.format("shots/guide.jpg"),
            "site/other/index.html": page.format("../images/other.jpg"),
            "site/images/home.jpg": photo(),
            "site/images/other.jpg": photo(seed=3),
            "site/guide/shots/guide.jpg": photo(seed=2),
        },
    )
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def pages(lint: Any, revision: str) -> set[str]:
    said = lint("--changed-since", revision, "--select", "alt-missing", *JSON, command=("lint", "site"))
    assert said.code in (0, 1), said.err
    return {finding["page"] for finding in said.json["findings"]}


def test_only_pages_that_were_touched_are_judged(project: Path, lint: Any) -> None:
    first = git(project, "rev-parse", "HEAD")
    assert pages(lint, first) == set()
    write(project, {"docs/other.md": "# Other\n\nmore\n"})
    assert pages(lint, first) == {"other/index.html"}, "what is not committed counts"
    second = commit(project)
    assert pages(lint, "HEAD") == set()
    assert pages(lint, first) == pages(lint, f"{first}..{second}") == {"other/index.html"}
    write(project, {"docs/guide/shots/guide.jpg": photo(seed=9)})
    assert pages(lint, "HEAD") == {"guide/index.html"}, "a picture stands for the pages that show it"
    said = lint("--changed-since", "HEAD", command=("lint", "site"))
    assert "1 of 3 pages changed since HEAD; all pages are read, findings on other pages are left out" in said.out
    assert "3 pages" in said.out.splitlines()[-1]


def test_a_branch_is_compared_with_where_it_left(project: Path, lint: Any) -> None:
    git(project, "checkout", "-q", "-b", "feature")
    write(project, {"docs/other.md": "# Feature\n"})
    commit(project)
    git(project, "checkout", "-q", "main")
    write(project, {"docs/index.md": "# Main went on\n"})
    commit(project)
    git(project, "checkout", "-q", "feature")
    assert pages(lint, "main") == {"other/index.html"}


@pytest.mark.parametrize("name", ["imageseo.lock", "mkdocs.yml", "imageseo.layout.json", "theme/main.html"])
def test_what_stands_on_every_page_touches_all(project: Path, lint: Any, name: str) -> None:
    text = (project / name).read_text("utf-8") if (project / name).is_file() else ""
    if name.endswith((".lock", ".json")):
        (project / name).write_text("", "utf-8")
        revision = commit(project)
        (project / name).unlink()
    else:
        revision = "HEAD"
        (project / name).write_text(f"{text}\n", "utf-8")
    folder = changed_since.changed_files(project, revision)
    assert folder[1] == [name]
    site = write(project, {"imageseo.toml": ""})  # untracked, and a configuration, too
    assert pages(lint, revision) == {"index.html", "guide/index.html", "other/index.html"}
    assert site


def test_built_pages_that_git_keeps_count_as_they_are(site: Path, lint: Any) -> None:
    git(site, "init", "-q")
    commit(site)
    write(site, {"public/new.html": PAGE.format(BAD)})
    said = lint("--changed-since", "HEAD", "--select", "alt-missing", *JSON)
    assert {finding["page"] for finding in said.json["findings"]} == {"new.html"}


def test_git_faults_are_told_plainly(site: Path, lint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = lint("--changed-since", "HEAD")
    assert (said.code, "is not in a git repository" in said.err) == (2, True)
    git(site, "init", "-q")
    commit(site)
    for wrong in ("nowhere", "nowhere..HEAD", "--output=x", ""):
        said = lint("--changed-since", wrong)
        assert said.code == 2, wrong
        assert "Traceback" not in said.err
    assert "there is no commit, branch or tag 'nowhere'" in lint("--changed-since", "nowhere").err
    git(site, "checkout", "-q", "--orphan", "alone")
    write(site, {"other.txt": ""})  # in the same second it would be the same commit
    commit(site)
    git(site, "branch", "-q", "old", "main")
    assert "git cannot compare with 'old'" in lint("--changed-since", "old").err
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ChangedError, match="git is not installed"):
        changed_since.changed_files(site, "HEAD")


# ---- fixes


def test_lint_writes_nothing_and_fix_mends_what_is_safe(site: Path, lint: Any) -> None:
    write(site, {"public/index.html": PAGE.format(LAZY + BAD)})
    before = tree(site / "public")
    only = ("--select", "lcp-lazy,alt-missing")
    assert lint(*only, *JSON).rules == ["lcp-lazy", "alt-missing"]
    shown = lint(*only, "--diff")
    assert shown.code == 1
    assert [line for line in shown.out.splitlines() if line[:1] in "-+"] == [
        *("--- a/index.html", "+++ b/index.html"),
        '-<p><img loading="lazy" fetchpriority="high" alt="A" src="a.jpg" width="500" height="300"></p>',
        '+<p><img fetchpriority="high" alt="A" src="a.jpg" width="500" height="300"></p>',
    ]
    assert "1 fixable with --fix" in shown.err
    assert tree(site / "public") == before
    said = lint(*only, "--fix", *JSON)
    assert (said.code, said.rules) == (1, ["alt-missing"])
    assert said.json["summary"]["fixed"] == 1
    assert "fixed 1 finding on 1 page" in said.json["notes"]
    assert (site / "public/index.html").read_text("utf-8") == PAGE.format(LAZY.replace(' loading="lazy"', "") + BAD)
    after = tree(site / "public")
    again = lint(*only, "--fix", *JSON)
    assert (again.rules, again.json["summary"]["fixed"]) == (["alt-missing"], 0)
    assert tree(site / "public") == after


OWN = '''"""Every b is a strong.

Bad:
    <b>x</b>

Good:
    <strong>x</strong>
"""

from imageseo.model.edit import Edit
from imageseo.model.facts import Problem, ProblemLocation
from imageseo.model.finding import Severity
from imageseo.model.image import Span

SEVERITY = Severity.ERROR


def check(html):
    at = html.find(b"<b>")
    while at >= 0:
        end = html.find(b"</b>", at)
        # The whole element: elements inside of others have to wait for the next round.
        new = b"<strong>" + html[at + 3 : end] + b"</strong>"
        fix = (Edit(span=Span(at, end + 4), replacement=new),)
        yield Problem(message="a b", place=ProblemLocation(offset=at), fix=fix)
        at = html.find(b"<b>", at + 1)
'''


def test_fixes_that_overlap_are_made_in_rounds(site: Path, lint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write(site, {"own/strong_b.py": OWN, "public/index.html": PAGE.format("<b>1</b> <b>2 <b>3</b></b>")})
    monkeypatch.syspath_prepend(site / "own")
    import strong_b  # type: ignore[import-not-found]

    own = Rule.of("strong_b", strong_b)
    monkeypatch.setattr(parallel, "installed_rules", lambda: (own,))
    said = lint("--fix", *JSON)
    assert (said.code, said.rules, said.json["summary"]["fixed"]) == (0, [], 3)
    text = (site / "public/index.html").read_text("utf-8")
    assert "<b>" not in text
    assert text.count("<strong>") == 3


def test_fix_and_diff_exclude_each_other(site: Path, lint: Any) -> None:
    assert lint("--fix", "--diff").code == 2
    assert lint("--diff", "--output", "x").code == 2


# ---- formats


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit", "html"])
def test_every_format_goes_to_a_file_whole(site: Path, lint: Any, form: str) -> None:
    shown = lint("--format", form)
    assert shown.code == 1
    assert "alt-missing" in shown.out
    said = lint("--format", form, "--output", f"reports/out.{form}")
    assert (said.code, said.out) == (1, "")
    assert (site / f"reports/out.{form}").read_text("utf-8") == shown.out
    assert [path.name for path in (site / "reports").iterdir()] == [f"out.{form}"]


def test_formats_are_what_is_installed(site: Path, lint: Any) -> None:
    said = lint("--format", "xml")
    assert said.code == 2
    assert ", ".join(sorted(composition.reporters())) in said.err
    assert lint("--output", "public").code == 2, "a folder is no file"


def test_switched_off_is_an_empty_report_in_any_format(site: Path, lint: Any) -> None:
    write(site, {"imageseo.toml": "enabled = false\n"})
    said = lint("--format", "sarif")
    assert (said.code, json.loads(said.out)["runs"][0]["results"]) == (0, [])


def test_source_lines_are_named_as_the_repository_does(project: Path, lint: Any) -> None:
    said = lint("--select", "alt-missing", "--format", "github", command=("lint", "site"))
    assert "::error file=docs/other.md,line=3,col=12,title=imageseo alt-missing::" in said.out


# ---- explain


def test_explain_shows_a_page_and_lists_all(lint: Any, tmp_path: Path) -> None:
    page = lint(command=("explain", "alt-missing"))
    assert page.code == 0
    assert page.out.startswith("alt-missing (error)\n\nEvery image has an alternative text.\n")
    assert "\nBad:\n\n    <img src=" in page.out
    listed = lint(command=("explain",)).out
    assert all(f"{rule.id} " in listed for rule in parallel.installed_rules())
    told = lint("--format", "json", command=("explain", "lcp-lazy")).json
    assert (told["id"], told["severity"], told["examples"][0]["good"]) == ("lcp-lazy", "error", False)
    assert len(lint("--format", "json", command=("explain",)).json["rules"]) == len(parallel.installed_rules())
    assert "sitemap" in lint(command=("explain", "sitemap-schema")).out
    wrong = lint(command=("explain", "lcp-lasy"))
    assert (wrong.code, "did you mean lcp-lazy?" in wrong.err) == (2, True)
