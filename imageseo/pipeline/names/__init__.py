"""Published names of images: given once, kept for good."""
