"""The workflow of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterable

from imageseo.integrations.setup.ci_job import BASE, FIRST, REPORT, CiJob, comment_script, indented, lines, quoted

_NODE = '      - uses: actions/setup-node@v4\n        with:\n          node-version: "22"\n'
_RUBY = '      - uses: ruby/setup-ruby@v1\n        with:\n          ruby-version: "3.3"\n'
_MODULES = "          submodules: recursive\n"


def workflow(job: CiJob) -> str:
    """Return the text of `.github/workflows/imageseo.yml`."""
    tools = _NODE if job.image.startswith("node") else _RUBY if job.image.startswith("ruby") else ""
    return f"""\
{FIRST}
name: imageseo
on:
  push:
  pull_request: # not pull_request_target: it would give the code of a fork a token that may write
permissions:
  contents: read
  pull-requests: write # to comment; a pull request from a fork gets the comment as summary of the job
  security-events: write # to show findings in code scanning
concurrency: # two runs at once would comment twice
  group: imageseo-${{{{ github.ref }}}}
  cancel-in-progress: ${{{{ github.event_name == 'pull_request' }}}}
jobs:
  images:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 2 # with the commit before the change
{_MODULES if job.has_modules else ""}      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
{tools}{_runs((*job.tools, job.python))}      - uses: actions/cache@v4
        with:
          path: {job.cache_folder}
          key: imageseo-${{{{ github.run_id }}}} # a cache is never changed: each run saves its own
          restore-keys: imageseo-
{_runs((*job.build, *job.after))}      - run: imageseo lint {job.output} --format sarif --output imageseo.sarif
      - uses: github/codeql-action/upload-sarif@v4
        if: ${{{{ !cancelled() && hashFiles('imageseo.sarif') != '' && !github.event.pull_request.head.repo.fork }}}}
        with:
          sarif_file: imageseo.sarif
          category: imageseo
{_comparison(job)}      - run: imageseo cache prune --unreachable
        if: ${{{{ !cancelled() }}}}
"""


def _comparison(job: CiJob) -> str:
    """Return the steps that compare a pull request with the commit before it, and comment."""
    is_default = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
    modules = ["git submodule update --init --recursive"] if job.has_modules else []
    return f"""\
      - name: Keep the report of the default branch, for later pull requests
        if: ${{{{ !cancelled() && {is_default} }}}}
        run: {job.base_report} {BASE}
      - uses: actions/cache/save@v4
        if: ${{{{ !cancelled() && {is_default} && hashFiles('{BASE}') != '' }}}}
        with:
          path: {BASE}
          key: imageseo-base-${{{{ github.sha }}}}
      - name: Name the commit before the change
        id: base
        if: ${{{{ !cancelled() && github.event_name == 'pull_request' }}}}
        run: echo "sha=$(git rev-parse HEAD^)" >> "$GITHUB_OUTPUT"
      - uses: actions/cache/restore@v4
        if: ${{{{ !cancelled() && steps.base.outputs.sha }}}}
        with:
          path: {BASE}
          key: imageseo-base-${{{{ steps.base.outputs.sha }}}}
      - name: Build the site before the change, if its report was not kept
        if: ${{{{ !cancelled() && steps.base.outputs.sha && hashFiles('{BASE}') == '' }}}}
        continue-on-error: true # if it cannot be built, there is no comment
        env:
          IMAGESEO_CACHE_DIR: ${{{{ github.workspace }}}}/{job.cache_folder}
        run: |
          git worktree add "$RUNNER_TEMP/base" HEAD^
          cd "$RUNNER_TEMP/base"
{lines((*modules, *job.rebuild), 10)}          {job.base_report} "$GITHUB_WORKSPACE/{BASE}"
      - name: Compare # add --fail-on-growth 20% to set a limit
        if: ${{{{ !cancelled() && steps.base.outputs.sha && hashFiles('{BASE}') != '' }}}}
        run: {job.comparison}
      - name: Comment
        if: ${{{{ !cancelled() && hashFiles('{REPORT}') != '' }}}}
        shell: python
        env:
          TOKEN: ${{{{ github.token }}}}
          NUMBER: ${{{{ github.event.pull_request.number }}}}
        run: |
{indented(comment_script(), 10)}      - uses: actions/upload-artifact@v4 # for a second workflow, see the manual
        if: ${{{{ !cancelled() && github.event.pull_request.head.repo.fork && hashFiles('{REPORT}') != '' }}}}
        with:
          name: imageseo-report
          path: {REPORT}
"""


def fork_workflow() -> str:
    """Return the text of a second workflow, which comments on pull requests from forks.

    It runs no code of the fork: the report is a text, and the number of the pull request is asked for by its commit.
    """
    branch = "github.event.workflow_run.head_branch"
    return f"""\
name: imageseo comment
on:
  workflow_run:
    workflows: [imageseo]
    types: [completed]
permissions:
  actions: read
  pull-requests: write
jobs:
  comment:
    if: github.event.workflow_run.event == 'pull_request'
    runs-on: ubuntu-latest
    steps:
      - uses: actions/download-artifact@v4
        continue-on-error: true # pull requests from the repository itself have none
        with:
          name: imageseo-report
          run-id: ${{{{ github.event.workflow_run.id }}}}
          github-token: ${{{{ github.token }}}}
      - name: Comment
        if: hashFiles('{REPORT}') != ''
        shell: python
        env:
          TOKEN: ${{{{ github.token }}}}
          HEAD: ${{{{ format('{{0}}:{{1}}', github.event.workflow_run.head_repository.owner.login, {branch}) }}}}
          SHA: ${{{{ github.event.workflow_run.head_sha }}}}
        run: |
{indented(comment_script(), 10)}"""


def _runs(commands: Iterable[str]) -> str:
    return "".join(f"      - run: {quoted(line)}\n" for line in commands)
