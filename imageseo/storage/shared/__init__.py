"""The shared store: entries in a bucket or on a share, which several machines read and write."""
