"""What can be called here, as rules, latencies and counters name it."""

from enum import StrEnum


class Operation(StrEnum):
    """The vendor's calls; a route's name begins with one of these."""

    AUTHORIZE = "authorize"
    TOKEN = "token"  # noqa: S105 - the name of a call
    LOGOUT = "logout"
    USERS_ME = "users_me"
    SIGN_IDENTITY = "sign_identity"
    SIGN = "sign"
    START = "start"
    UPLOAD = "upload"
    ADD_DOCUMENT_DIGEST = "add_document_digest"
    LIST = "list"
    DOWNLOAD = "download"
    DELETE = "delete"
    CALCULATE_DIGEST = "calculate_digest"
    FINALIZE = "finalize"
    ARCHIVE = "archive"
    VALIDATE = "validate"
    CLOSE = "close"
    CONFIG = "config"


OF_A_BROWSER = frozenset({Operation.AUTHORIZE, Operation.LOGOUT})
# The browser's own calls, and the one that gives bearers.
WITHOUT_BEARER = OF_A_BROWSER | {Operation.TOKEN}
