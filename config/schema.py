"""The settings as JSON Schema, for editors and for whoever writes the file by program."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from config.settings import Settings

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def describe_settings() -> dict[str, Any]:
    """JSON Schema 2020-12 of what the TOML file may say.

    The client secret may stand there and need not: environment and secret files are better places for it.
    """
    schema = {"$schema": _DIALECT, **Settings.model_json_schema()}
    schema["title"] = "zimogs.toml"
    schema["$defs"]["Eparaksts"]["required"].remove("client_secret")
    _allow_seconds(schema)
    return schema


def suggest_key(key: Sequence[str]) -> str | None:
    """The key that may have been meant by one that does not exist, None where none is near."""
    *tables, name = key
    known = list(_keys_below(tables))
    found = get_close_matches(name, known, n=1)
    return ".".join([*tables, *found]) if found else None


def _keys_below(tables: Sequence[str]) -> Iterator[str]:
    schema = Settings.model_json_schema()
    place: Mapping[str, Any] = schema
    for table in tables:
        # A table of tables, as of routes, has a form for whatever name stands there.
        named = [*place.get("patternProperties", {}).values(), place.get("additionalProperties")]
        below = place.get("properties", {}).get(table) or named[0]
        if not isinstance(below, dict):
            return
        place = schema["$defs"][below["$ref"].rpartition("/")[2]] if "$ref" in below else below
    yield from place.get("properties", {})


def _allow_seconds(schema: Any) -> None:
    """Say of every duration that it may be a number of seconds, too."""
    if isinstance(schema, list):
        for each in schema:
            _allow_seconds(each)
    elif isinstance(schema, dict):
        for each in schema.values():
            _allow_seconds(each)
        if schema.get("format") == "duration":
            del schema["format"]
            schema["type"] = ["string", "number"]
            schema["description"] = "In seconds, or as ISO 8601, as PT30S."
