"""The parts of CSS that images need: lengths, media queries and compound selectors."""
