"""What is sent: credentials, browser addresses, bodies and certificates."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs.model.digest import Digest
from jobs.model.documents import DataFile
from jobs.model.errors import Rejected
from jobs.model.text import show
from tests.sandbox import practice
from worker.eparaksts.bodies import SMALL, FileBody, as_form, as_json
from worker.eparaksts.certificates import common_name, is_for_authentication, normalise_certificate, serial_number
from worker.eparaksts.failures import Unreadable
from worker.eparaksts.operations import Endpoints, Operation
from worker.eparaksts.tokens import Credentials


@pytest.mark.parametrize(("url_encoded", "pair"), [(True, "kl%C4%ABents:s%2Bc%3Aret"), (False, "klīents:s+c:ret")])
def test_basic_credentials_are_url_encoded_unless_switched_off(url_encoded: bool, pair: str) -> None:  # noqa: FBT001  a parameter of the test
    basic = Credentials("klīents", SecretStr("s+c:ret"), url_encoded=url_encoded).basic().get_secret_value()
    assert basic == "Basic " + base64.b64encode(pair.encode()).decode()


def test_addresses_name_the_service_and_what_the_call_is_about() -> None:
    endpoints = Endpoints("https://eidas", "https://signapi")
    assert endpoints.authorize == "https://eidas/trustedx-authserver/oauth/lvrtc-eipsign-as"
    assert endpoints.url(Operation.EXCHANGE) == f"{endpoints.authorize}/token"
    assert endpoints.url(Operation.LIST, session="s") == "https://signapi/api-storage/v1.0/s/list"


def test_a_form_and_its_length() -> None:
    form = as_form({"code": "a+b/c=", "redirect_uri": "https://x/y"})
    assert form.octets == b"code=a%2Bb%2Fc%3D&redirect_uri=https%3A%2F%2Fx%2Fy"
    assert form.length == len(form.octets)
    assert "a%2Bb" not in repr(form)


def test_json_is_sent_compact() -> None:
    assert as_json({"a": [1, 2]}).octets == b'{"a":[1,2]}'


def a_data_file(content: bytes, name: str = "a.pdf") -> DataFile:
    return DataFile(name=name, size=len(content), sha256=Digest.sha256(content), media_type="application/pdf")


async def whole(body: FileBody) -> bytes:
    content = await body.content()
    return content if isinstance(content, bytes) else b"".join([piece async for piece in content])


@pytest.mark.parametrize("size", [1, SMALL, SMALL + 1, 5 * SMALL])
async def test_a_file_is_sent_whole_at_the_length_promised(tmp_path: Path, size: int) -> None:
    content = (b"%PDF-" + bytes(range(256)) * (size // 256 + 1))[:size]
    (tmp_path / "a").write_bytes(content)
    body = FileBody(tmp_path / "a", a_data_file(content))
    sent = await whole(body)
    assert content in sent
    assert len(sent) == body.length


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("rēķins.pdf", "rēķins.pdf"),
        ('a"b.pdf', r"a\"b.pdf"),
        ("a\\b.pdf", r"a\\b.pdf"),
        ("a\r\nX-Evil: 1.pdf", "a%0D%0AX-Evil: 1.pdf"),
    ],
)
async def test_a_file_name_is_sent_in_utf8_and_cannot_break_out(tmp_path: Path, name: str, written: str) -> None:
    (tmp_path / "a").write_bytes(b"x")
    sent = await whole(FileBody(tmp_path / "a", a_data_file(b"x", name)))
    assert f'name="file"; filename="{written}"\r\nContent-Type: application/pdf\r\n\r\n'.encode() in sent


@pytest.mark.parametrize("size", [10, SMALL + 10])
async def test_an_original_that_changed_its_length_is_not_sent(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(b"x" * (size - 1))
    with pytest.raises(Rejected, match=f"has {show(size - 1)} bytes now; it came with {show(size)}"):
        await FileBody(tmp_path / "a", a_data_file(b"x" * size)).content()


@pytest.mark.parametrize("size", [10, SMALL, SMALL + 1, 5 * SMALL])
async def test_an_original_that_changed_its_content_is_never_sent_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(b"x" * (size - 1) + b"y")
    body = FileBody(tmp_path / "a", a_data_file(b"x" * size))
    sent: list[bytes] = []
    with pytest.raises(Rejected, match="its SHA-256 differs") as caught:
        await send(body, sent)
    assert body.fault is caught.value
    assert len(b"".join(sent)) < body.length


async def send(body: FileBody, sent: list[bytes]) -> None:
    content = await body.content()
    if isinstance(content, bytes):
        sent.append(content)
        return
    async for piece in content:
        sent += [piece]


CERTIFICATE = base64.b64encode(practice.a_seal().certificate_der).decode()
IN_LINES = "\n".join(CERTIFICATE[at : at + 64] for at in range(0, len(CERTIFICATE), 64))


@pytest.mark.parametrize(
    "text",
    [
        CERTIFICATE,
        IN_LINES,
        f"-----BEGIN CERTIFICATE-----\r\n{IN_LINES}\n-----END CERTIFICATE-----\n",
        f" {CERTIFICATE}\n",
    ],
)
def test_a_certificate_is_brought_to_normalise_certificate(text: str) -> None:
    assert normalise_certificate(text) == CERTIFICATE


@pytest.mark.parametrize("text", ["", "not base64!", base64.b64encode(b"no certificate").decode()])
def test_what_is_no_certificate_is_no_answer(text: str) -> None:
    with pytest.raises(Unreadable):
        normalise_certificate(text)


def test_a_certificate_tells_whose_it_is_and_what_for() -> None:
    person = practice.a_person(practice.the_authority().authentication_identity)
    certificate = base64.b64encode(person.certificate_der).decode()
    assert serial_number(certificate) == "PNOLV-010190-12345"
    assert is_for_authentication(certificate)
    assert not is_for_authentication(CERTIFICATE)
    assert common_name(CERTIFICATE) == "SIA DEMO : eZīmogs"
