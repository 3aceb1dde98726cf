"""Seals inside a PDF (PAdES, ETSI EN 319 142-1): the original, what was appended to it, and what that proves."""
