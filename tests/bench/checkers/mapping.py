"""Which rules of ours answer to a rule of theirs, and what of theirs is not about images at all."""

from __future__ import annotations

from collections.abc import Mapping

_ALT = ("alt-missing", "alt-blank", "alt-placeholder", "alt-filename")
THEIRS: Mapping[str, tuple[str, ...]] = {
    # A rule of theirs: ours that report the same fault. What we do not find counts for the first of them.
    "axe/image-alt": _ALT,
    "axe/input-image-alt": ("alt-input", *_ALT),
    "axe/image-redundant-alt": ("alt-dup",),
    "axe/link-name": ("alt-link-empty", *_ALT),
    "axe/button-name": ("alt-button-empty", *_ALT),
    "lighthouse/image-alt": _ALT,
    "lighthouse/input-image-alt": ("alt-input", *_ALT),
    "lighthouse/image-redundant-alt": ("alt-dup",),
    "lighthouse/link-name": ("alt-link-empty", *_ALT),
    "lighthouse/button-name": ("alt-button-empty", *_ALT),
    "lighthouse/unsized-images": ("img-dimensions",),
    "lighthouse/image-aspect-ratio": ("img-dimensions",),
    "lighthouse/image-delivery-insight": ("img-oversize", "img-format"),
    "lighthouse/lcp-discovery-insight": ("lcp-priority", "lcp-lazy", "lcp-discoverable"),
    "nu/alt": (*_ALT, "alt-input"),
    "nu/srcset": ("srcset-width",),
    "nu/sizes": ("sizes-missing", "sizes-auto"),
    "nu/dimensions": ("img-dimensions",),
    "html-validate/wcag/h30": ("alt-link-empty", *_ALT),
    "html-validate/wcag/h36": ("alt-input", *_ALT),
    "html-validate/wcag/h37": _ALT,
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
        *("html-validate/no-dup-id", "html-validate/no-dup-class", "html-validate/no-dup-attr"),
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


def theirs_of(rule: str) -> frozenset[str]:
    """Their rules that answer to one of ours."""
    name = rule.removeprefix("imageseo/")
    return frozenset(theirs for theirs, ours in THEIRS.items() if name in ours)
