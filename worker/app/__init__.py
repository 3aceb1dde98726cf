"""What opens and runs a process: the one composition root, and the parts that run in it."""
