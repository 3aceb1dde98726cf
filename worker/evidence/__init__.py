"""What proves to others how the ledger was: sealed checkpoints, copies elsewhere, verification, evidence bundles."""
