"""The vendor's client: eParaksts' integration platform and SignAPI, spoken over HTTP and judged reply by reply."""
