"""Sources of pages: what is read of Markdown and reStructuredText."""
