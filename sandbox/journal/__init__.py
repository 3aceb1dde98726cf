"""What happens in the practice vendor, as it happens: for somebody who looks for a fault in a client."""
