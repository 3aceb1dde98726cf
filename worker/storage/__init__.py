"""Our files on disk: ledger, shelf, outbox, quarantine, seals and leases, written so that they survive a power cut."""
