"""Content Credentials: manifests of C2PA in published files, signed with the user's certificate."""
