"""The way of a batch of containers over the wire: whole files, hashes alone, folders, and archive timestamps."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from jobs.model.digest import Digest
from jobs.model.documents import Content, DataFile, Document, Profile, SealFormat
from jobs.model.errors import Rejected, Uncertain
from jobs.model.reasons import Reason
from jobs.model.records import Prepared
from sandbox.weather.operations import Operation as At
from sandbox.weather.rules import Kind
from tests.sandbox.xades_verifiers import signxml_accepts, xmlsec1_accepts
from tests.wire.practice import P256, P384, PDF, RSA2048, RSA3072, Practice

EDOC = Profile(format=SealFormat.EDOC)
HASHED = Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY)


def a_folder(practice: Practice, contents: Mapping[str, bytes]) -> Document:
    """Put a folder that is one document on the shelf."""
    files = tuple(
        DataFile(name=name, size=len(content), sha256=Digest.sha256(content), media_type="text/plain")
        for name, content in contents.items()
    )
    document = practice.document(7, name="līgumi/Līgums 17.edoc", content=b"x")
    original, _ = practice.place(document)
    original.unlink()
    original.mkdir()
    for name, content in contents.items():
        (original / name).write_bytes(content)
    return document.model_copy(update={"data_files": files, "size": sum(file.size for file in files)})


async def seal_all(practice: Practice, documents: Sequence[Document], profile: Profile, label: str = P256) -> Prepared:
    """Bring documents as far as the vendor's sealed files, and fetch them."""
    prepared = await practice.prepare(documents, await practice.seal(label), profile)
    results = await practice.client.service.finalize(await practice.sign(prepared), prepared.seal)
    assert set(results.values()) == {None}
    await fetch(practice, prepared, documents, profile)
    return prepared


async def fetch(practice: Practice, prepared: Prepared, documents: Sequence[Document], profile: Profile) -> None:
    by_id = {document.id: document for document in documents}
    for item in prepared.documents:
        await practice.client.service.download(item.session, by_id[item.document], profile)


def read_files(practice: Practice, document: Document) -> dict[str, bytes]:
    """What the sealed container holds beside its own parts."""
    with ZipFile(practice.place(document)[1]) as container:
        assert container.testzip() is None
        names = [name for name in container.namelist() if name != "mimetype" and not name.startswith("META-INF/")]
        return {name: container.read(name) for name in names}


@pytest.mark.parametrize("profile", [EDOC, HASHED])
@pytest.mark.parametrize("label", [P256, P384, RSA2048, RSA3072])
async def test_files_of_any_kind_come_back_in_containers(practice: Practice, label: str, profile: Profile) -> None:
    content = "<rēķins/>".encode()
    documents = [practice.document(number, name=f"rēķins {number}.xml", content=content) for number in (1, 2)]
    await seal_all(practice, documents, profile, label)
    assert [read_files(practice, document) for document in documents] == [
        {"rēķins 1.xml": content},
        {"rēķins 2.xml": content},
    ]


@pytest.mark.parametrize("profile", [EDOC, HASHED])
@pytest.mark.parametrize("label", [P256, P384, RSA2048, RSA3072])
async def test_containers_convince_xmlsec1_and_signxml_with_every_kind_of_key(
    practice: Practice, label: str, profile: Profile, tmp_path: Path
) -> None:
    document, root = (
        practice.document(name="rēķins 1.xml", content="<rēķins/>".encode()),
        practice.vendor.authority.root_pem,
    )
    await seal_all(practice, [document], profile, label)
    _, sealed = practice.place(document)
    assert xmlsec1_accepts(sealed, root, tmp_path)
    assert signxml_accepts(sealed, root, tmp_path)


@pytest.mark.parametrize("profile", [EDOC, HASHED])
async def test_a_folder_comes_back_as_one_container(practice: Practice, profile: Profile) -> None:
    contents = {"līgums.txt": b"the contract", "pielikums.txt": b"its annex"}
    folder = a_folder(practice, contents)
    await seal_all(practice, [folder], profile)
    assert read_files(practice, folder) == contents


async def test_where_only_hashes_are_sent_no_byte_of_a_document_leaves(practice: Practice) -> None:
    document = practice.document(1, name="noslēpums.txt", content=b"nobody's business")
    await seal_all(practice, [document], HASHED)
    assert practice.calls(At.UPLOAD) == 0
    assert practice.calls(At.ADD_DOCUMENT_DIGEST) == 1
    assert not any(b"nobody's business" in path.read_bytes() for path in vendor_files(practice))


def vendor_files(practice: Practice) -> list[Path]:
    return [path for path in practice.vendor.sessions.folder.rglob("*") if path.is_file()]


async def test_before_it_is_sealed_no_session_seems_to_be(practice: Practice) -> None:
    service = practice.client.service
    for number, (name, profile) in enumerate([("a.xml", EDOC), ("b.xml", HASHED), ("c.edoc", EDOC), ("d.pdf", PDF)], 1):
        document = practice.document(number, name=name)
        (session,) = await service.open_sessions(1)
        await service.upload(session, document, profile)
        assert not await service.is_sealed(session, document, profile)


@pytest.mark.parametrize("profile", [EDOC, HASHED])
async def test_a_sealed_container_is_seen_in_its_session(practice: Practice, profile: Profile) -> None:
    document = practice.document(1, name="a.xml", content=b"<a/>" * 500)
    prepared = await seal_all(practice, [document], profile)
    assert await practice.client.service.is_sealed(prepared.documents[0].session, document, profile)


async def test_a_container_that_was_dropped_is_wrapped_in_another(practice: Practice) -> None:
    first = practice.document(1, name="a.xml", content=b"<a/>")
    await seal_all(practice, [first], EDOC)
    content = practice.place(first)[1].read_bytes()
    again = practice.document(2, name="vecais.edoc", content=content)
    await seal_all(practice, [again], EDOC)
    assert read_files(practice, again) == {"vecais.edoc": content}


@pytest.mark.parametrize("profile", [PDF, EDOC])
async def test_sealed_files_get_their_archive_timestamps_in_one_call(practice: Practice, profile: Profile) -> None:
    documents = [practice.document(number) for number in (1, 2)]
    prepared = await seal_all(practice, documents, profile)
    before = [hashlib.sha256(practice.place(document)[1].read_bytes()).digest() for document in documents]
    sessions = tuple(item.session for item in prepared.documents)
    results = await practice.client.service.archive(sessions, prepared.seal)
    assert results == dict.fromkeys(sessions)
    assert practice.calls(At.ARCHIVE) == 1
    await fetch(practice, prepared, documents, profile)
    assert not {hashlib.sha256(practice.place(document)[1].read_bytes()).digest() for document in documents} & {*before}


async def test_what_cannot_be_archived_says_so_by_session(practice: Practice) -> None:
    prepared = await practice.prepare([practice.document()])
    results = await practice.client.service.archive((prepared.documents[0].session,), prepared.seal)
    (error,) = results.values()
    assert error is not None
    assert error.startswith("signing:addArchive")


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.RESET, Kind.HALF_BODY])
async def test_a_lost_archive_answer_is_uncertain_and_never_repeated(practice: Practice, kind: Kind) -> None:
    document = practice.document()
    prepared = await seal_all(practice, [document], PDF)
    practice.order(At.ARCHIVE, kind, status=504, after_work=True)
    with pytest.raises(Uncertain):
        await practice.client.service.archive((prepared.documents[0].session,), prepared.seal)
    assert practice.calls(At.ARCHIVE) == 1


async def test_a_lost_digest_answer_is_looked_into_before_another_session_is_taken(practice: Practice) -> None:
    document = practice.document(1, name="a.xml")
    (session,) = await practice.client.service.open_sessions(1)
    practice.order(At.ADD_DOCUMENT_DIGEST, Kind.RESET, after_work=True)
    await practice.client.service.upload(session, document, HASHED)
    assert practice.calls(At.ADD_DOCUMENT_DIGEST) == 1


async def test_digests_that_never_arrived_are_uncertain_and_whoever_opened_the_session_closes_it(
    practice: Practice,
) -> None:
    document = practice.document(1, name="a.xml")
    (session,) = await practice.client.service.open_sessions(1)
    practice.order(At.ADD_DOCUMENT_DIGEST, Kind.RESET)
    with pytest.raises(Uncertain):
        await practice.client.service.upload(session, document, HASHED)
    assert practice.calls(At.CLOSE) == 0


async def test_a_file_that_is_too_large_is_named(practice: Practice) -> None:
    folder = a_folder(practice, {"small.txt": b"x", "large.txt": b"x" * (25 * 1024 * 1024 + 1)})
    (session,) = await practice.client.service.open_sessions(1)
    with pytest.raises(Rejected, match=r"large\.txt") as caught:
        await practice.client.service.upload(session, folder, EDOC)
    assert caught.value.reason is Reason.TOO_LARGE
