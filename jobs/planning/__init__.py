"""When waiting documents become a batch, how many of them, whose turn it is, and why, in sentences for people."""
