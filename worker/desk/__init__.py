"""The desk: the web pages where people sign in, enrol seals and approve. They need no script, and keep no secrets."""
