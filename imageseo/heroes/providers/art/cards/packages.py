"""The extra `fonts`: packages with fonts for the characters that the brand's font lacks."""

FONT_PACKAGES = ("manimgx-fonts", "manimgx-fonts-cjk")
"""Noto Sans of most scripts, Noto Emoji (monochrome) and Noto Sans CJK; SIL OFL 1.1."""

CODE_FONT = "fontpkg-jetbrains-mono"
"""JetBrains Mono, for the style `code`; SIL OFL 1.1."""
