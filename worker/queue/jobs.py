"""What stands in a job, and reading it back: whoever can write to Redis can write jobs, so each is checked whole.

A ring is a story's name and an id; it is believed, since the story looks for itself what there is to do. A consent
is encrypted for the worker: it holds a one-time code, and nobody else may give one.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Self

from pydantic import TypeAdapter, ValidationError, model_validator

from jobs.model.frozen import Frozen
from jobs.model.names import ABatch, ARoute
from jobs.model.seals import Authorization
from jobs.ports import Story
from worker.storage.encryption import Cipher, NotOurs

CODE_LIFE = timedelta(minutes=10)
"""How long a consent may lie in its queue; the vendor's codes live no longer (vendor §3.4)."""

_route: TypeAdapter[str] = TypeAdapter(ARoute)
_batch: TypeAdapter[str] = TypeAdapter(ABatch)


class ForeignJob(Exception):
    """A job that nobody of us wrote; the message says what is wrong with it and holds nothing of it."""


class LateConsent(ForeignJob):
    """A consent that lay in its queue for longer than a code lives, by the clock that it was read by."""


class Ring(Frozen):
    """One ring of the doorbell: a story of a batch, or gathering in a route."""

    story: Story
    subject: str
    at_once: bool

    @model_validator(mode="after")
    def _subject_fits(self) -> Self:
        if self.story is Story.SEAL:
            raise ValueError("nothing is sealed by a ring")
        (_route if self.story is Story.GATHER else _batch).validate_python(self.subject)
        return self


def ring_arguments(story: Story, subject: str, *, at_once: bool) -> tuple[str, str, bool]:
    """The arguments of a job that rings."""
    return story, subject, at_once


def read_ring(arguments: Sequence[object]) -> Ring:
    """Read the arguments of a job that rings. Raises ForeignJob."""
    try:
        story, subject, at_once = arguments
        return Ring.model_validate({"story": story, "subject": subject, "at_once": at_once})
    except ValueError:
        raise ForeignJob("it names no story of a batch or route") from None


def consent_arguments(authorization: Authorization, cipher: Cipher) -> tuple[str, str]:
    """The arguments of a job that seals: the batch, and the consent encrypted for it."""
    payload = authorization.model_dump(mode="json", exclude={"code", "code_verifier"})
    payload["code"] = authorization.code.get_secret_value()
    if authorization.code_verifier is not None:
        payload["code_verifier"] = authorization.code_verifier.get_secret_value()
    return authorization.batch, cipher.encrypt(json.dumps(payload).encode(), _place(authorization.batch))


def read_consent(arguments: Sequence[object], cipher: Cipher, now: datetime) -> Authorization:
    """Read the arguments of a job that seals. Raises ForeignJob, and LateConsent for one that lay too long."""
    try:
        batch, text = TypeAdapter(tuple[ABatch, str]).validate_python(tuple(arguments))
        authorization = Authorization.model_validate_json(cipher.decrypt(text, _place(batch)))
    except (NotOurs, ValidationError):
        raise ForeignJob("its consent was not encrypted by us for this batch") from None
    if now - authorization.granted_at > CODE_LIFE:
        raise LateConsent("its consent lay too long in the queue")
    return authorization


def _place(batch: str) -> str:
    return f"consent:{batch}"
