"""With which codes commands end. README, man page and JSON errors say what this table says."""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class ExitCode(IntEnum):
    """How a command ended, for the shell; for a program that reads JSON its name is the kind of the error."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNCERTAIN = 4
    INTERRUPTED = 130

    @property
    def kind(self) -> str:
        """Its name, as JSON tells it."""
        return self.name.lower()


MEANINGS: Mapping[ExitCode, str] = MappingProxyType(
    {
        ExitCode.DONE: "everything was done, or is as it should be",
        ExitCode.FAILED: "something failed, or is not as it should be, such as a refused document or an altered file",
        ExitCode.USAGE: "the command or the settings cannot be understood; nothing was done",
        ExitCode.REFUSED: "what was named is not there, or its state does not allow it; nothing was done",
        ExitCode.UNCERTAIN: "it is not over yet, or somebody else is at it: look or try again later",
        ExitCode.INTERRUPTED: "ended with Ctrl+C",
    }
)
"""What each means, in a few words."""
