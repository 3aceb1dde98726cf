"""Telling others: people by apprise, programs by webhooks and commands. None of it holds sealing up."""
