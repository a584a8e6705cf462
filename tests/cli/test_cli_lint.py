"""Command lint: rule selection, baseline, pages changed in a range of commits, fixes, formats; command explain."""

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


class LintOutput:
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

    def call(*words: str, command: tuple[str, ...] = ("lint", "public")) -> LintOutput:
        monkeypatch.setattr(sys, "argv", ["imageseo", *command, *words])
        with pytest.raises(SystemExit) as exited:
            main.main()
        result = capsys.readouterr()
        return LintOutput(int(exited.value.code or 0), result.out, result.err)

    return call


JSON = ("--format", "json")


# ---- rules by name


def test_rules_are_selected_and_ignored_by_name_and_glob(site: Path, lint: Any) -> None:
    write(site, {"public/index.html": PAGE.format(BAD + "<img src='gone.png' alt='x' width='1' height='1'>")})
    assert {"alt-missing", "img-missing"} <= set(lint(*JSON).rules)
    assert lint("--select", "alt-mis*,lcp-lazy", *JSON).rules == ["alt-missing"]
    assert "alt-missing" not in lint("--ignore", "alt-missing", *JSON).rules
    assert lint("--select", "img-*", "--select", "alt-missing", "--ignore", "alt-*", *JSON).rules == ["img-missing"]


def test_unknown_rule_exits_with_2_and_suggestion(site: Path, lint: Any) -> None:
    result = lint("--select", "alt-mising", "--ignore", "nothing-*")
    assert result.code == 2
    assert "--select: there is no rule 'alt-mising'; did you mean alt-missing?" in result.err
    assert "--ignore: no rule matches 'nothing-*'" in result.err
    assert lint("--select", "a,,b").code == 2


def test_selecting_a_rule_enables_it_if_off_by_default(site: Path, lint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    known = next(rule for rule in parallel.installed_rules() if rule.id == "alt-missing")
    sleeping = Rule(
        id="alt-missing", severity=Severity.WARN, default=Severity.OFF, check=known.check, facts=known.facts
    )
    monkeypatch.setattr(parallel, "installed_rules", lambda: (sleeping,))
    assert lint(*JSON).rules == []
    assert lint("--select", "alt-missing", *JSON).rules == ["alt-missing"] * 2
    write(site, {"imageseo.toml": '[lint.rules]\nalt-missing = "off"\n'})
    assert lint("--select", "alt-missing", *JSON).rules == []


def test_unreadable_page_is_reported_whatever_rules_are_selected(site: Path, lint: Any) -> None:
    (site / "public/utf16.html").write_bytes(PAGE.encode("utf-16"))
    result = lint("--select", "lcp-lazy", *JSON)
    assert (result.code, result.rules) == (1, ["page-unreadable"])


# ---- what fails


def test_max_warnings_fails_on_more_warnings(site: Path, lint: Any) -> None:
    write(site, {"imageseo.toml": '[lint.rules]\nalt-missing = "warn"\n'})
    only = ("--select", "alt-missing")
    assert lint(*only).code == 0
    assert lint(*only, "--max-warnings", "2").code == 0
    result = lint(*only, "--max-warnings", "1")
    assert result.code == 1
    assert "2 warnings, but --max-warnings allows 1" in result.out
    assert lint("--max-warnings", "-1").code == 2


# ---- baseline


def test_baseline_findings_do_not_fail(site: Path, lint: Any) -> None:
    only = ("--select", "alt-missing")
    assert lint(*only, "--baseline", "known.json").code == 2, "a mistyped file name must not suppress all findings"
    result = lint(*only, "--baseline", "known.json", "--update-baseline")
    assert result.code == 0
    assert "known.json: 2 known findings, 2 added, 0 removed" in result.out
    first = (site / "known.json").read_bytes()
    # Moved lines, and a third image of the same kind.
    write(site, {"public/index.html": PAGE.format("\n\n" + BAD + BAD)})
    known = lint(*only, "--baseline", "known.json", *JSON)
    assert (known.code, known.json["summary"]["known"], len(known.json["known"])) == (0, 2, 2)
    write(site, {"public/index.html": PAGE.format(BAD * 3)})
    more = lint(*only, "--baseline", "known.json", *JSON)
    assert (more.code, more.json["summary"]["errors"], more.json["summary"]["known"]) == (1, 1, 2)
    assert (site / "known.json").read_bytes() == first, "the baseline is only written on request"


def test_stale_baseline_entries_are_reported_and_removed(site: Path, lint: Any) -> None:
    write(site, {"imageseo.toml": '[lint]\nbaseline = "ci/known.json"\n'})
    only = ("--select", "alt-missing")
    assert lint(*only, "--update-baseline").code == 0
    write(site, {"public/index.html": PAGE.format(GOOD + BAD)})
    result = lint(*only)
    assert result.code == 0
    assert "1 finding of the baseline no longer occurs (alt-missing on index.html)" in result.out
    assert "1 known finding, 0 added, 1 removed" in lint(*only, "--update-baseline").out
    assert "no longer" not in lint(*only).out
    assert "no longer" not in lint("--select", "lcp-lazy").out, "a finding of a rule that did not run is not stale"
    kept = (site / "ci/known.json").read_bytes()
    assert lint("--select", "lcp-lazy", "--update-baseline").code == 0
    assert (site / "ci/known.json").read_bytes() == kept, "entries of rules that did not run are kept"


def test_invalid_baseline_exits_with_2(site: Path, lint: Any) -> None:
    write(site, {"new.json": '{"version": 9, "findings": []}', "torn.json": '{"version": 1, "find'})
    for name, message in (("new.json", "version 9"), ("torn.json", "line 1, column")):
        result = lint("--baseline", name)
        assert (result.code, result.out) == (2, "")
        assert message in result.err
        assert "Traceback" not in result.err
    result = lint("--update-baseline")
    assert result.code == 2
    assert "no baseline file is configured" in result.err


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
    """A git repository of a MkDocs project with a built site that git ignores."""
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
    result = lint("--changed-since", revision, "--select", "alt-missing", *JSON, command=("lint", "site"))
    assert result.code in (0, 1), result.err
    return {finding["page"] for finding in result.json["findings"]}


def test_changed_since_checks_only_changed_pages(project: Path, lint: Any) -> None:
    first = git(project, "rev-parse", "HEAD")
    assert pages(lint, first) == set()
    write(project, {"docs/other.md": "# Other\n\nmore\n"})
    assert pages(lint, first) == {"other/index.html"}, "uncommitted changes count"
    second = commit(project)
    assert pages(lint, "HEAD") == set()
    assert pages(lint, first) == pages(lint, f"{first}..{second}") == {"other/index.html"}
    write(project, {"docs/guide/shots/guide.jpg": photo(seed=9)})
    assert pages(lint, "HEAD") == {"guide/index.html"}, "a changed image affects the pages that show it"
    result = lint("--changed-since", "HEAD", command=("lint", "site"))
    assert "1 of 3 pages changed since HEAD; all pages are read, findings on other pages are left out" in result.out
    assert "3 pages" in result.out.splitlines()[-1]


def test_changed_since_branch_compares_with_the_merge_base(project: Path, lint: Any) -> None:
    git(project, "checkout", "-q", "-b", "feature")
    write(project, {"docs/other.md": "# Feature\n"})
    commit(project)
    git(project, "checkout", "-q", "main")
    write(project, {"docs/index.md": "# Main went on\n"})
    commit(project)
    git(project, "checkout", "-q", "feature")
    assert pages(lint, "main") == {"other/index.html"}


@pytest.mark.parametrize("name", ["imageseo.lock", "mkdocs.yml", "imageseo.layout.json", "theme/main.html"])
def test_changed_since_checks_all_pages_if_a_shared_file_changed(project: Path, lint: Any, name: str) -> None:
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
    site = write(project, {"imageseo.toml": ""})  # an untracked configuration file also counts
    assert pages(lint, revision) == {"index.html", "guide/index.html", "other/index.html"}
    assert site


def test_changed_since_detects_committed_built_pages(site: Path, lint: Any) -> None:
    git(site, "init", "-q")
    commit(site)
    write(site, {"public/new.html": PAGE.format(BAD)})
    result = lint("--changed-since", "HEAD", "--select", "alt-missing", *JSON)
    assert {finding["page"] for finding in result.json["findings"]} == {"new.html"}


def test_git_errors_are_reported_without_traceback(site: Path, lint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    result = lint("--changed-since", "HEAD")
    assert (result.code, "is not in a git repository" in result.err) == (2, True)
    git(site, "init", "-q")
    commit(site)
    for wrong in ("nowhere", "nowhere..HEAD", "--output=x", ""):
        result = lint("--changed-since", wrong)
        assert result.code == 2, wrong
        assert "Traceback" not in result.err
    assert "there is no commit, branch or tag 'nowhere'" in lint("--changed-since", "nowhere").err
    git(site, "checkout", "-q", "--orphan", "alone")
    write(site, {"other.txt": ""})  # otherwise a commit in the same second would have the same hash
    commit(site)
    git(site, "branch", "-q", "old", "main")
    assert "git cannot compare with 'old'" in lint("--changed-since", "old").err
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ChangedError, match="git is not installed"):
        changed_since.changed_files(site, "HEAD")


# ---- fixes


def test_lint_writes_nothing_and_fix_applies_safe_fixes(site: Path, lint: Any) -> None:
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
    result = lint(*only, "--fix", *JSON)
    assert (result.code, result.rules) == (1, ["alt-missing"])
    assert result.json["summary"]["fixed"] == 1
    assert "fixed 1 finding on 1 page" in result.json["notes"]
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
        # The whole element: nested elements are fixed in the next round.
        new = b"<strong>" + html[at + 3 : end] + b"</strong>"
        fix = (Edit(span=Span(at, end + 4), replacement=new),)
        yield Problem(message="a b", place=ProblemLocation(offset=at), fix=fix)
        at = html.find(b"<b>", at + 1)
'''


def test_overlapping_fixes_are_applied_in_rounds(site: Path, lint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    write(site, {"own/strong_b.py": OWN, "public/index.html": PAGE.format("<b>1</b> <b>2 <b>3</b></b>")})
    monkeypatch.syspath_prepend(site / "own")
    import strong_b  # type: ignore[import-not-found]

    own = Rule.of("strong_b", strong_b)
    monkeypatch.setattr(parallel, "installed_rules", lambda: (own,))
    result = lint("--fix", *JSON)
    assert (result.code, result.rules, result.json["summary"]["fixed"]) == (0, [], 3)
    text = (site / "public/index.html").read_text("utf-8")
    assert "<b>" not in text
    assert text.count("<strong>") == 3


def test_fix_and_diff_are_mutually_exclusive(site: Path, lint: Any) -> None:
    assert lint("--fix", "--diff").code == 2
    assert lint("--diff", "--output", "x").code == 2


# ---- formats


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "gitlab", "junit", "html"])
def test_every_report_format_can_be_written_to_a_file(site: Path, lint: Any, form: str) -> None:
    shown = lint("--format", form)
    assert shown.code == 1
    assert "alt-missing" in shown.out
    result = lint("--format", form, "--output", f"reports/out.{form}")
    assert (result.code, result.out) == (1, "")
    assert (site / f"reports/out.{form}").read_text("utf-8") == shown.out
    assert [path.name for path in (site / "reports").iterdir()] == [f"out.{form}"]


def test_unknown_format_error_lists_installed_formats(site: Path, lint: Any) -> None:
    result = lint("--format", "xml")
    assert result.code == 2
    assert ", ".join(sorted(composition.reporters())) in result.err
    assert lint("--output", "public").code == 2, "a folder is not a file"


def test_disabled_lint_writes_an_empty_report(site: Path, lint: Any) -> None:
    write(site, {"imageseo.toml": "enabled = false\n"})
    result = lint("--format", "sarif")
    assert (result.code, json.loads(result.out)["runs"][0]["results"]) == (0, [])


def test_github_report_names_source_lines_by_repository_path(project: Path, lint: Any) -> None:
    result = lint("--select", "alt-missing", "--format", "github", command=("lint", "site"))
    assert "::error file=docs/other.md,line=3,col=1,title=imageseo alt-missing::" in result.out


# ---- explain


def test_explain_shows_one_rule_or_lists_all(lint: Any, tmp_path: Path) -> None:
    page = lint(command=("explain", "alt-missing"))
    assert page.code == 0
    assert page.out.startswith("alt-missing (error)\n\nEvery image has an alternative text.\n")
    assert "\nBad:\n\n    <img src=" in page.out
    listed = lint(command=("explain",)).out
    assert all(f"{rule.id} " in listed for rule in parallel.installed_rules())
    result = lint("--format", "json", command=("explain", "lcp-lazy")).json
    assert (result["id"], result["severity"], result["examples"][0]["good"]) == ("lcp-lazy", "error", False)
    assert len(lint("--format", "json", command=("explain",)).json["rules"]) == len(parallel.installed_rules())
    assert "sitemap" in lint(command=("explain", "sitemap-schema")).out
    wrong = lint(command=("explain", "lcp-lasy"))
    assert (wrong.code, "did you mean lcp-lazy?" in wrong.err) == (2, True)
