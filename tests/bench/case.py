"""What a client must know to have documents sealed: addresses, credentials, and whose seal."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Case:
    """Plain texts alone, so that a client is a program which loads nothing of zimogs. `format` is pdf or edoc."""

    url: str
    client_id: str
    client_secret: str
    redirect_uri: str
    identity: str
    certificate: str
    authentication_certificate: str
    format: str

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The case in a line."""
        return cls(**json.loads(line))

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))
