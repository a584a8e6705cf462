"""The report about a site: of a build that has just ended, or read from a built folder and its cache."""
