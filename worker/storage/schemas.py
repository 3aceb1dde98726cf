"""The forms of sidecars for other programs, as JSON Schema (2020-12): the one that we write, and the one that we read.

Fields may come within a version, so the schema of what we write forbids none; what we read must have no others.
"""

from collections.abc import Mapping
from typing import Any

from jobs.model.metadata import Metadata
from worker.storage.sidecar import Sidecar

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def describe_sealed() -> dict[str, Any]:
    """The sidecar of a sealed file."""
    schema = Sidecar.model_json_schema(mode="serialization")
    for each in (schema, *schema["$defs"].values()):
        _let_grow(each)
    return {"$schema": _DIALECT, **schema}


def describe_metadata() -> dict[str, Any]:
    """The sidecar that comes with a document; what is null in it is taken as missing."""
    return {"$schema": _DIALECT, **Metadata.model_json_schema(mode="validation")}


def _let_grow(schema: dict[str, Any]) -> None:
    """Allow fields that come later, and leave out what is not known."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    schema.pop("additionalProperties", None)
    if required := [name for name in schema.get("required", ()) if properties[name].get("default", ...) is not None]:
        schema["required"] = required
    else:
        schema.pop("required", None)
