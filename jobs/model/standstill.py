"""Why a batch or a route does not move: a closed set of causes, each with what it means and what a person can do.

The one place of these sentences: the desk, `zimogs status`, the log and the metrics all tell them from here.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import AwareDatetime, Field

from jobs.model.frozen import Frozen
from jobs.model.text import Text


class Cause(StrEnum):
    """Why something stands still. Values are metric labels and stand in `data/standstills`."""

    VENDOR_AWAY = "vendor-away"
    CREDENTIALS_REFUSED = "credentials-refused"
    VENDOR_REFUSES = "vendor-refuses"
    SEAL_NOT_ENROLLED = "seal-not-enrolled"
    SEAL_EXPIRED = "seal-expired"
    SEAL_REFUSED = "seal-refused"
    REDIS_AWAY = "redis-away"
    REDIS_FULL = "redis-full"
    REDIS_READ_ONLY = "redis-read-only"
    DISK_FULL = "disk-full"
    DISK_REFUSES = "disk-refuses"
    STORAGE_AWAY = "storage-away"
    PLACE_AWAY = "place-away"
    PLACE_LEFT = "place-left"
    KEY_LOST = "key-lost"
    CLOCK_WRONG = "clock-wrong"
    FROZEN = "frozen"
    STOPPED = "stopped"
    NO_WORKER = "no-worker"
    UNEXPECTED = "unexpected"


class Words(NamedTuple):
    """What a cause means, and what a person can do about it, in plain language."""

    meaning: Text
    advice: Text


WORDS: dict[Cause, Words] = {
    Cause.VENDOR_AWAY: Words(
        Text("eParaksts does not answer, or answers that it cannot work now."),
        Text(
            "Nothing is lost. It is tried again by itself; if that goes on, check the network with `zimogs doctor` "
            "and ask eParaksts."
        ),
    ),
    Cause.CREDENTIALS_REFUSED: Words(
        Text("eParaksts refuses the credentials or rights of zimogs itself."),
        Text(
            "The administrator has to check `eparaksts.client_id`, its secret and the contract, and start zimogs again."
        ),
    ),
    Cause.VENDOR_REFUSES: Words(
        Text("eParaksts refuses this, and will not change its mind by itself."),
        Text("Look at the details, and ask eParaksts with them. The batch can be cancelled meanwhile."),
    ),
    Cause.SEAL_NOT_ENROLLED: Words(
        Text("The seal of this route is not enrolled."),
        Text("Somebody who may use it has to sign in on the desk and press “Enrol this seal”."),
    ),
    Cause.SEAL_EXPIRED: Words(
        Text("The certificate of the seal has ended. The documents are not at fault."),
        Text("Get the seal's new certificate from eParaksts, then press “Enrol again” on the desk."),
    ),
    Cause.SEAL_REFUSED: Words(
        Text(
            "eParaksts does not accept the seal's certificate: as a rule it was revoked. The documents are not at "
            "fault."
        ),
        Text("Ask eParaksts why, get a new certificate, then press “Enrol again” on the desk."),
    ),
    Cause.REDIS_AWAY: Words(
        Text("Redis does not answer."),
        Text("Start Redis or Valkey, or correct `redis.url`. No document is lost; everything goes on by itself."),
    ),
    Cause.REDIS_FULL: Words(
        Text("Redis is full and takes nothing any more."),
        Text("Give it more memory (`maxmemory`), or free some. No document is lost; everything goes on by itself."),
    ),
    Cause.REDIS_READ_ONLY: Words(
        Text("Redis can be read but not written to."),
        Text(
            "Let `redis.url` name the server that may be written to, and look into its log: a replica, missing "
            "replicas or a full disk there."
        ),
    ),
    Cause.DISK_FULL: Words(
        Text("A disk is full: that of the data folder, the outbox or the quarantine."),
        Text("Free some space. Nothing is lost; everything goes on by itself."),
    ),
    Cause.DISK_REFUSES: Words(
        Text("The system does not let zimogs read or write a file."),
        Text("Look at the details, and run `zimogs doctor`: permissions, a read-only or vanished file system."),
    ),
    Cause.STORAGE_AWAY: Words(
        Text(
            "The storage that holds documents and ledger, the bucket of `storage.url`, does not answer or refuses us."
        ),
        Text(
            "Look at the details, and run `zimogs doctor`: the network, the keys and their rights, the bucket. Nothing "
            "is lost; everything goes on by itself."
        ),
    ),
    Cause.PLACE_AWAY: Words(
        Text("A folder elsewhere, from which documents are fetched or into which they are delivered, cannot be used."),
        Text(
            "Look at the details, and run `zimogs doctor`: the network, the host key, the password or key, and the "
            "rights there. Nothing is lost; it is tried again by itself, and all else goes on."
        ),
    ),
    Cause.PLACE_LEFT: Words(
        Text("Single files of a folder elsewhere cannot be fetched from there, or delivered there."),
        Text(
            "Look at the details: give each another name, make it smaller, correct its rights, free some room there, "
            "or take it away. Nothing is lost, and all others go on."
        ),
    ),
    Cause.KEY_LOST: Words(
        Text("The key of the ledger is missing or is another one, so no record can be told from a forged one."),
        Text(
            "Restore `data/ledger.key` and the folder `data/checkpoints` from the backup, and start zimogs again. Do "
            "not repair batches: they are not damaged."
        ),
    ),
    Cause.CLOCK_WRONG: Words(
        Text("The clock of zimogs and that of eParaksts are too far apart, so nothing is asked, sealed or judged."),
        Text("Set the clock of this machine right and switch on its time synchronisation. Then it goes on by itself."),
    ),
    Cause.FROZEN: Words(
        Text("Somebody froze sealing: nobody is asked, and nothing is signed. What was signed before goes to its end."),
        Text("Ask whoever froze it. It is lifted on the desk, or with `zimogs unfreeze`; then people are asked again."),
    ),
    Cause.STOPPED: Words(
        Text("It was approved and came to nothing, for a reason that does not go away by itself."),
        Text("Mend what the details name; then press “Ask again” on its page of the desk, or cancel it there."),
    ),
    Cause.NO_WORKER: Words(
        Text("No worker is running, so nothing moves."),
        Text("Start `zimogs run` or `zimogs worker`. Everything goes on where it stood."),
    ),
    Cause.UNEXPECTED: Words(
        Text("Something went wrong that zimogs does not know."),
        Text("It is tried again by itself. The log has the whole error: report it to whoever maintains zimogs."),
    ),
}


PLACE_IN, PLACE_OUT = "_inbox-", "_outbox-"
"""Begin the subjects of folders elsewhere, before their names in the settings."""


class Foundation(StrEnum):
    """What all batches and routes stand on. Values are subjects of standstills; no batch or route has such a name."""

    WORKER = "_worker"
    REDIS = "_redis"
    DATA = "_data"


def is_place(subject: str) -> bool:
    """Say whether a subject is a folder elsewhere: nothing but what comes or goes that way waits for it."""
    return subject.startswith((PLACE_IN, PLACE_OUT))


class Standstill(Frozen):
    """A batch, route or Foundation that does not move: since when, how often it was tried, and when it is next.

    `detail` is the last failure in the words of where it happened; `next_try` is None where a person has to act first.
    """

    subject: str = Field(pattern=r"^_?[a-z0-9-]{1,80}$")
    cause: Cause
    detail: str = ""
    since: AwareDatetime
    attempts: int = Field(default=1, ge=1)
    next_try: AwareDatetime | None = None

    @property
    def meaning(self) -> Text:
        """What the cause means."""
        return WORDS[self.cause].meaning

    @property
    def advice(self) -> Text:
        """What a person can do."""
        return WORDS[self.cause].advice

    def after(self, earlier: Self | None) -> Self:
        """The same as one more failure in a row for one cause: it stands since the earlier one, and was tried again."""
        if earlier is None or earlier.cause is not self.cause:
            return self
        return self.model_copy(update={"since": earlier.since, "attempts": earlier.attempts + 1})


_OF_THE_VENDOR = frozenset({Cause.VENDOR_AWAY, Cause.CREDENTIALS_REFUSED})


def select_standstills(standing: Iterable[Standstill], *subjects: str) -> tuple[Standstill, ...]:
    """Those that hold one of the subjects up: its own first, then those of what everything stands on."""
    found = tuple(standing)
    own = tuple(each for subject in subjects for each in found if each.subject == subject)
    return own + tuple(each for each in found if each.subject in set(Foundation))


def foresee_standstills(standing: Iterable[Standstill], *subjects: str) -> tuple[Standstill, ...]:
    """The same, and where the subjects have none of their own, what others meet at the vendor: they would, too."""
    found = tuple(standing)
    selected = select_standstills(found, *subjects)
    if any(each.subject in subjects for each in selected):
        return selected
    of_others = {each.cause: each for each in found if each.cause in _OF_THE_VENDOR}
    return (*selected, *of_others.values())
