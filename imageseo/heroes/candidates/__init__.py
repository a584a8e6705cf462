"""Everything that was made for a page is kept: candidates, and which of them the page has shown."""
