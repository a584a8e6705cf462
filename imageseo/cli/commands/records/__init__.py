"""Commands about what is recorded of heroes: merges of the lock file, and evidence for an audit."""
