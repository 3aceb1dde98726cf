"""A second reader and writer of PDFs: what it does not change it keeps as it was written, byte for byte."""
