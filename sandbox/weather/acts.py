"""What a vendor that is not honest does to documents: sound cryptography, and never what was approved."""

from enum import StrEnum
from typing import Self

from sandbox.weather.operations import Operation


class HostileAct(StrEnum):
    """One hostile act, with the call at which it is done; on a file of the other form it does nothing."""

    operation: Operation

    def __new__(cls, value: str, operation: Operation, what: str) -> Self:
        """Keep the operation, and as docstring what is done."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.operation = operation
        member.__doc__ = what
        return member

    PAINT = "paint", Operation.CALCULATE_DIGEST, "PDF: the seal's field is drawn over the whole page"
    ANNOTATE = "annotate", Operation.CALCULATE_DIGEST, "PDF: a note is laid over the page"
    SCRIPT = "script", Operation.CALCULATE_DIGEST, "PDF: the seal's field gets an action with a script"
    OPEN_ACTION = "open_action", Operation.CALCULATE_DIGEST, "PDF: a script runs when the file is opened"
    NAMED_SCRIPT = "named_script", Operation.CALCULATE_DIGEST, "PDF: a script is entered into the names of the file"
    SUPPLY = "supply", Operation.CALCULATE_DIGEST, "PDF: an object appears that the original refers to and lacks"
    REPLACE_PAGE = "replace_page", Operation.CALCULATE_DIGEST, "PDF: the first page shows something else"
    ADD_FILE = "add_file", Operation.CALCULATE_DIGEST, "container: one more file is sealed"
    SWAP_FILE = "swap_file", Operation.CALCULATE_DIGEST, "container: the first file has another content"
    CLAIM_ROLE = "claim_role", Operation.CALCULATE_DIGEST, "container: the seal claims a role"
    CLAIM_POLICY = "claim_policy", Operation.CALCULATE_DIGEST, "container: the seal follows a policy"
    CLAIM_PLACE = "claim_place", Operation.CALCULATE_DIGEST, "container: the seal claims a place"
    CLAIM_COMMITMENT = "claim_commitment", Operation.CALCULATE_DIGEST, "container: the seal commits to an approval"
    BACKDATE = "backdate", Operation.FINALIZE, "the timestamp is of the day before"
    POSTDATE = "postdate", Operation.FINALIZE, "the timestamp is of the day after"
    WEAKEN = "weaken", Operation.FINALIZE, "the timestamp is signed with SHA-1"
    EDIT_AFTERWARDS = "edit_afterwards", Operation.FINALIZE, "PDF: a revision behind the seal changes the first page"
    SLIP_IN_FILE = "slip_in_file", Operation.FINALIZE, "container: a file stands in it that nobody sealed"
    SIGN_TWICE = "sign_twice", Operation.FINALIZE, "container: a second signature file stands in it"
