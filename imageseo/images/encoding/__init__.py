"""Encode source files into variants: quality search, scheduler, worker process, cache keys."""
