"""Metrics of perceived image quality, one module each."""
