"""What must be set alike on all machines that share a bucket: any of them goes on with what another began."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from config.settings import Settings

_ALIKE = {
    "eparaksts": (
        "platform_url",
        "signapi_url",
        "client_id",
        "insecure_practice",
        "consenting_person",
        "timestamps_by",
    ),
    "desk": ("public_url", "session_life"),
    "house": ("language", "time_zone"),
    "inbox": ("keep_originals",),
    "outbox": ("order", "name_approver"),
    "api": ("keep_idempotency",),
    "queue": ("enabled", "routes", "kinds"),
    "approval": ("within", "fresh_for", "working_days", "working_hours", "days_off"),
    "audit": ("checkpoint_route",),
    "retention": ("originals", "evidence", "archives"),
}
"""Not among them: folders, ports, Redis and how hard the vendor is pressed, which are a machine's own matter."""
_NAMED = ("routes", "notifications", "webhooks", "hooks", "outboxes")
"""Whichever machine tells what happens tells those whom its own settings name, and nobody else does."""


def settings_in_common(settings: Settings) -> Mapping[str, str]:
    """Each by the name that it has in the TOML file, as a text to compare. Personal codes stand among them.

    What stands in a table of a name is compared where two machines have it; `routes` and the like are the names.
    """
    tables = {name: getattr(settings, name) for name in _ALIKE}
    common = {f"{name}.{key}": _text(getattr(tables[name], key)) for name, keys in _ALIKE.items() for key in keys}
    for table in _NAMED:
        named = getattr(settings, table)
        common[table] = ", ".join(sorted(named))
        for name, each in named.items():
            common |= {f"{table}.{name}.{key}": value for key, value in _texts(each)}
    return common


def _texts(table: BaseModel) -> Iterator[tuple[str, str]]:
    for name, value in table:
        # Where a key lies is a machine's own matter, too.
        if isinstance(value, Path):
            continue
        yield type(table).model_fields[name].alias or name, _text(value)


def _text(value: object) -> str:
    return ", ".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)
