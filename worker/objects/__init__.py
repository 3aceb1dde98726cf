"""The S3 protocol: ledger, documents and sealed files as objects, for machines that share no folder."""
