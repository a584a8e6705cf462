"""The web's formats as pure functions: HTML, CSS, srcset, URLs, JSON-LD, sitemaps. No file, no pixel."""
