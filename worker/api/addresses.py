"""Where the API is, and where what it speaks of is found."""

PREFIX = "/api/v1"
DOCS = f"{PREFIX}/docs"


def location(document: str) -> str:
    """Where to ask how a document stands."""
    return f"{PREFIX}/documents/{document}"
