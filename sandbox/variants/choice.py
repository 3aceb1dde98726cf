"""What every switch is made of."""

from enum import StrEnum
from typing import Self


class Choice(StrEnum):
    """One of the ways in which sources differ; the docstring of each member names its source."""

    def __new__(cls, value: str, source: str) -> Self:
        """Keep the source as the member's docstring, where people and programs can read it."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.__doc__ = source
        return member
