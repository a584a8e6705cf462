"""Commands about shared stores."""
