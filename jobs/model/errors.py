"""Three kinds of failure, told apart by what the caller may do next.

    SealingError
    ├── Retryable        nothing happened at the far end; the same call may be made again
    │   └── WrongClock   ... and nothing shall, before our clock is right
    ├── Permanent        the same call can never succeed
    │   ├── ConsentVoid  ... because the one-time code is spent or expired
    │   ├── TooMany      ... because of how many documents it is about
    │   ├── Rejected     ... because of this one document, for a reason a person can read
    │   ├── ConsentRefused   ... because the consent is not the approver's own
    │   ├── CredentialsRefused  ... because of who we are
    │   ├── NotThisPersons   ... because of who came to enrol a seal
    │   └── SealExpired, SealRefused  ... because of the seal's certificate, and of no document
    └── Uncertain        the request may have been carried out; look before calling again

Apart from these stand the errors of our own: a lost race, a move that the batch's life does not
have, a record that does not fit the ones before it, a seal or an approval that is not to be had.
"""

from datetime import timedelta

from jobs.model.reasons import Reason


class SealingError(Exception):
    """A step towards a seal failed."""


class Retryable(SealingError):
    """Nothing happened at the far end; the same call may be made again, after `after` if that is set."""

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class WrongClock(Retryable):
    """Our clock and the vendor's are too far apart; nothing was done."""


class Permanent(SealingError):
    """The same call can never succeed."""


class ConsentVoid(Permanent):
    """A person's one-time code is spent or expired; the person has to consent anew."""


class TooMany(Permanent):
    """More than the vendor takes at once; `most` is what it takes, or what is to be tried next."""

    def __init__(self, message: str, most: int) -> None:
        super().__init__(message)
        self.most = most


class Rejected(Permanent):
    """This document cannot be sealed; others can. It goes to quarantine with `reason`."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class ConsentRefused(Permanent):
    """Whoever consented is not the approver, or nobody tells who it was; nothing was signed."""


class CredentialsRefused(Permanent):
    """The vendor refuses our own credentials or rights."""


class NotThisPersons(Permanent):
    """The person who came has no such seal, or lacks what is needed to use it; somebody else may have it."""


class SealExpired(Permanent):
    """The certificate of the enrolled seal has ended."""


class SealRefused(Permanent):
    """The vendor takes nothing with this seal's certificate, whatever the document: as a rule it was revoked."""


class Uncertain(SealingError):
    """The request may have been carried out; look before calling again."""


class Conflict(Exception):
    """Another worker wrote this record first; read again."""


class IllegalTransition(Exception):
    """The batch's life has no such move."""


class UnknownBatch(Exception):
    """The ledger has no such batch."""


class DroppedBatch(UnknownBatch):
    """Its records went by policy, with the archive that held them."""


class UnknownDocument(Exception):
    """There is no document of that id."""


class BrokenLedger(Exception):
    """A record is unreadable or missing, does not carry the hash of the one before it, or is not the ledger's own."""


class NewerFormat(BrokenLedger):
    """A record was written by a newer zimogs than this one."""


class LostKey(BrokenLedger):
    """The ledger's key is missing or another one: no record can be believed, and none is known to be damaged."""


class BrokenCheckpoint(BrokenLedger):
    """A checkpoint is missing, cannot be read, or is not the ledger's own."""


class BrokenArchive(BrokenLedger):
    """An archive of the ledger is missing, cannot be read, or is not the ledger's own."""


class NotEnrolled(Exception):
    """The seal has not been enrolled on the desk yet."""


class NotApprovable(Exception):
    """This batch cannot be approved by this person now; the message says why and what to do."""
