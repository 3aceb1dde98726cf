"""addArchive: sealed and uploaded files reach B-LTA; what is not signed is refused session by session."""

import asyncio
from typing import Any

import pytest

from tests.sandbox.conftest import OpenIntegration
from tests.sandbox.integration import Integration, a_pdf, b64, seal_documents, the_auth_certificate, the_seal
from tests.sandbox.verifiers import signatures

ADD_ARCHIVE = "/api-sign/v1.0/addArchive"


async def add_archive(integration: Integration, *session_ids: str, certificate: str | None = None) -> tuple[int, Any]:
    auth = the_auth_certificate(integration) if certificate is None else certificate
    body = {"sessions": [{"sessionId": session_id} for session_id in session_ids], "authCertificate": auth}
    return await integration.call("POST", ADD_ARCHIVE, json=body)


async def only_file(integration: Integration, session_id: str) -> tuple[dict[str, Any], bytes]:
    _, body = await integration.call("GET", f"/api-storage/v1.0/{session_id}/list")
    (entry,) = body["data"]
    _, content = await integration.call("GET", f"/api-storage/v1.0/{session_id}/{entry['id']}")
    return entry, content


async def report(integration: Integration, session_id: str) -> dict[str, Any]:
    entry, _ = await only_file(integration, session_id)
    _, body = await integration.call("GET", f"/api-validation/v2.0/{session_id}/{entry['id']}/validate")
    return dict(body["data"])


async def upload(integration: Integration, content: bytes, name: str = "x.pdf") -> str:
    session_id = await integration.start()
    await integration.upload(session_id, content, name)
    return session_id


async def test_a_sealed_file_reaches_the_archive_level_under_its_own_id(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    before, content = await only_file(integration, session_id)
    status, body = await add_archive(integration, session_id)
    after, archived = await only_file(integration, session_id)
    assert (status, body["data"]["results"]) == (200, [{"sessionId": session_id}])
    assert (after["id"], after["name"], after["size"]) == (before["id"], before["name"], len(archived))
    assert archived.startswith(content)
    assert len(archived) > len(content)


async def test_validation_reports_the_archive_level(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    await add_archive(integration, session_id)
    judged = await report(integration, session_id)
    (signature,) = judged["signaturesExt"]
    assert (signature["signatureFormat"], signature["indication"]) == ("PAdES_BASELINE_LTA", "TOTAL-PASSED")
    assert (judged["validationConclusion"], judged["signaturesCount"]) == ("POSITIVE", 1)


async def test_a_signed_file_that_was_uploaded_is_archived_too(integration: Integration) -> None:
    (elsewhere,) = await seal_documents(integration, [a_pdf()])
    _, content = await only_file(integration, elsewhere)
    session_id = await upload(integration, content)
    before, _ = await only_file(integration, session_id)
    status, _ = await add_archive(integration, session_id)
    after, _ = await only_file(integration, session_id)
    assert (status, after["id"]) == (200, before["id"])
    assert (await report(integration, session_id))["signaturesExt"][0]["signatureFormat"] == "PAdES_BASELINE_LTA"


async def test_a_second_call_adds_a_second_timestamp(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    assert [(await add_archive(integration, session_id))[0] for _ in range(2)] == [200, 200]
    _, content = await only_file(integration, session_id)
    assert [one.sig_object_type for one in signatures(content)] == ["/Sig", "/DocTimeStamp", "/DocTimeStamp"]


async def test_calls_at_once_lose_no_timestamp(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    answers = await asyncio.gather(*(add_archive(integration, session_id) for _ in range(4)))
    done = [status for status, _ in answers].count(200)
    _, content = await only_file(integration, session_id)
    assert len(signatures(content)) == 1 + done
    assert done >= 1


async def test_what_is_not_signed_fails_alone(integration: Integration) -> None:
    session_ids = [*await seal_documents(integration, [a_pdf()]), await upload(integration, a_pdf())]
    status, body = await add_archive(integration, *session_ids)
    first, second = body["data"]["results"]
    assert (status, "error" in first, second["error"]["code"]) == (200, False, "signing:addArchive")


@pytest.mark.parametrize(
    ("content", "name"), [(a_pdf(), "x.pdf"), (b"no pdf", "x.pdf"), (a_pdf(), "x.txt")], ids=["unsigned", "no", "txt"]
)
async def test_where_nothing_can_be_archived_the_answer_is_400(
    integration: Integration, content: bytes, name: str
) -> None:
    await integration.introspect()
    status, body = await add_archive(integration, await upload(integration, content, name))
    assert (status, body["data"]["results"][0]["error"]["code"]) == (400, "signing:addArchive")


async def test_an_empty_and_an_unknown_session_have_errors_of_their_own(integration: Integration) -> None:
    await integration.introspect()
    status, body = await add_archive(integration, await integration.start(), "beef")
    codes = [result["error"]["code"] for result in body["data"]["results"]]
    assert (status, codes) == (400, ["signing:addArchive", "session:notFound"])


async def test_the_timestamp_service_lets_in_persons_only(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    seal = b64(the_seal(integration).credential.certificate_der)
    status, body = await add_archive(integration, session_id, certificate=seal)
    assert (status, body["error"]["code"]) == (400, "signing:timestamp")
    _, content = await only_file(integration, session_id)
    assert len(signatures(content)) == 1


async def test_a_blank_changed_below_the_archive_timestamp_is_found_out(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    await add_archive(integration, session_id)
    _, content = await only_file(integration, session_id)
    place = content.rindex(b"endobj\n", 0, content.index(b"/DocTimeStamp"))
    blanker = content[:place] + b"endobj " + content[place + 7 :]  # says the same, in another blank
    judged = await report(integration, await upload(integration, blanker))
    assert judged["validationConclusion"] == "NEGATIVE"


async def test_an_archived_file_survives_a_restart(open_integration: OpenIntegration) -> None:
    async with open_integration() as before:
        (session_id,) = await seal_documents(before, [a_pdf()])
        await add_archive(before, session_id)
        as_before = await only_file(before, session_id)
    async with open_integration() as after:
        await after.introspect()
        assert await only_file(after, session_id) == as_before


@pytest.mark.parametrize(("kind", "failed"), [("partial", [True, False]), ("refused", [True, True])])
async def test_the_weather_can_refuse_sessions(integration: Integration, kind: str, failed: list[bool]) -> None:
    session_ids = await seal_documents(integration, [a_pdf("1"), a_pdf("2")])
    rules = [{"operation": "archive", "kind": kind}]
    await integration.call("POST", "/sandbox/weather", json={"rules": rules})
    _, body = await add_archive(integration, *session_ids)
    assert ["error" in result for result in body["data"]["results"]] == failed


async def test_the_work_may_be_done_although_its_answer_is_lost(integration: Integration) -> None:
    (session_id,) = await seal_documents(integration, [a_pdf()])
    rules = [{"operation": "archive", "kind": "status", "status": 504, "after_work": True, "times": 1}]
    await integration.call("POST", "/sandbox/weather", json={"rules": rules})
    status, _ = await add_archive(integration, session_id)
    _, content = await only_file(integration, session_id)
    assert (status, len(signatures(content))) == (504, 2)
