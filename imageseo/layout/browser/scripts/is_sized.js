// Whether the size of an image is known: it is loaded, or its tag has width and height.
image => image.naturalWidth > 0 || (image.hasAttribute('width') && image.hasAttribute('height'))
