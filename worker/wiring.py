"""The one composition root: here, and nowhere else, real things are chosen and put together."""
