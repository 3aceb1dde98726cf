"""The practice vendor: the integration platform and SignAPI with real keys, for all who cannot use a real phone."""
