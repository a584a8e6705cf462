"""Codecs for the output formats, one module each."""
