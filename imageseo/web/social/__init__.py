"""Tags of a page's head for link previews: Open Graph, Twitter cards, and large previews of search engines."""
