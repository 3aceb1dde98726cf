"""What must be set alike on all machines that share a bucket: any of them goes on with what another began."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from config.settings import Settings

_ALIKE = {
    "eparaksts": ("platform_url", "signapi_url", "client_id", "insecure_practice"),
    "desk": ("public_url", "session_life"),
    "house": ("language", "time_zone"),
    "inbox": ("keep_originals",),
    "outbox": ("order", "name_approver"),
    "approval": ("within", "fresh_for", "working_days", "working_hours", "days_off"),
    "audit": ("checkpoint_route",),
    "retention": ("originals", "evidence", "archives"),
}
"""Not among them: folders, ports, Redis and how hard the vendor is pressed, which are a machine's own matter."""


def settings_in_common(settings: Settings) -> Mapping[str, str]:
    """Each by the name that it has in the TOML file, as a text to compare. Personal codes stand among them.

    What a route is set to is compared where two machines have it; `routes` are their names.
    """
    tables = {name: getattr(settings, name) for name in _ALIKE}
    common = {f"{name}.{key}": _text(getattr(tables[name], key)) for name, keys in _ALIKE.items() for key in keys}
    common["routes"] = ", ".join(sorted(settings.routes))
    for name, route in settings.routes.items():
        common |= {f"routes.{name}.{key}": value for key, value in _texts(route)}
    return common


def _texts(table: BaseModel) -> Iterator[tuple[str, str]]:
    for name, value in table:
        yield type(table).model_fields[name].alias or name, _text(value)


def _text(value: object) -> str:
    return ", ".join(sorted(map(str, value))) if isinstance(value, frozenset) else str(value)
