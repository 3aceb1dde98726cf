"""Where identities live between two runs: one PEM file each, readable by its owner only."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sandbox.pki.identity import SigningIdentity

# A name becomes a file's name, so nothing in it may lead out of the folder.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


class IdentityStore(Protocol):
    """Keeps identities by name."""

    def get_or_issue(self, name: str, issue: Callable[[], SigningIdentity]) -> SigningIdentity:
        """Return the identity kept under this name, or issue it now and keep it."""


class MemoryStore:
    """Keeps identities as long as the object lives."""

    def __init__(self) -> None:
        """Start empty."""
        self._kept: dict[str, SigningIdentity] = {}

    def get_or_issue(self, name: str, issue: Callable[[], SigningIdentity]) -> SigningIdentity:
        """Return the identity kept under this name, or issue it now and keep it."""
        if name not in self._kept:
            self._kept[name] = issue()
        return self._kept[name]


class FolderStore:
    """Keeps identities as `name.pem` (mode 0600) in a folder (mode 0700) that is made when first needed."""

    def __init__(self, folder: Path) -> None:
        """Remember the folder; nothing is read yet."""
        self._folder = folder

    def get_or_issue(self, name: str, issue: Callable[[], SigningIdentity]) -> SigningIdentity:
        """Return the identity kept under this name, or issue it now and keep it; `ValueError` for an unfit name."""
        if not NAME.fullmatch(name):
            raise ValueError(
                f"an identity's name is lower-case letters, digits, dot, dash and underscore, not {name!r}"
            )
        path = self._folder / f"{name}.pem"
        if not path.exists():
            pem = issue().as_pem()
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = path.with_suffix(f".{os.getpid()}.draft")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
            # A link never replaces: when two processes start together, both go on with the first one's key.
            try:
                with suppress(FileExistsError):
                    os.link(draft, path)
            finally:
                draft.unlink()
        return SigningIdentity.from_pem(path.read_bytes())
