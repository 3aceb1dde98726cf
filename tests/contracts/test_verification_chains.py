"""Chains are validated once for a certificate and its evidence, and never believed beyond what was validated."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from jobs.model.errors import Rejected
from sandbox.pki import Authority, ValidationData
from sandbox.pki.identity import SigningIdentity
from tests.support.pki import NOON, a_seal, an_answer, the_authority, the_proofs, the_seal
from worker.verification.chains import Chains, ChainStanding, Purpose
from worker.verification.evidence import Evidence


def evidence_of(proofs: ValidationData) -> Evidence:
    return Evidence(frozenset(proofs.certificates), frozenset(proofs.ocsp_responses), frozenset(proofs.crls))


async def find_standing(
    chains: Chains, seal: SigningIdentity, evidence: Evidence, moment: datetime = NOON
) -> ChainStanding:
    return await asyncio.to_thread(chains.find_standing, seal.certificate_der, Purpose.SEALING, evidence, moment)


def chains_to(*authorities: Authority) -> Chains:
    return Chains(authority.root.certificate for authority in authorities)


async def test_the_same_evidence_is_validated_once() -> None:
    chains, evidence = chains_to(the_authority()), evidence_of(the_proofs(the_seal()))
    first = await find_standing(chains, the_seal(), evidence)
    assert await find_standing(chains, the_seal(), evidence, NOON + timedelta(minutes=5)) is first


async def test_news_about_another_certificate_makes_nothing_new() -> None:
    chains, proofs = chains_to(the_authority()), the_proofs(the_seal())
    news = an_answer(a_seal(the_authority()).certificate)
    first = await find_standing(chains, the_seal(), evidence_of(proofs))
    more = replace(proofs, ocsp_responses=(*proofs.ocsp_responses, news))
    assert await find_standing(chains, the_seal(), evidence_of(more)) is first


async def test_a_certificate_that_has_expired_since_is_refused_although_it_was_remembered() -> None:
    seal = a_seal(the_authority(), not_after=NOON + timedelta(hours=1))
    chains, evidence = chains_to(the_authority()), evidence_of(the_proofs(seal))
    await find_standing(chains, seal, evidence)
    with pytest.raises(Rejected, match="not to be trusted"):
        await find_standing(chains, seal, evidence, NOON + timedelta(hours=2))


async def test_answers_that_went_stale_since_prove_nothing_although_they_were_remembered() -> None:
    chains, evidence = chains_to(the_authority()), evidence_of(the_proofs(the_seal()))
    assert (await find_standing(chains, the_seal(), evidence)).unproven is None
    assert (await find_standing(chains, the_seal(), evidence, NOON + timedelta(days=3))).unproven


async def test_new_evidence_of_revocation_is_seen() -> None:
    chains, proofs = chains_to(the_authority()), the_proofs(the_seal())
    await find_standing(chains, the_seal(), evidence_of(proofs))
    revoked = an_answer(the_seal().certificate, revoked_at=NOON - timedelta(days=1))
    with pytest.raises(Rejected, match="revoked"):
        await find_standing(chains, the_seal(), evidence_of(replace(proofs, ocsp_responses=(revoked,))))


async def test_an_anchor_needs_no_proof_that_it_is_good() -> None:
    chains = Chains([the_seal().certificate])
    assert (await find_standing(chains, the_seal(), Evidence())).unproven is None


async def test_missing_proof_is_told_apart_from_missing_trust() -> None:
    proofs = replace(the_proofs(the_seal()), ocsp_responses=())
    found = await find_standing(chains_to(the_authority()), the_seal(), evidence_of(proofs))
    assert found.unproven


async def test_a_certificate_for_something_else_cannot_seal() -> None:
    authority = the_authority()
    with pytest.raises(Rejected, match="the certificate of the seal was not issued for that"):
        await find_standing(chains_to(authority), authority.issuing, evidence_of(the_proofs(the_seal())))
