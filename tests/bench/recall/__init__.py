"""A labelled library and page titles that ask for its pictures."""
