"""Seals beside files in a container: ASiC-E (ETSI EN 319 162-1) with XAdES (ETSI EN 319 132-1)."""
