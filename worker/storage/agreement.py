"""Whether machines that share what is stored are set alike. With folders of its own a machine is alone."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

VERSION = "the version of zimogs"
"""What is compared beside settings: no two versions may share what is stored."""


class Agreement(Protocol):
    """What each process tells the others, and how they differ from this one."""

    def announced(self) -> AbstractAsyncContextManager[None]:
        """Tell the others how this process is set, for the time of the block. Raises OSError."""
        ...

    async def find_differences(self) -> Mapping[str, Collection[str]] | None:
        """Settings that are not as they are here, and the machines on which they are others. Raises OSError.

        None where there is nothing to compare.
        """
        ...


class NobodyElse:
    """Of folders, which all who share them are set to by the same file."""

    @asynccontextmanager
    async def announced(self) -> AsyncIterator[None]:
        """There is nobody to be told."""
        yield

    async def find_differences(self) -> None:
        """There is nothing to compare."""
