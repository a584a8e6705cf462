"""Benchmarks: run by hand, apart from the tests; each prints medians of alternating rounds."""
