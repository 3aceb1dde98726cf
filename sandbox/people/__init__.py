"""The practice people: who they are, which keys they hold, and how their certificates are issued."""
