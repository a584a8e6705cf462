"""How wide each image is shown and which one is the LCP: measured, inherited or known from the theme."""
