"""With which numbers and secrets: TOML, then environment, then secret files."""
