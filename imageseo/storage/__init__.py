"""Bytes on disk and in buckets: atomic writes, the content-addressed store, the published folder."""
