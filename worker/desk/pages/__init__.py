"""The pages by topic: what is asked of the ports for each, and which template shows it."""
