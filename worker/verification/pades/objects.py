"""Objects that stand in file after file, byte for byte, as proofs do in a batch: each text is read once."""

from functools import lru_cache

from worker.verification.pades.syntax import Buffer, Reference, Value, read_body, read_header

MOST_REMEMBERED = 16_384
"""Bytes of a text that is remembered."""
_read_remembered = lru_cache(maxsize=512)(read_body)


def read_object(content: Buffer, begin: int, limit: int) -> tuple[Reference, Value, int]:
    """Read the `n g obj … endobj` that begins here and ends before `limit`. Raises ValueError.

    Gives the offset behind it too. Nobody may change the value: it can be the value of other files as well.
    """
    reference, position = read_header(content, begin)
    # One byte more, so that `endobj` is seen to end; an object that needs it for itself reaches beyond its limit.
    text = content[position : limit + 1]
    value, length = _read_remembered(text, 0) if len(text) <= MOST_REMEMBERED else read_body(text, 0)
    return reference, value, position + length
