"""Image library: metadata of each image, a full-text index, and the selection of an image for a page."""
