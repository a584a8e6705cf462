"""The part of CSS that images need: lengths, media queries, compound selectors."""
