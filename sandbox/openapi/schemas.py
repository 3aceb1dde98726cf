"""Small words for writing JSON schemas (JSON Schema 2020-12, the dialect of OpenAPI 3.1)."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
WHOLE_OR_QUOTED: Schema = {"type": ["integer", "string"], "minimum": 0, "pattern": "^[0-9]+$"}
TRUTH: Schema = {"type": "boolean"}
BASE64: Schema = {"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/_=\\s-]+$"}
HEX32: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
HEX40: Schema = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
HEX64: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
MOMENT: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$"}


def strict_object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return an object with these fields and no others: what an answer looks like."""
    return {**loose_object(required, optional), "additionalProperties": False}


def loose_object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Return an object that has these fields at least: what an order looks like, of which the rest is overlooked."""
    properties = {**required, **(optional or {})}
    return {"type": "object", "properties": properties, "required": list(required)}


def many(items: Schema, least: int = 0) -> Schema:
    """Return a list of such items, at least so many."""
    return {"type": "array", "items": items, "minItems": least}


def one_of(*values: str) -> Schema:
    """Return a text that is one of these."""
    return {"type": "string", "enum": list(values)}


def either(*schemas: Schema) -> Schema:
    """Return what has one of these shapes, where sources differ and a variant decides."""
    return {"anyOf": list(schemas)}


def ref(name: str) -> Schema:
    """Return a reference to a schema of the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}
