"""Delivery: the candidates that a CDN makes of an image of the site."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, unquote, urlsplit

from imageseo.config.delivery import CdnSettings
from imageseo.model.errors import SettingsError
from imageseo.model.plan import RemoteCandidate
from imageseo.web.cdn.template import CdnTemplate, is_negotiated, template_of

# In a path, they would be read as the beginning of a query, or decoded twice by one of the two servers.
_UNSAFE = re.compile(r"[?#%\\\x00-\x1f\x7f]")
_ANY_FORMAT = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Makes the URLs of one site. ``source``: URL of the folder that the CDN fetches from, with a slash at the end.

    ``secrets``: the variables that the template's signature needs.
    """

    cdn: CdnSettings
    template: CdnTemplate
    source: str
    secrets: Mapping[str, str]

    @classmethod
    def of(cls, cdn: CdnSettings, base_url: str | None, environment: Mapping[str, str]) -> Delivery | None:
        """Return the delivery of the settings; None without a CDN. Raises SettingsError for what is missing or wrong.

        ``base_url``: of the site. ``environment``: with the keys of signatures.
        """
        if cdn.template is None:
            return None
        template = template_of(cdn)
        source = cdn.source or base_url
        faults = [] if source else ["site_url: missing; a CDN fetches images from their public URLs"]
        for name in template.secrets:
            faults += _secret_faults(name, environment.get(name, "").strip())
        if faults or source is None:
            raise SettingsError(tuple(faults), hint="Keys are read from the environment alone; write them in no file.")
        secrets = {name: environment[name].strip() for name in template.secrets}
        return cls(cdn=cdn, template=template, source=source.rstrip("/") + "/", secrets=secrets)

    @property
    def negotiated(self) -> bool:
        """Whether one URL stands for all formats."""
        return is_negotiated(self.cdn, self.template)

    @property
    def digest(self) -> str:
        """Identifies the secrets, which no setting has, without telling them."""
        return hashlib.sha256(repr(sorted(self.secrets.items())).encode()).hexdigest() if self.secrets else ""

    def accepts(self, path: str) -> bool:
        """Whether the CDN can fetch a file of the site, by its path: its name has the same meaning to all servers."""
        return _UNSAFE.search(path) is None and path.isprintable()

    def candidates(
        self, path: str, offered: Sequence[tuple[str, int]], natural_width: int
    ) -> tuple[RemoteCandidate, ...]:
        """Return the candidates of an image. ``offered``: format and width of each that local files would have."""
        if self.template.has_variants:
            return self._of_variants(path, natural_width)
        if self.negotiated:
            widths = sorted({width for _, width in offered})
            return tuple(RemoteCandidate(None, width, self._url(path, width, None)) for width in widths)
        return tuple(RemoteCandidate(name, width, self._url(path, width, name)) for name, width in offered)

    def _of_variants(self, path: str, natural_width: int) -> tuple[RemoteCandidate, ...]:
        """Return the variants of the account up to the first that is as wide as the file: none enlarges it."""
        found: list[RemoteCandidate] = []
        for name, width in sorted(self.cdn.variants.items(), key=lambda item: (item[1], item[0])):
            if found and found[-1].width >= min(width, natural_width):
                continue
            url = self._url(path, width, None, variant=name)
            found.append(RemoteCandidate(None, min(width, natural_width), url))
        return tuple(found)

    def _url(self, path: str, width: int, format_: str | None, variant: str = "") -> str:
        pattern = self.template.negotiated if format_ is None else self.template.url
        assert pattern is not None  # the settings are checked
        values = {
            **_source_fields(self.source, path, self.cdn.host, self.template.own_host),
            "width": str(width),
            "format": self.template.formats.get(format_ or "", format_ or _ANY_FORMAT),
            "quality": _quality(self.cdn, self.template),
            "variant": variant,
        }
        if self.template.sign is None:
            return _filled(pattern, values)
        host, _, signed = pattern.partition("/{signature}")
        rest = _filled(signed, values)
        return f"{_filled(host, values)}/{self.template.sign(rest, self.secrets)}{rest}"


def delivered_pattern(cdn: CdnSettings, base_url: str | None) -> re.Pattern[str] | None:
    """Return what matches the URLs of a CDN on the site's own host, where they would be taken for files of the site.

    None: there are none. No secret is needed. Raises SettingsError for invalid settings.
    """
    if cdn.template is None:
        return None
    template = template_of(cdn)
    pattern = template.negotiated if is_negotiated(cdn, template) else template.url
    return _pattern_of(pattern or "", cdn.host or "", template.quality_part, _origin(base_url))


@cache
def _pattern_of(pattern: str, host: str, quality_part: str, origin: str) -> re.Pattern[str] | None:
    address = pattern.replace("{host}", host.rstrip("/"))
    if "//" in address.partition("{")[0] and _origin(address.partition("{")[0]) != origin:
        return None
    parts = re.split(r"\{(\w+)\}", address)
    optional = re.escape(quality_part).replace(re.escape("{quality}"), r"\d+")
    for at in range(0, len(parts), 2):
        parts[at] = re.escape(parts[at])
    for at in range(1, len(parts), 2):
        known = {"width": r"\d+", "format": r"\w+", "quality": f"(?:{optional})?" if optional else r"\w+"}
        parts[at] = known.get(parts[at], ".+")
    return re.compile("".join(parts))


def _source_fields(source: str, path: str, host: str | None, own_host: bool) -> dict[str, str]:
    """Return the fields that name an image. Each is decoded once and encoded once: no reader sees `%2520`."""
    parts = urlsplit(source)
    plain = unquote(parts.path) + path
    encoded = quote(plain, errors="surrogateescape")
    whole = f"{parts.scheme}://{parts.netloc}{encoded}"
    is_near = own_host and (host is None or _origin(host) == _origin(source))
    return {
        "host": (host or "").rstrip("/"),
        "path": encoded.lstrip("/"),
        "file": quote(path, errors="surrogateescape"),
        "source": whole,
        "nearby": encoded.lstrip("/") if is_near else whole,
        "url": quote(f"{parts.scheme}://{parts.netloc}{plain}", safe="", errors="surrogateescape"),
        "base64": base64.urlsafe_b64encode(whole.encode()).rstrip(b"=").decode(),
    }


def _quality(cdn: CdnSettings, template: CdnTemplate) -> str:
    if cdn.quality is None:
        return template.quality
    return template.quality_part.replace("{quality}", str(cdn.quality)) or str(cdn.quality)


def _filled(pattern: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values[match[1]], pattern)


def _origin(url: str | None) -> str:
    parts = urlsplit(url or "")
    return parts.netloc.lower()


def _secret_faults(name: str, value: str) -> list[str]:
    if not value:
        return [f"environment variable {name}: missing; the template signs its URLs with it"]
    if not re.fullmatch(r"(?:[0-9a-fA-F]{2})+", value):
        return [f"environment variable {name}: found something else, expected bytes in hexadecimal"]
    return []
