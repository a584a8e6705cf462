"""Title cards: fonts, line breaking, and text that fits its box."""
