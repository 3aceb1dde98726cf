"""An original's objects, by value: references are followed, and what has the wrong type is told."""

from collections.abc import Mapping, Sequence

from worker.verification.pades.original import Original
from worker.verification.pades.syntax import Reference, Stream, Value


class Objects:
    """Reads one original through the reader that will judge its sealed file."""

    def __init__(self, original: Original) -> None:
        self.original = original

    def resolve(self, value: Value) -> Value:
        """The value itself, or the object it refers to: None where there is none (ISO 32000-2 §7.3.10).

        Raises ValueError for an object that cannot be read.
        """
        if not isinstance(value, Reference):
            return value
        try:
            return self.original.object(value)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ValueError(f"object {value.number} cannot be read: {error}") from error

    def dictionary(self, value: Value, what: str) -> Mapping[str, Value]:
        """The dictionary that this is or refers to; empty where there is none. Raises ValueError for all else."""
        found = self.resolve(value)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise ValueError(f"{what} is no dictionary")  # noqa: TRY004 - see syntax.py
        return found

    def array(self, value: Value, what: str) -> Sequence[Value]:
        """The array that this is or refers to; empty where there is none. Raises ValueError for all else."""
        found = self.resolve(value)
        if found is None:
            return ()
        if not isinstance(found, list):
            raise ValueError(f"{what} is no array")  # noqa: TRY004 - see syntax.py
        return found

    def entries(self, value: Value) -> Mapping[str, Value]:
        """The entries of a dictionary or stream, however it is reached; none where it is something else."""
        found = self.resolve(value)
        if isinstance(found, Stream):
            return found.entries
        return found if isinstance(found, dict) else {}
