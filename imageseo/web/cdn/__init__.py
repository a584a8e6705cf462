"""URLs of CDNs that resize and convert images: templates, signatures, and which URL offers what."""
