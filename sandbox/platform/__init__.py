"""The integration platform: OAuth 2 with consent pages, identities, and the signing HSM behind them."""
