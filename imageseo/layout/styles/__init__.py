"""What the style sheets of a site mean for the images of its pages."""
