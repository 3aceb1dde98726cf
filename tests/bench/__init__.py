"""What we cost, measured beside something that cannot cost less. Never asserted: machines are noisy, ratios less so."""
