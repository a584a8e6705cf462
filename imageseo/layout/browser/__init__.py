"""A real browser opens the pages of a built site: served on loopback, looked at, and written down."""
