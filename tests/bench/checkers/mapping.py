"""Which rules of ours answer to a rule of theirs, and what of theirs is not about images at all."""

from __future__ import annotations

from collections.abc import Mapping

_ALT = ("alt-missing", "alt-blank", "alt-placeholder", "alt-filename", "alt-conflict")
_NAMES = (*_ALT, "alt-input", "alt-area", "alt-object", "alt-role-img", "alt-link-empty", "alt-button-empty")
_SRCSET = ("srcset-width", "candidate-duplicate", "picture-invalid", "preload-invalid")
_SIZES = ("sizes-missing", "sizes-invalid", "sizes-auto", "picture-invalid")
_VALUES = (
    *("img-attributes", "img-dimensions", "img-missing", "picture-invalid", "srcset-width", "sizes-invalid"),
    *("source-type", "preload-invalid", "map-invalid"),
)
THEIRS: Mapping[str, tuple[str, ...]] = {
    # A rule of theirs: ours that report the same fault. What we do not find counts for the first of them.
    "axe/image-alt": _NAMES,
    "axe/input-image-alt": ("alt-input", *_ALT),
    "axe/area-alt": ("alt-area",),
    "axe/object-alt": ("alt-object",),
    "axe/role-img-alt": ("alt-role-img", *_ALT),
    "axe/svg-img-alt": ("alt-role-img",),
    "axe/image-redundant-alt": ("alt-dup",),
    "axe/link-name": ("alt-link-empty", *_NAMES),
    "axe/button-name": ("alt-button-empty", *_NAMES),
    "axe/presentation-role-conflict": ("alt-conflict", *_ALT),
    "axe/server-side-image-map": ("map-invalid",),
    "axe/aria-valid-attr-value": _NAMES,
    "lighthouse/image-alt": _NAMES,
    "lighthouse/input-image-alt": ("alt-input", *_ALT),
    "lighthouse/object-alt": ("alt-object",),
    "lighthouse/svg-img-alt": ("alt-role-img",),
    "lighthouse/image-redundant-alt": ("alt-dup",),
    "lighthouse/link-name": ("alt-link-empty", *_NAMES),
    "lighthouse/button-name": ("alt-button-empty", *_NAMES),
    "lighthouse/unsized-images": ("img-dimensions", "img-attributes"),
    "lighthouse/image-aspect-ratio": ("img-dimensions",),
    "lighthouse/image-delivery-insight": ("img-oversize", "img-format"),
    "lighthouse/lcp-discovery-insight": ("lcp-priority", "lcp-lazy", "lcp-discoverable"),
    "nu/alt": _NAMES,
    "nu/aria": ("alt-conflict", *_NAMES),
    "nu/srcset": _SRCSET,
    "nu/sizes": _SIZES,
    "nu/picture": ("picture-invalid", "source-type", *_VALUES),
    "nu/dimensions": ("img-attributes", "img-dimensions"),
    "nu/keyword": ("img-attributes",),
    "nu/map": ("map-invalid", "alt-area"),
    "nu/src": ("img-missing", "img-attributes", "srcset-width"),
    "nu/url": ("img-attributes", *_VALUES),
    "nu/preload": ("preload-invalid",),
    "nu/obsolete": ("img-attributes",),
    "nu/unknown-attribute": ("img-attributes", *_VALUES),
    "html-validate/wcag/h30": ("alt-link-empty", *_NAMES),
    "html-validate/wcag/h36": ("alt-input", *_ALT),
    "html-validate/wcag/h37": _NAMES,
    "html-validate/wcag/h67": ("alt-conflict", *_NAMES),
    "html-validate/area-alt": ("alt-area",),
    "html-validate/text-content": ("alt-button-empty", *_NAMES),
    "html-validate/attribute-allowed-values": _VALUES,
    "html-validate/attribute-misuse": _VALUES,
    "html-validate/element-required-attributes": _VALUES,
    "html-validate/no-dup-attr": ("img-attributes",),
    "html-validate/deprecated-attr": ("img-attributes",),
    "html-validate/no-deprecated-attr": ("img-attributes",),
    "html-validate/element-permitted-content": ("picture-invalid",),
    "html-validate/element-required-content": ("picture-invalid",),
    "html-validate/map-id-name": ("map-invalid",),
    "html-validate/map-dup-name": ("map-invalid",),
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


def ours_of(rule: str) -> tuple[str, ...]:
    """Our rules, with our name in front, that answer to one of theirs."""
    return tuple(f"imageseo/{name}" for name in THEIRS.get(rule, ()))


def is_of_names(rule: str) -> bool:
    """Whether a rule of theirs is about the names of images, links and buttons."""
    return any(name.startswith("alt-") for name in THEIRS.get(rule, ()))


def theirs_of(rule: str) -> frozenset[str]:
    """Their rules that answer to one of ours."""
    name = rule.removeprefix("imageseo/")
    return frozenset(theirs for theirs, ours in THEIRS.items() if name in ours)
