"""Everything that comes in: dropped into a folder, handed in by a person, or sent again from quarantine."""
