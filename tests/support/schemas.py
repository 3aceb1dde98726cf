"""JSON Schema for tests."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


def validator_of(schema: Any) -> "Draft202012Validator":
    """What holds values against the schema, formats of strings included."""
    # It compiles a grammar of addresses for seconds when it is imported, also where no test needs it.
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
