"""The desk: the few web pages where people sign in, enrol seals and approve batches. No JavaScript, no secrets kept."""

from worker.desk.application import desk_application

__all__ = ["desk_application"]
