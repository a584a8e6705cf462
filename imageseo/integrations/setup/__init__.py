"""Command `init`: recognises a project's generator, and adds imageseo to its files as text, byte by byte."""
