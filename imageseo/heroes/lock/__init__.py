"""What is pinned: the lock as text and as pins, and where masters lie: a folder or any fsspec URL, by their hash."""
