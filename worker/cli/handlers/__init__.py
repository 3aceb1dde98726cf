"""What commands do once they run. Apart from their options, since all that this needs is slow to load."""
