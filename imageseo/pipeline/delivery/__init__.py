"""What a build writes for hosts, and beside the files of others."""
