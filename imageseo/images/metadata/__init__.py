"""XMP, IPTC, EXIF and the segments of image files."""
