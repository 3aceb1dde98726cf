"""What Prometheus sees. Counters are fed by hooks; gauges are read off the ledger when they are asked for."""
