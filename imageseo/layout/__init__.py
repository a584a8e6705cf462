"""The width of each image and the LCP image of a page: measured, inherited or known from the theme."""
