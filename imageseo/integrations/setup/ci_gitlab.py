"""The pipeline of GitLab."""

from __future__ import annotations

from collections.abc import Iterable

from imageseo.integrations.setup.ci_job import BASE, FIRST, REPORT, CiJob, comment_script, indented, lines, quoted

_BEFORE = "imageseo-before"
"""The folder of the site before the change, from a job without Python."""
_RULES = """\
workflow: # a merge request has one pipeline, and its branch none
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS
      when: never
    - if: $CI_COMMIT_BRANCH
    - if: $CI_COMMIT_TAG

"""


def pipeline(job: CiJob) -> str:
    """Return the text of `.gitlab-ci.yml`."""
    modules = "variables:\n  GIT_SUBMODULE_STRATEGY: recursive\n\n" if job.has_modules else ""
    first, needs, own = "", "", (*job.tools, job.python, *job.build)
    if job.image:
        first, needs, own = _site_job(job), "  needs: [site]\n", (job.python,)
    lint = f"imageseo lint {job.output} --format gitlab --output imageseo-lint.json"
    return f"""\
{FIRST}
{_RULES}{modules}{first}images:
  image: python:3.12
{needs}  cache:
    key: imageseo-$CI_COMMIT_REF_SLUG
    fallback_keys:
      - imageseo-$CI_DEFAULT_BRANCH
    when: always
    paths:
      - {job.cache_folder}
  script:
{_steps(own)}{_base(job)}{_steps((*job.after, lint))}  after_script:
    - |
      if [ -f {BASE} ]; then
        {job.comparison}
        TOKEN="$IMAGESEO_TOKEN" python - <<'SCRIPT'
{indented(comment_script(), 6)}      SCRIPT
      fi
    - imageseo cache prune --unreachable
  artifacts:
    when: always
    paths:
      - {job.output}
      - {REPORT}
    reports:
      codequality: imageseo-lint.json
"""


def _site_job(job: CiJob) -> str:
    """Return the job that builds the site without Python; in a merge request also the site before it."""
    rebuild = [line for line in job.rebuild if line not in job.after]
    return f"""\
site:
  image: {job.image}
  script:
{_steps((*job.tools, *job.build))}{_checkout(rebuild, f'cp -r {job.output} "$CI_PROJECT_DIR/{_BEFORE}"')}  artifacts:
    paths:
      - {job.output}
      - {_BEFORE}

"""


def _base(job: CiJob) -> str:
    """Return the step that writes the report about the site before a merge request."""
    if not job.image:
        cache = f'export IMAGESEO_CACHE_DIR="$CI_PROJECT_DIR/{job.cache_folder}"'
        return _checkout([cache, *job.rebuild], f'{job.base_report} "$CI_PROJECT_DIR/{BASE}"')
    return f"""\
    - |
      if [ -d {_BEFORE} ]; then
        imageseo build {_BEFORE} || true
        imageseo report {_BEFORE} --format json --output {BASE} || true
      fi
"""


def _checkout(commands: list[str], last: str) -> str:
    """Return the step that runs commands on the commit before a merge request; if one fails, nothing is compared."""
    fetch = 'git fetch --depth 1 origin "$CI_MERGE_REQUEST_DIFF_BASE_SHA"'
    chain = [fetch, "git worktree add /tmp/base FETCH_HEAD", "cd /tmp/base", *commands]
    return f"""\
    - |
      if [ -n "$CI_MERGE_REQUEST_DIFF_BASE_SHA" ]; then
        (
{lines((f"{each} &&" for each in chain), 10)}          {last}
        ) || echo "the site before the change cannot be built: nothing is compared"
      fi
"""


def _steps(commands: Iterable[str]) -> str:
    return "".join(f"    - {quoted(line)}\n" for line in commands)
