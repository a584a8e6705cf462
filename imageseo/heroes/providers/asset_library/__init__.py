"""The team's own pictures: what is known of each, an index of their words, and the pick for a page."""
