"""From requests to masters: weighed against the lock, made or found, kept, pinned, verified, compared."""
