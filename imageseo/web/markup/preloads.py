"""What the HTML standard asks of `<link rel=preload>` for images."""

from __future__ import annotations

from collections.abc import Iterator

from imageseo.model.facts import shorten
from imageseo.web.html.head import HeadTag
from imageseo.web.markup.attribute_values import ValueFault, faults_of
from imageseo.web.srcset.candidates import has_width_descriptors
from imageseo.web.srcset.sizes_syntax import sizes_fault
from imageseo.web.srcset.syntax import srcset_fault
from imageseo.web.urls import is_image_url

_DESTINATIONS_WORDS = """
    audio audioworklet document embed fetch font frame iframe image json manifest object paintworklet report script
    serviceworker sharedworker style track video worker xslt
"""
_DESTINATIONS = frozenset(_DESTINATIONS_WORDS.split())
_SET = ("imagesrcset", "imagesizes")


def preload_faults(link: HeadTag) -> Iterator[tuple[ValueFault, bool]]:
    """Yield the faults of a link, and whether each is serious; nothing for a link that is not about images."""
    values = link.values
    rel = values.get("rel", "").lower().split()
    kind, srcset, sizes = values.get("as"), values.get("imagesrcset"), values.get("imagesizes")
    has_set = any(name in values for name in _SET)
    if "preload" not in rel:
        if has_set:
            names = " and ".join(name for name in _SET if name in values)
            yield ValueFault(f'has {names} without rel="preload"', 'write `rel="preload" as="image"`'), True
        return
    href = values.get("href", "").strip()
    if not (has_set or (kind or "").strip().lower() == "image" or is_image_url(href)):
        return
    what = _destination_fault(kind, has_set=has_set)
    if what:
        yield ValueFault(what, 'write `as="image"`'), True
    if not href and not (srcset or "").strip():
        yield ValueFault("names no file", "write `href`, or `imagesrcset` with `imagesizes`"), True
        return
    for _, fault in faults_of({name: value for name, value in values.items() if name != "width"}, ("href",)):
        yield ValueFault(f"has {fault.what}" if not fault.what.startswith("href") else fault.what, fault.hint), False
    yield from _set_faults(srcset, sizes)


def hint_fault(link: HeadTag) -> ValueFault | None:
    """Return what is wrong with a link that only hints at an image (``rel=prefetch``) and says what it is for."""
    rel, kind = link.values.get("rel", "").lower().split(), link.values.get("as")
    if kind is None or kind.strip().lower() != "image" or any(name in link.values for name in _SET):
        return None
    if not rel or {"preload", "modulepreload"} & set(rel):
        return None
    return ValueFault(f"has `as`, which rel={shorten(' '.join(rel), 40)} does not", "remove `as`")


def _destination_fault(kind: str | None, *, has_set: bool) -> str:
    if kind is None:
        return "has no `as`, so that browsers ignore it"
    word = kind.lower()
    if word not in _DESTINATIONS:
        return f'has as="{shorten(kind, 40)}", which browsers ignore'
    return f'has imagesrcset or imagesizes, but as="{shorten(kind, 40)}"' if has_set and word != "image" else ""


def _set_faults(srcset: str | None, sizes: str | None) -> Iterator[tuple[ValueFault, bool]]:
    if srcset is not None:
        fault = srcset_fault(srcset)
        if fault is not None:
            yield ValueFault(f"has an imagesrcset that {fault.what}", fault.hint), not fault.harmless
        if has_width_descriptors(srcset) and not (sizes or "").strip():
            yield (
                ValueFault(
                    "has widths in imagesrcset and no imagesizes: it counts as wide as the screen",
                    "write the `sizes` of the image as `imagesizes`",
                ),
                True,
            )
            return
    elif sizes is not None:
        yield ValueFault("has imagesizes without imagesrcset, without effect", "remove it, or add imagesrcset"), False
        return
    if sizes is not None:
        fault = sizes_fault(sizes)
        if fault is not None:
            yield ValueFault(f"has an imagesizes that {fault.what}", fault.hint), not fault.harmless
        elif srcset is not None and not has_width_descriptors(srcset):
            yield ValueFault("has imagesizes, but no widths in imagesrcset", "give every candidate a width"), False
