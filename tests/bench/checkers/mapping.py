"""Which rules of ours answer to a rule of theirs, and what of theirs is not about images at all.

Rules name the rules of axe, Lighthouse and html-validate that they come from (``SOURCES``): that is the mapping. Nu's
messages have no ids, and Adobe's validator no rules; theirs is here, as is what else reports the same fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from imageseo.lint.parallel import installed_rules

CHECKERS = ("axe", "Lighthouse", "html-validate")
_NAMES = (
    *("alt-missing", "alt-blank", "alt-placeholder", "alt-filename", "alt-conflict", "alt-input", "alt-area"),
    *("alt-object", "alt-role-img", "alt-link-empty", "alt-button-empty"),
)
_VALUES = (
    *("img-attributes", "img-dimensions", "img-missing", "picture-invalid", "srcset-width", "sizes-invalid"),
    *("source-type", "preload-invalid", "map-invalid"),
)
_ALSO: Mapping[str, tuple[str, ...]] = {
    "axe/aria-valid-attr-value": _NAMES,
    "lighthouse/unsized-images": ("img-dimensions", "img-attributes", "img-missing"),
    "html-validate/attribute-allowed-values": _VALUES,
    "html-validate/attribute-misuse": _VALUES,
    "html-validate/element-required-attributes": _VALUES,
    "html-validate/wcag/h67": ("alt-conflict", *_NAMES),
    "nu/alt": _NAMES,
    "nu/aria": ("alt-conflict", *_NAMES),
    "nu/srcset": ("srcset-width", "candidate-duplicate", "picture-invalid", "preload-invalid"),
    "nu/sizes": ("sizes-missing", "sizes-invalid", "sizes-auto", "picture-invalid"),
    "nu/picture": ("picture-invalid", "source-type", *_VALUES),
    "nu/dimensions": ("img-attributes", "img-dimensions"),
    "nu/keyword": ("img-attributes",),
    "nu/map": ("map-invalid", "alt-area"),
    "nu/src": ("img-missing", "img-attributes", "srcset-width"),
    "nu/url": ("img-attributes", *_VALUES),
    "nu/preload": ("preload-invalid",),
    "nu/obsolete": ("img-attributes",),
    "nu/unknown-attribute": ("img-attributes", "alt-role-img", *_VALUES),
    "adobe/required": ("ld-imageobject",),
    "adobe/vocabulary": ("ld-vocab",),
    "adobe/parse": ("ld-parse",),
}
NOT_ABOUT_IMAGES = frozenset(
    (
        # Style, and rules about any element that are broken on an image by chance.
        *("html-validate/void-style", "html-validate/attr-quotes", "html-validate/attr-case"),
        *("html-validate/attribute-boolean-style", "html-validate/attribute-empty-style"),
        *("html-validate/no-inline-style", "html-validate/no-trailing-whitespace", "html-validate/attr-spacing"),
        *("html-validate/no-dup-id", "html-validate/no-dup-class"),
        *("html-validate/valid-id", "html-validate/name-pattern", "html-validate/id-pattern"),
        *("html-validate/no-redundant-role", "html-validate/prefer-native-element", "html-validate/svg-focusable"),
        *("html-validate/attr-delimiter", "html-validate/element-case", "html-validate/unrecognized-char-ref"),
        *("html-validate/no-raw-characters", "html-validate/close-order", "html-validate/require-sri"),
        *(
            "html-validate/no-implicit-button-type",
            "html-validate/no-unknown-elements",
            "html-validate/no-self-closing",
        ),
        *("html-validate/wcag/h63", "html-validate/prefer-button", "html-validate/prefer-tbody"),
        "nu/not-about-images",
    )
)


@cache
def answers() -> Mapping[str, tuple[str, ...]]:
    """A rule of theirs: ours that report the same fault. What we do not find counts for the first of them."""
    found: dict[str, dict[str, None]] = {}
    for rule in sorted(installed_rules(), key=lambda rule: (rule.id != "alt-missing", rule.id)):
        for source in rule.sources:
            if source.kind in CHECKERS:
                found.setdefault(f"{source.kind.lower()}/{source.id}", {})[rule.id] = None
    for theirs, also in _ALSO.items():
        found.setdefault(theirs, {}).update(dict.fromkeys(also))
    for ours in found.values():
        if set(ours) & set(_NAMES):  # one fault of a name, by whichever of ours
            ours.update(dict.fromkeys(_NAMES))
    return {theirs: tuple(ours) for theirs, ours in found.items()}


def ours_of(rule: str) -> tuple[str, ...]:
    """Our rules, with our name in front, that answer to one of theirs."""
    return tuple(f"imageseo/{name}" for name in answers().get(rule, ()))


def is_of_names(rule: str) -> bool:
    """Whether a rule of theirs is about the names of images, links and buttons."""
    return any(name.startswith("alt-") for name in answers().get(rule, ()))


def theirs_of(rule: str) -> frozenset[str]:
    """Their rules that answer to one of ours."""
    name = rule.removeprefix("imageseo/")
    return frozenset(theirs for theirs, ours in answers().items() if name in ours)
