"""The form of an image's markup that is safe on its page, and the CSS rules that a build adds."""
