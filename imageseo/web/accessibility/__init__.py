"""What browsers tell assistive technology about the images of a page: names, roles, and what is hidden."""
