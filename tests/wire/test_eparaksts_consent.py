"""Who consented is who approved: asked of the platform before anything is signed; and a code is its asker's alone."""

import pytest
from pydantic import SecretStr

from jobs.model.errors import ConsentRefused, Permanent
from sandbox.variants import Variants
from sandbox.variants.platform import SigningUser
from sandbox.weather.operations import Operation as At
from tests.support.builders import JANIS
from tests.wire.practice import Practice


async def test_nothing_is_signed_for_somebody_else_than_the_approver(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    consent = (await practice.consent(prepared)).model_copy(update={"approver": JANIS})
    with pytest.raises(ConsentRefused, match="Another person than the approver"):
        await practice.client.service.sign(prepared, consent)
    assert practice.calls(At.SIGN) == 0


async def test_nothing_is_signed_while_the_platform_does_not_tell_who_consented(practice: Practice) -> None:
    practice.vendor.switchboard.set(Variants(signing_user=SigningUser.WITHHELD))
    prepared = await practice.prepare([practice.document()])
    with pytest.raises(ConsentRefused, match="consenting_person"):
        await practice.sign(prepared)
    assert practice.calls(At.SIGN) == 0


@pytest.mark.parametrize("verifier", [None, SecretStr("x" * 43)])
async def test_a_code_is_worth_nothing_to_who_did_not_ask_for_it(
    practice: Practice, verifier: SecretStr | None
) -> None:
    prepared = await practice.prepare([practice.document()])
    stolen = (await practice.consent(prepared)).model_copy(update={"code_verifier": verifier})
    with pytest.raises(Permanent, match="invalid_grant"):
        await practice.client.service.sign(prepared, stolen)
    assert practice.calls(At.SIGN) == 0
