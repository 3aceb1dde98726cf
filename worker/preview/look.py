"""What a look at a document tells: its picture's size, and who and what is in it; or why it could not be looked at."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from jobs.model.documents import DataFile, Document
from jobs.model.frozen import Frozen

WIDTH, HEIGHT = 480, 680
"""Pixels that a picture has at most; three to a dot of the page, for phones."""
PICTURE_TYPE, PICTURE_ENDING = "image/jpeg", ".jpg"
"""What a picture is. A PNG of the same page takes thirteen times the processor, and more bytes."""
MOST_NAMES = 20
"""So many signers, and so many attachments, are named."""

LARGEST = 200_000_000
"""Bytes of a file that is pictured: what is larger would take minutes to be read, only to be shown small."""
KINDS: Mapping[str, str] = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpeg"}
"""The media types that can be pictured, each with its short name."""

AName = Annotated[str, StringConstraints(max_length=200)]


class Fault(StrEnum):
    """Why there is no picture of a document."""

    UNREADABLE = "unreadable"
    TOO_SLOW = "too-slow"
    TOO_LARGE = "too-large"
    """It takes more memory than a picture may, or ended the program that reads it."""


class Look(Frozen):
    """What was seen of one file. `signers` are named by certificates that nobody has examined; nothing is judged here.

    With a `fault` there is no picture, and nothing else is known.
    """

    fault: Fault | None = None
    width: int = Field(default=0, ge=0, le=WIDTH)
    height: int = Field(default=0, ge=0, le=HEIGHT)
    pages: int = Field(default=1, ge=0)
    signers: tuple[AName, ...] = Field(default=(), max_length=MOST_NAMES)
    attachments: tuple[AName, ...] = Field(default=(), max_length=MOST_NAMES)


def is_pictured(file: DataFile) -> bool:
    """Say whether a file of this kind and size can have a picture."""
    return file.media_type in KINDS and file.size <= LARGEST


def file_to_picture(document: Document) -> DataFile | None:
    """The file of a document whose first page stands for all of it: the first that can have a picture."""
    return next(filter(is_pictured, document.files), None)
