"""The pages by topic: what is asked of the house for each, and which template shows it."""
