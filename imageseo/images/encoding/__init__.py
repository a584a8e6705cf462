"""From a source file to its variants: quality search, scheduler, worker process, cache keys."""
