from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field
from pydantic.dataclasses import dataclass

T = TypeVar("T")


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


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(Field,))
def compact(value: type[T]) -> type[T]:
    """Make a class of values that are checked as `Frozen` ones are, and have nothing but their fields.

    It is for what stands in a batch's records once for each document: there it takes less than half of the memory.
    """
    decorate: Callable[[type[T]], Any] = dataclass(
        frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid")
    )
    checked: type[T] = decorate(value)
    return checked
