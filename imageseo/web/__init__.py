"""Web formats as pure functions without file access: HTML, CSS, srcset, URLs, JSON-LD, sitemaps."""
