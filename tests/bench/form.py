"""A file as the one part of a form, written by hand (RFC 7578)."""

from pathlib import Path

_BOUNDARY = "5b1e0d9c7f2a4e66"
FORM = f"multipart/form-data; boundary={_BOUNDARY}"


def form_of(file: Path, content_type: str) -> bytes:
    """The body that carries the file in the part `file`."""
    head = (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{file.name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n"
    )
    return b"".join((head.encode(), file.read_bytes(), f"\r\n--{_BOUNDARY}--\r\n".encode()))
