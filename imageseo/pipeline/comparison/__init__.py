"""What a change does to the pictures of a site: two reports compared, and shown in a pull request."""
