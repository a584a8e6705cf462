"""Command `export`: the register of a site's images."""
