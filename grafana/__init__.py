"""The dashboard as code. `python -m grafana` writes it as JSON, for Grafana to provision."""
