"""How it is done: every byte that comes in or goes out passes through one of these rooms."""
