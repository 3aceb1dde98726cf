"""The way in for programs over HTTP: documents are handed in, followed and fetched."""
