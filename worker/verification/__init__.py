"""Trust nothing that comes back: signature values and sealed files are checked here before anything is delivered."""
