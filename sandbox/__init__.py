"""The practice vendor: eParaksts' integration platform and SignAPI with real keys, for people and tests that cannot use a phone."""
