"""What each hostile input costs a running zimogs, and where it ends. `python -m tests.bench.hostile`."""
