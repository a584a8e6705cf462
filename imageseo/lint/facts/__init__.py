"""What rules may ask: memoised facts of a page and of the whole site."""
