"""What is asked of a list of documents. Pure.

The cursor by which it goes on is the id of the last document that was looked at; to callers it is any text.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from jobs.model.names import DocumentId, RouteName, is_document_id
from worker.api.ports import DocumentQuery
from worker.api.problems import ApiError, ProblemType
from worker.api.views import DocumentState

MOST_LISTED = 200
_AS_USUAL = 100
_KNOWN = frozenset({"route", "state", "since", "cursor", "limit"})


def read_query(query: Mapping[str, str], routes: Collection[RouteName]) -> DocumentQuery:
    """Read the parameters of a list, of these routes. Raises ApiError."""
    if strange := sorted(set(query) - _KNOWN):
        known = ", ".join(sorted(_KNOWN))
        raise _refuse(f"There is no parameter {strange[0][:40]!r}. Parameters are: {known}.")
    return DocumentQuery(
        routes=routes,
        states=_read_states(query.get("state")),
        since=_read_since(query.get("since")),
        before=_read_cursor(query.get("cursor")),
        limit=_read_limit(query.get("limit")),
    )


def _read_cursor(text: str | None) -> DocumentId | None:
    if text is not None and not is_document_id(text):
        raise _refuse("The cursor is none of ours: give `next` of the page before, as it came, or leave it out.")
    return None if text is None else DocumentId(text)


def _read_states(text: str | None) -> Collection[DocumentState]:
    if text is None:
        return ()
    if text not in set(DocumentState):
        raise _refuse(f"There is no such state. States are: {', '.join(DocumentState)}.")
    return (DocumentState(text),)


def _read_since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        # A blank is what becomes of a `+` that was not escaped.
        since = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        since = datetime(1, 1, 1)  # noqa: DTZ001  refused below for having no zone
    if since.tzinfo is None:
        raise _refuse("`since` is a time with its zone, as 2026-11-28T21:47:00Z.")
    return since


def _read_limit(text: str | None) -> int:
    if text is None:
        return _AS_USUAL
    if not (
        text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_LISTED)) and 0 < int(text) <= MOST_LISTED
    ):
        raise _refuse(f"`limit` is a number from 1 to {MOST_LISTED}.")
    return int(text)


def _refuse(detail: str) -> ApiError:
    return ApiError(ProblemType.BAD_REQUEST, detail)
