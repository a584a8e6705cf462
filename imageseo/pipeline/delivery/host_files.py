"""Write what hosts read: ``_redirects`` and ``_headers``, ``.htaccess``, and a snippet for nginx in the project."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from imageseo.config.delivery import NGINX_FILE as NGINX
from imageseo.model import regular_file
from imageseo.model.errors import ImageseoError
from imageseo.model.finding import Finding, Location, Severity
from imageseo.storage.atomic import write_if_changed
from imageseo.web.delivery import cache_headers, redirects
from imageseo.web.delivery.marked_block import DamagedBlock, with_block, without_block
from imageseo.web.filenames import looks_like_variant
from imageseo.web.response_headers import CACHE, HeaderRules

if TYPE_CHECKING:
    from imageseo.pipeline.context import BuildContext

RULE = "host-file"
_NGINX_HEAD = "# Written by imageseo. Include this file in the server block of your site."
_NGINX_TYPES = (
    "# An nginx that sends AVIF as application/octet-stream needs, beside `include mime.types` in its http block,",
    "#   types { image/avif avif; image/webp webp; }",
)
_TYPES = {".avif": "image/avif", ".webp": "image/webp"}
_MAX_BYTES = 4 * 2**20


class _Refused(Exception):
    """Why a block is not written, and what to do."""


@dataclass(slots=True, kw_only=True)
class HostFiles:
    """The files for hosts of one build."""

    context: BuildContext
    _listed: list[str] = field(default_factory=list)

    def update(self) -> None:
        """Write what the settings ask for, and remove what an earlier build wrote and they no longer do."""
        headers, hosts = self.context.settings.delivery.headers, self.context.settings.names.redirects
        static = {"netlify", "cloudflare"}
        self._update("_redirects", [("redirects", self._redirect_rules if static & {*hosts} else None, False)])
        self._update("_headers", [("headers", self._header_rules if static & {*headers} else None, True)])
        by_apache = (lambda _: redirects.apache(self._redirects())) if "apache" in hosts else None
        types = (lambda _: cache_headers.apache(_TYPES)) if "apache" in headers else None
        self._update(".htaccess", [("redirects", by_apache, True), ("headers", types, True)])
        self._update_nginx(headers="nginx" in headers, moved="nginx" in hosts)

    def _update(self, path: str, blocks: Sequence[tuple[str, Callable[[str], list[str]] | None, bool]]) -> None:
        """Write blocks of lines into a file of the site: name, what gives the lines, whether at the end."""
        output = self.context.output
        if not any(lines for _, lines, _ in blocks) and not os.path.lexists(output.root / path):
            return
        try:
            before = self._read(path)
            text = before or ""
            for name, _, _ in blocks:
                text = without_block(text, name)
            own = text
            for name, lines, last in blocks:
                text = with_block(text, name, lines(own) if lines is not None else [], last=last)
        except DamagedBlock as damage:
            hint = f"restore both marker lines of {path}, or remove them and what is between them"
            self._report(path, f"{path}: {damage.args[0]}; it is left as it is", hint)
            return
        except _Refused as refused:
            self._report(path, f"{path}: {refused.args[0]}; it is left as it is", refused.args[1])
            return
        except (OSError, ImageseoError) as error:
            self._report(path, f"{path} cannot be read: {error}", "make it a readable file")
            return
        try:
            if text:
                output.write(path, text.encode("utf-8", "surrogateescape"))
            elif before:
                output.remove(path)
        except (OSError, ImageseoError) as error:
            self._report(path, f"{path} cannot be written: {error}", "give the build permission to write it")

    def _read(self, path: str) -> str | None:
        try:
            return self.context.output.begins(path, _MAX_BYTES).decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return None

    def _redirect_rules(self, own: str) -> list[str]:
        """Return the lines for ``_redirects``. Its folder is the root of the host, whatever the site's address."""
        hosts = self.context.settings.names.redirects
        rules = redirects.parse_rules(own)
        wanted = self._existing(redirects.resolved(_rooted(self.context.former, "/"), rules))
        lines = redirects.netlify(wanted, forced="cloudflare" not in hosts)
        if "cloudflare" in hosts:
            fault = redirects.limit_fault([*(line.split()[0] for line in lines), *(rule.source for rule in rules)])
            if fault is not None:
                raise _Refused(
                    f"{len(lines):,} redirects of renamed images and {len(rules):,} rules of your own are {fault}",
                    "remove rules of your own, put those without a wildcard first, or remove cloudflare from "
                    "`names.redirects`: the images stay available under their former names",
                )
            long = next((line for line in lines if len(line) > redirects.MAX_LINE), None)
            if long is not None:
                raise _Refused(
                    f"a redirect has {len(long):,} characters, Cloudflare reads {redirects.MAX_LINE:,}: {long[:80]}",
                    "shorten the names of its folders",
                )
        return lines

    def _redirects(self) -> dict[str, str]:
        """Return the redirects from the host's root, for servers that know the site by its address."""
        base_url = self.context.site.base_url
        root = unquote(urlsplit(base_url).path) if base_url is not None else "/"
        return _rooted(
            {old: new for old, new in self.context.former.items() if self._is_there(new)}, root.rstrip("/") + "/"
        )

    def _existing(self, found: Mapping[str, str]) -> dict[str, str]:
        return {old: new for old, new in found.items() if self._is_there(new.lstrip("/"))}

    def _is_there(self, path: str) -> bool:
        root = self.context.output.root
        return (root / path).is_file() or (root / path / "index.html").is_file()

    def _header_rules(self, own: str) -> list[str]:
        """Return the lines for ``_headers``. Rules of the author that set the same header for variants come first."""
        hosts = self.context.settings.delivery.headers
        paths = self._files()
        patterns = cache_headers.hashed_patterns(paths)
        rules = HeaderRules.parse(own)
        theirs = {path for path in filter(looks_like_variant, paths) if rules.values(path, CACHE, host=None)}
        crossed = [each for each in patterns if any(_matches(each, path) for path in theirs)] if theirs else []
        if crossed and "netlify" in hosts:
            self._note(
                f"_headers: a rule of your own sets Cache-Control for {min(theirs)}; that of imageseo is left out for "
                f"{', '.join(crossed[:3])}{' …' if len(crossed) > 3 else ''}",
                f"let your rule leave out variants, or set `Cache-Control: {cache_headers.IMMUTABLE}` for them there",
            )
            patterns = [each for each in patterns if each not in crossed]
            crossed = []
        count = len(patterns) + sum(1 for line in own.splitlines() if line[:1].strip() and not line.startswith("#"))
        if "cloudflare" in hosts and count > cache_headers.MAX_RULES:
            raise _Refused(
                f"{len(patterns)} rules for variants and {count - len(patterns)} of your own are {count} rules; "
                f"Cloudflare Pages reads {cache_headers.MAX_RULES}",
                "move your own AVIF and WebP files into folders without variants, so that fewer rules are needed",
            )
        return cache_headers.netlify(patterns, detached=crossed)

    def _files(self) -> list[str]:
        if not self._listed:
            root = self.context.output.root
            for folder, _, names in os.walk(root):
                relative = os.path.relpath(folder, root).replace(os.sep, "/")
                prefix = "" if relative == "." else f"{relative}/"
                self._listed += [f"{prefix}{name}" for name in names]
        return self._listed

    def _update_nginx(self, *, headers: bool, moved: bool) -> None:
        path = self.context.site.project / NGINX
        present = _read_project_file(path)
        if not headers and not moved and present is None:
            return
        if present is not None and not present.startswith(_NGINX_HEAD):
            if headers or moved:
                self._report(NGINX, f"{path} is not a file that imageseo wrote; it is left as it is", "rename it")
            return
        lines = [_NGINX_HEAD]
        lines += [*_NGINX_TYPES, *cache_headers.nginx()] if headers else []
        lines += redirects.nginx(self._redirects()) if moved else []
        try:
            if headers or moved:
                write_if_changed(path, ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
            else:
                path.unlink()
        except OSError as error:
            self._report(NGINX, f"{path} cannot be written: {error.strerror}", "give the build permission to write it")

    def _report(self, path: str, message: str, hint: str) -> None:
        finding = Finding(
            rule=RULE,
            severity=Severity.ERROR,
            message=message,
            location=Location(page=path),
            hint=hint,
            fails_build=True,
        )
        self.context.findings.append(finding)

    def _note(self, message: str, hint: str) -> None:
        finding = Finding(
            rule=RULE, severity=Severity.INFO, message=message, location=Location(page="_headers"), hint=hint
        )
        self.context.findings.append(finding)


def _rooted(renames: Mapping[str, str], root: str) -> dict[str, str]:
    return {f"{root}{old}": f"{root}{new}" for old, new in renames.items()}


def _matches(pattern: str, path: str) -> bool:
    rules = HeaderRules.parse("\n".join(cache_headers.netlify([pattern])))
    return bool(rules.values(path, CACHE, host=None))


def _read_project_file(path: Path) -> str | None:
    with suppress(OSError):
        return regular_file.read(path, limit=_MAX_BYTES).decode("utf-8", "surrogateescape")
    return None
