"""The table of the TOML file for the API."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, PositiveInt

from config.sections import Seconds, SettingsTable


class ApiSettings(SettingsTable):
    """How programs hand documents in over HTTP, below `/api/v1`. Without a key (`zimogs api-key`) nobody gets in.

    It is served by the desk's process: on the desk's own listener, or on one apart where `port` is set, so that a
    firewall can let accounting in and keep it from the desk.
    """

    enabled: bool = True
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] | None = None
    requests_per_minute: PositiveInt = 600
    """What one key may ask for, evenly; a sixth of it at once."""
    uploads: PositiveInt = 8
    """How many documents are received at once; who comes then is asked to try again soon."""
    keep_idempotency: Seconds = timedelta(hours=48)
    """How long a document that is sent once more under the same `Idempotency-Key` is known again."""
