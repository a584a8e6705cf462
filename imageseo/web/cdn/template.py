"""Templates of URLs: one module each in `templates`, or a text of the settings; and what is wrong with the settings."""

from __future__ import annotations

import pkgutil
import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from urllib.parse import urlsplit

from imageseo.config.delivery import CdnSettings
from imageseo.model.errors import SettingsError
from imageseo.model.suggest import closest
from imageseo.web.cdn import templates

FIELDS = ("path", "url", "width", "format", "quality")
"""What a URL of the settings may contain in braces; our own templates have more."""
_SOURCES = ("path", "url")
_HINT = "The manual's page on CDNs has an example for each."


@dataclass(frozen=True, slots=True, kw_only=True)
class CdnTemplate:
    """How the URLs of a CDN are made. ``url``: of one format; ``negotiated``: of all formats; None: there is none.

    ``hosts``: names of hosts that only this template fits. ``host_part``: what every host has in its URL. ``own_host``:
    whether the site's own host may be the CDN. ``quality``: its default. ``quality_part``: written only if a quality is
    set. ``formats``: names of formats, where they differ from ours. ``secrets``: variables that ``sign`` needs.
    """

    name: str
    url: str | None
    negotiated: str | None
    hosts: tuple[str, ...] = ()
    host_part: str = ""
    host_example: str = ""
    own_host: bool = False
    quality: str = ""
    quality_part: str = ""
    formats: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    sign: Callable[[str, Mapping[str, str]], str] | None = None

    @property
    def has_variants(self) -> bool:
        """Whether it has named variants of fixed widths only."""
        return self.url is None and "{variant}" in (self.negotiated or "")


@cache
def template_names() -> tuple[str, ...]:
    """Return the names of our templates."""
    found = (each.name for each in pkgutil.iter_modules(templates.__path__) if not each.name.startswith("_"))
    return tuple(sorted(name.replace("_", "-") for name in found))


def template_of(cdn: CdnSettings) -> CdnTemplate:
    """Return the template that the settings name, or contain. Raises SettingsError for settings that do not fit."""
    faults = tuple(_faults(cdn))
    if faults:
        raise SettingsError(faults, hint=_HINT)
    text = cdn.template or ""
    if text in template_names():
        return _load(text)
    return _own_template(text)


def is_negotiated(cdn: CdnSettings, template: CdnTemplate) -> bool:
    """Whether one URL stands for all formats."""
    return cdn.negotiate or template.url is None


@cache
def _load(name: str) -> CdnTemplate:
    module = import_module(f"{templates.__name__}.{name.replace('-', '_')}")
    return CdnTemplate(
        name=name,
        url=getattr(module, "URL", None),
        negotiated=getattr(module, "NEGOTIATED", None),
        hosts=getattr(module, "HOSTS", ()),
        host_part=getattr(module, "HOST_PART", ""),
        host_example=getattr(module, "HOST_EXAMPLE", ""),
        own_host=getattr(module, "OWN_HOST", False),
        quality=getattr(module, "QUALITY", ""),
        quality_part=getattr(module, "QUALITY_PART", ""),
        formats=getattr(module, "FORMATS", {}),
        secrets=getattr(module, "SECRETS", ()),
        sign=getattr(module, "sign", None),
    )


def _own_template(text: str) -> CdnTemplate:
    has_format = "{format}" in text
    return CdnTemplate(
        name="", url=text if has_format else None, negotiated=None if has_format else text, own_host=True
    )


def _faults(cdn: CdnSettings) -> Iterator[str]:
    text = cdn.template or ""
    if text in template_names():
        yield from _faults_of_name(cdn, _load(text))
    elif re.match(r"https?://|/", text):
        yield from _faults_of_text(cdn, text)
    else:
        near = closest(text, template_names())
        guess = f"; did you mean {near}?" if near else ""
        yield (
            f"delivery.cdn.template: found {text!r}, expected one of {', '.join(template_names())}, or a URL that "
            f"begins with https:// or / and has {{path}} or {{url}}, and {{width}}{guess}"
        )
    for key in ("host", "source"):
        url = getattr(cdn, key)
        if url is None:
            continue
        try:
            parts = urlsplit(url)
            is_valid = bool(parts.hostname) and (parts.port or True) and not (parts.query or parts.fragment)
        except ValueError:
            is_valid = False
        if not is_valid or parts.username or re.search(r"[\s{}]", url):
            yield f"delivery.cdn.{key}: found {_without_login(url)!r}, expected an absolute URL without query or login"


def _faults_of_name(cdn: CdnSettings, template: CdnTemplate) -> Iterator[str]:
    host = urlsplit(cdn.host).hostname or "" if cdn.host and "//" in cdn.host else ""
    fitting = _template_for(cdn.host or "", host)
    if cdn.host is None and not template.own_host:
        yield f"delivery.cdn.host: missing; {template.name} needs it, such as {template.host_example}"
    elif fitting is not None and fitting != template.name:
        yield f"delivery.cdn.host: {host} is a host of {fitting}, and delivery.cdn.template is {template.name}"
    elif cdn.host is not None and template.host_part not in cdn.host:
        yield (
            f"delivery.cdn.host: found {_without_login(cdn.host)!r}, expected {template.host_example}, or a URL with "
            f"/cdn-cgi/{template.host_part}/ of your own domain"
        )
    elif cdn.host is not None and template.own_host and "/cdn-cgi/image" in cdn.host:
        yield f"delivery.cdn.host: found {cdn.host!r}, expected the host alone, without /cdn-cgi/image"
    if cdn.negotiate and template.negotiated is None:
        yield f"delivery.cdn.negotiate: {template.name} has no URL for all formats"
    if template.has_variants and not cdn.variants:
        yield f"delivery.cdn.variants: missing; {template.name} serves only the variants of your account: name = width"
    if cdn.variants and not template.has_variants:
        yield f"delivery.cdn.variants: {template.name} makes any width; only cloudflare-images has named variants"
    for name in cdn.variants:
        if not re.fullmatch(r"[A-Za-z0-9]{1,99}", name):
            yield f"delivery.cdn.variants.{name}: expected the name of a variant: up to 99 letters and digits"
    if cdn.quality is not None and "{quality}" not in f"{template.url}{template.negotiated}":
        yield f"delivery.cdn.quality: {template.name} takes no quality in its URLs; set it in your account"


def _faults_of_text(cdn: CdnSettings, text: str) -> Iterator[str]:
    where = f"delivery.cdn.template: {text!r}"
    try:
        names = [name for _, name, *_ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        yield f"{where} has a brace that is not closed, or never opened"
        return
    unknown = [name for name in names if name not in FIELDS]
    if unknown:
        listed = ", ".join(f"{{{name}}}" for name in FIELDS)
        yield f"{where}: found {{{unknown[0]}}}, expected only {listed}"
        return
    if re.search(r"[:!][^{}]*\}", re.sub(r"\{\w+\}", "", text)) or re.search(r"\{\w*[:!]", text):
        yield f"{where}: found a format in braces, expected the name alone"
    if not any(name in names for name in _SOURCES):
        yield f"{where} names no image: add {{path}} or {{url}}"
    if "width" not in names:
        yield f"{where} has no {{width}}: all candidates would be the same file"
    if "quality" in names and cdn.quality is None:
        yield f"{where} has {{quality}}: set delivery.cdn.quality too"
    if "quality" not in names and cdn.quality is not None:
        yield "delivery.cdn.quality: set, but the template has no {quality}"
    if re.search(r"[\s\"'<>\\^`|]", text):
        yield f"{where} has a space or another character that no URL has"
    if cdn.host is not None:
        yield "delivery.cdn.host: the template is a whole URL; write the host there"
    if cdn.variants:
        yield "delivery.cdn.variants: only cloudflare-images has named variants"
    if cdn.negotiate and "format" in names:
        yield "delivery.cdn.negotiate: the template has {format}; remove it there, or negotiate here"
    fitting = _template_for(text, urlsplit(text.partition("{")[0]).hostname or "")
    if fitting == "cloudflare-images":
        yield f"{where}: Cloudflare Images has no URL for any width; set template to cloudflare-images"


def _template_for(url: str, host: str) -> str | None:
    """Return the template that a host belongs to; None if others may be meant."""
    for name in template_names():
        template = _load(name)
        if host in template.hosts or (template.host_part and f"/cdn-cgi/{template.host_part}/" in url):
            return name
    return None


def _without_login(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", url)
