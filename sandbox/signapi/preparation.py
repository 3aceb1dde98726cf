"""Which work makes a session's files ready for a seal: on one PDF, a new container, or an uploaded one."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from cryptography import x509

from sandbox.pki import Authority
from sandbox.refusals import SignApiRefusal
from sandbox.signapi.containers import extend, is_container, wrap
from sandbox.signapi.files import StoredFile
from sandbox.signapi.records import Pending, SignatureForm
from sandbox.signapi.sealing import Hand, prepare_pdf
from sandbox.signapi.sessions import Session

CODE = "signing:calculateDigest"
Preparation = Callable[[Path, x509.Certificate, Authority, datetime], Pending]
"""Slow work that leaves what it prepares at the path."""


def preparation(session: Session, form: SignatureForm, hand: Hand, *, anew: bool) -> Preparation:
    """Return the work for the session's files; raises `SignApiRefusal` 400 where they do not fit the form.

    `anew` is `createNewEdoc`: a container is wrapped like any other file instead of getting one more signature.
    """
    if session.sealed:
        raise SignApiRefusal(400, CODE, f"Session {session.id} holds a sealed file already.")
    return _of_pdf(session, hand) if form is SignatureForm.PADES else _of_container(session, hand, anew=anew)


def _of_pdf(session: Session, hand: Hand) -> Preparation:
    match session.listed:
        case [StoredFile() as file] if file.name.lower().endswith(".pdf"):
            return partial(prepare_pdf, file, hand=hand)
        case _:
            raise SignApiRefusal(400, CODE, f"Session {session.id} must hold exactly one file, and that a PDF.")


def _of_container(session: Session, hand: Hand, *, anew: bool) -> Preparation:
    files = session.listed
    if not files:
        raise SignApiRefusal(400, CODE, f"Session {session.id} holds no file.")
    if anew or not any(map(is_container, files)):
        return partial(wrap, files, hand=hand)
    match files:
        case [StoredFile() as file]:
            return partial(extend, file, hand=hand)
        case _:
            why = f"Session {session.id} holds a container among other files, so createNewEdoc must be true."
            raise SignApiRefusal(400, CODE, why)
