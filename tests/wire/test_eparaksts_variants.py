"""Where sources about the vendor differ, our client copes with all of them: the whole way, one switch at a time."""

from datetime import timedelta
from pathlib import Path

import pytest

from jobs.model.documents import Profile
from sandbox.settings import RegisteredClient
from sandbox.variants.model import SWITCHES
from sandbox.variants.platform import Pkce, SigningUser
from sandbox.variants.signapi import AuthCertificate
from tests.wire.practice import P256, RSA2048, practising
from worker.eparaksts.identities import PersonalPurpose
from worker.verification.values import verify_values

PLAIN = RegisteredClient(
    client_id="practice", client_secret="secret", redirect_uris=("http://127.0.0.1:8400/callback",)
)
"""Credentials that are the same with and without url-encoding, so that a client need not know which is wanted."""
POSITIONS = [(name, choice.value) for name, switch in SWITCHES.items() for choice in switch]


@pytest.mark.parametrize("label", [P256, RSA2048])
@pytest.mark.parametrize(("name", "choice"), POSITIONS)
async def test_a_document_is_sealed_whichever_way_a_switch_stands(
    vendor_state: Path, tmp_path: Path, name: str, choice: str, label: str
) -> None:
    # The two that cannot be met by sending both: what a server refuses, its administrator switches off.
    options = {"checks_consent": choice != SigningUser.WITHHELD}
    async with practising(
        vendor_state, tmp_path, client=options, clients=(PLAIN,), variants={name: choice}
    ) as practice:
        practice.pkce = (name, choice) != ("pkce", Pkce.REFUSED)
        service, document = practice.client.service, practice.document()
        assert await service.session_life() == timedelta(days=1)
        timestamps_by = PersonalPurpose.SIGNING if choice == AuthCertificate.SIGNING else PersonalPurpose.AUTHENTICATION
        prepared = await practice.prepare([document], await practice.seal(label, timestamps_by))
        values = await practice.sign(prepared)
        (item,) = prepared.documents
        session = item.session
        (value,) = verify_values(prepared.seal.certificate, [(item.digest, values[session])])
        assert await service.finalize({session: value}, prepared.seal) == {session: None}
        assert await service.is_sealed(session, document, Profile())
        await service.download(session, document, Profile())
        original, sealed = practice.place(document)
        assert sealed.read_bytes().startswith(original.read_bytes())
