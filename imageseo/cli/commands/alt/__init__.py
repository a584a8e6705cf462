"""Command `alt`: collect drafts of missing alternative texts."""
