"""The desk: the web pages where people sign in, enrol seals and approve. They need no script, and keep no secrets."""

from worker.desk.application import desk_application

__all__ = ["desk_application"]
