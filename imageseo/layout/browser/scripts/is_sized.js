// Whether the size of an image is known: it has arrived, or its tag says it.
image => image.naturalWidth > 0 || (image.hasAttribute('width') && image.hasAttribute('height'))
