"""A bucket, opened as the settings describe it; nothing is asked of the storage yet.

Without keys of our own they are found in AWS' own ways: its environment variables, or the role of the machine.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.store import S3Store

from worker.objects.bucket import Bucket

if TYPE_CHECKING:
    from obstore.store import S3Credential

_CONNECT, _SILENCE, _PATIENCE = timedelta(seconds=5), timedelta(seconds=30), timedelta(seconds=20)
"""Until a connection stands, the next bytes of an answer come, and no more is tried again."""
_LONGEST = timedelta(days=1)
"""For a whole request: nobody knows how long a large object takes by a slow line."""


def open_bucket(
    name: str,
    prefix: str,
    *,
    endpoint: str,
    region: str,
    keys: tuple[str, str] | None = None,
    silence: timedelta = _SILENCE,
) -> Bucket:
    """What stands below the prefix of a bucket; `keys` are an id and a secret.

    The storage may be silent for so long; what is sent with one request has to be there by then.
    """
    credential: S3Credential | None = None
    if keys is not None:
        key_id, secret = keys
        credential = {"access_key_id": key_id, "secret_access_key": secret, "token": None, "expires_at": None}
    store = S3Store(
        name,
        prefix=prefix or None,
        endpoint=endpoint,
        region=region,
        virtual_hosted_style_request=False,
        # The storage itself holds what it received against what was sent (S3, "Checking object integrity").
        checksum_algorithm="SHA256",
        client_options={
            "allow_http": endpoint.startswith("http:"),
            "connect_timeout": _CONNECT,
            "timeout": _LONGEST,
            "read_timeout": silence,
        },
        retry_config={"max_retries": 3, "retry_timeout": _PATIENCE},
        # Not as plain settings of it, with which a session token of the environment would be mixed.
        credential_provider=None if credential is None else lambda: credential,
    )
    return Bucket(store)
