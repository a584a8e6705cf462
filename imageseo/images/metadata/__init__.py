"""Read and write metadata of image files: XMP, IPTC, EXIF and segments."""
