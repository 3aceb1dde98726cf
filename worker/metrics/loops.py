from enum import StrEnum


class Loop(StrEnum):
    """What runs for as long as a process does, each kept running by itself. Values are metric labels."""

    FOUNDATIONS = "foundations"
    WATCH = "watch"
    STREAM = "stream"
    """The queue: entries of the Redis Stream."""
    FILE_LIMIT = "file-limit"
    RECONCILING = "reconciling"
    SWEEP = "sweep"
    SEAL_WARNINGS = "seal-warnings"
    FREEZES = "freezes"
    CHECKPOINTS = "checkpoints"
    INDEX = "index"
    """Of all batches and documents ever."""
    ARCHIVE = "archive"
    """Of batches that were settled long ago, and what is dropped by policy."""
    KEYS = "keys"
    """Under which documents were handed in, and which are forgotten in time."""
    NOTICES = "notices"
    PREVIEWS = "previews"
    STORIES = "stories"
    SEALING = "sealing"
    VALKEY = "valkey"
    """The embedded server, where there is one."""
