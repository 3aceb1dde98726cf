from typing import Any

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: checked when it is made, never changed afterwards, equal when its parts are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def model_post_init(self, _context: Any) -> None:
        """Forget which of its fields were given.

        Nobody asks a value which are only as they are by default, and a set of their names is half of its memory:
        thousands of documents wait, and each stands in a batch's records several times.
        """
        object.__setattr__(self, "__pydantic_fields_set__", _NOT_TOLD)


_NOT_TOLD = set[str]()
"""Shared by all values; whatever copies one copies it first."""
