"""Edits of a page's head that give it one image for link previews: what works is kept, nothing is written twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from imageseo.model.edit import Edit
from imageseo.model.image import Span
from imageseo.web.html.edits import MARKER, replaced_tag
from imageseo.web.html.head import Head, HeadTag
from imageseo.web.social.image import LARGE, SharedImage
from imageseo.web.social.robots import PERMISSION, with_permission

_IMAGE, _CARD = "og:image", "twitter:card"
_SAME = ("url", "secure_url")
"""Parts of an ``og:image`` that repeat its URL."""
_OTHER_CARDS = ("player", "app")


@dataclass(kw_only=True)
class SocialTags:
    """Collects the edits of one page. ``html``: its bytes. ``head``: its tags. ``at``: the end of ``<head>``."""

    html: bytes
    head: Head
    charset: str
    at: int
    _edits: list[Edit] = field(default_factory=list)
    _new: list[str] = field(default_factory=list)

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits, in page order."""
        found = [*self._edits, *([self._insertion(self.at, self._new)] if self._new else [])]
        return tuple(sorted(found, key=lambda edit: edit.span))

    def set_image(self, image: SharedImage) -> None:
        """Give the page this ``og:image`` and no other; tags that say the same already stay."""
        wanted = {_IMAGE: image.url, **{f"{_IMAGE}:{part}": text for part, text in image.parts.items()}}
        last: HeadTag | None = None
        done: set[str] = set()
        for tag in self.head.metas:
            name = name_of(tag)
            if name != _IMAGE and not name.startswith(f"{_IMAGE}:"):
                continue
            if name.removeprefix(f"{_IMAGE}:") in _SAME:
                self._set_same(tag, name, image, has_image=last is not None)
            elif name in wanted and name not in done and (name == _IMAGE or last is not None):
                self._set(tag, name, wanted[name])
                done.add(name)
            else:
                self._remove(tag)
                continue
            last = tag if last is not None or name == _IMAGE else None
        missing = [_meta("property", name, text) for name, text in wanted.items() if name not in done]
        if last is None or not missing:
            self._new += missing
        else:
            self._edits.append(self._insertion(last.span.end, missing))

    def set_twitter_image(self, image: SharedImage, replaced: Iterable[HeadTag]) -> None:
        """Write the image into these tags ``twitter:image``; the first stays, with its description."""
        for number, tag in enumerate(replaced):
            if number:
                self._remove(tag)
                continue
            self._set(tag, name_of(tag), image.url)
            alt = image.parts.get("alt")
            for each in self.head.named("twitter:image:alt") if alt else ():
                self._set(each, "twitter:image:alt", alt or "")

    def set_card(self, *, large: bool, fix: bool) -> None:
        """Ask X for the large card, or where there is no image not for it. ``fix``: may change an existing tag."""
        tags = self.head.named(_CARD)
        written = [(tag.get("content") or "").lower() for tag in tags]
        if not tags:
            self._new += [_meta("name", _CARD, LARGE)] if large else []
        elif fix and not large:
            for tag, card in zip(tags, written, strict=True):
                if card == LARGE:
                    self._set(tag, _CARD, "summary")
        elif fix and not any(card in _OTHER_CARDS for card in written):
            keep = next((tag for tag, card in zip(tags, written, strict=True) if card == LARGE), tags[0])
            for tag in tags:
                if tag is keep:
                    self._set(tag, _CARD, LARGE)
                else:
                    self._remove(tag)

    def allow_large_previews(self, *, fix: bool) -> None:
        """Allow search engines large previews, unless the author restricts them. ``fix``: as in ``set_card``."""
        tags = self.head.named("robots")
        if not tags:
            self._new.append(_meta("name", "robots", PERMISSION))
            return
        contents = [with_permission(tag.get("content") or "") for tag in tags]
        if fix and contents[0] is not None and None not in contents:
            self._set(tags[0], "robots", contents[0])

    def _set_same(self, tag: HeadTag, name: str, image: SharedImage, *, has_image: bool) -> None:
        secure = image.url.lower().startswith("https:")
        if has_image and (secure or not name.endswith("secure_url")):
            self._set(tag, name, image.url)
        else:
            self._remove(tag)

    def _set(self, tag: HeadTag, name: str, content: str) -> None:
        if tag.get("content") != content:
            kind = "property" if name.startswith("og:") else "name"
            self._replace(tag, {kind: name, "content": content})

    def _remove(self, tag: HeadTag) -> None:
        """Take a tag out of effect; what it was stays in the page, so that it can be put back."""
        self._replace(tag, {"name": "replaced", "content": name_of(tag)})

    def _replace(self, tag: HeadTag, values: Mapping[str, str]) -> None:
        start, end = tag.span
        new = "<meta" + "".join(f' {name}="{escape(text)}"' for name, text in values.items())
        self._edits.append(Edit(span=tag.span, replacement=replaced_tag(self._encode(new), self.html[start:end])))

    def _insertion(self, at: int, tags: list[str]) -> Edit:
        return Edit(span=Span(at, at), replacement=self._encode("".join(tags)))

    def _encode(self, text: str) -> bytes:
        return text.encode(self.charset, "xmlcharrefreplace")


def name_of(tag: HeadTag) -> str:
    """Return the property or name of a ``<meta>``, in lower case."""
    return (tag.get("property") or tag.get("name") or "").lower()


def twitter_images(head: Head) -> Iterator[HeadTag]:
    """Yield the tags that give X an image of its own."""
    yield from head.named("twitter:image")
    yield from head.named("twitter:image:src")


def _meta(kind: str, name: str, content: str) -> str:
    return f'<meta {kind}="{name}" content="{escape(content)}" {MARKER}>'
