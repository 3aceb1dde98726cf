"""Bad weather on order: chosen calls fail in chosen ways."""
