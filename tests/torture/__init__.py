"""Torture: real processes are killed, starved, flushed and lied to, and every document is counted afterwards."""
