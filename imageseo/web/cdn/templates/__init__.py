"""Templates of CDNs, one module each; the module's name is the value of `delivery.cdn.template`, with hyphens."""
