from enum import StrEnum


class WayIn(StrEnum):
    """How a document was handed in. Values are metric labels."""

    FOLDER = "folder"
    """Dropped into the inbox. Documents of versions that noted no way count as these."""
    SUBMIT = "submit"
    """By a person's command."""
    API = "api"
    QUEUE = "queue"
    PLACE = "place"
    """Fetched from a folder elsewhere, by S3 or SFTP."""
    RETRY = "retry"
    """Sent again from quarantine."""
    LEDGER = "ledger"
    """A checkpoint of our own records."""
