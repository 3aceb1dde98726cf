"""The values that everything else speaks of: checked when they are made, never changed, and free of any I/O."""
