"""Social cards: which image a page's link preview shows, drawing it, and the tags for it."""
