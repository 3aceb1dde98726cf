"""What is said of a document in headers, where the body is the file itself."""

import re
from urllib.parse import unquote

from aiohttp.multipart import content_disposition_filename, parse_content_disposition
from multidict import MultiMapping

from jobs.model.metadata import BadMetadata, read_pairs
from worker.api.problems import ApiError, ProblemType

WHOLE = "Zimogs-Metadata"
"""All metadata as JSON, in ASCII: `\\u` writes the rest."""
FIELD = "Zimogs-Meta-"
"""One field each, as `Zimogs-Meta-Issued-On`; values in ASCII, or as `UTF-8''…` (RFC 8187 §3.2)."""
_EXTENDED = re.compile(r"utf-8'[A-Za-z0-9-]*'(?P<value>[!-~]*)", re.IGNORECASE)


def read_name(headers: MultiMapping[str]) -> str | None:
    """The name in Content-Disposition; of two the one that can hold any letter (RFC 6266 §4.3)."""
    _, parameters = parse_content_disposition(headers.get("Content-Disposition"))
    return content_disposition_filename(parameters)


def read_metadata_headers(headers: MultiMapping[str]) -> bytes | None:
    """The metadata as JSON; None where nothing is said. Raises BadMetadata and ApiError."""
    pairs = [
        (name[len(FIELD) :].lower().replace("-", "_"), _read_value(value))
        for name, value in headers.items()
        if name.lower().startswith(FIELD.lower())
    ]
    whole = headers.getall(WHOLE, [])
    if len(whole) + bool(pairs) > 1:
        raise ApiError(
            ProblemType.BAD_REQUEST, f"Metadata stands in one header {WHOLE}, or in headers {FIELD}…, not in both."
        )
    if whole:
        return whole[0].encode(errors="surrogateescape")
    return read_pairs(pairs).model_dump_json(exclude_none=True).encode() if pairs else None


def _read_value(value: str) -> str:
    match = _EXTENDED.fullmatch(value)
    if match is None:
        return value
    try:
        return unquote(match["value"], errors="strict")
    except UnicodeDecodeError:
        raise BadMetadata("a header holds what is no text in UTF-8") from None
