"""Where originals stand between inbox and outbox."""

from worker.shelf.disk import DiskShelf
from worker.shelf.layout import Layout, Place

__all__ = ["DiskShelf", "Layout", "Place"]
