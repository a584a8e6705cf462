"""imageseo: every image on your static site made, sized, described and proven, before it ships."""

__version__ = "0.1.0"
__all__ = ["__version__"]
