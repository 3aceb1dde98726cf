"""The rehearsal of containers and of the archive level, held against other people's verifiers."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.sandbox.xades_verifiers import signxml_accepts, xmlsec1_accepts
from tests.whole.rehearsal import Ended, zimogs

KEYS = ("rsa-2048", "rsa-3072", "p-256", "p-384")


def rehearsed(folder: Path, *options: str | Path) -> Ended:
    """A rehearsal that succeeded with one authorization and one signature call."""
    ended = zimogs("demo", "--data", folder, "--json", *options)
    assert ended.code == 0, ended.output + ended.complaints
    assert (ended.facts["authorizations"], ended.facts["signature_calls"]) == (1, 1)
    return ended


def levels(ended: Ended, folder: Path) -> list[str]:
    """What `zimogs verify` says of everything in the outbox."""
    files = sorted(path for path in Path(ended.facts["outbox"]).rglob("*") if path.suffix in {".pdf", ".edoc"})
    verified = zimogs("verify", "--config", folder / "zimogs.toml", "--json", *files)
    assert verified.code == 0, verified.output
    return [signature["level"] for report in verified.facts for signature in report["signatures"]]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("options", [(), ("--hash-only",)])
def test_sealed_containers_convince_xmlsec1_and_signxml(key: str, options: tuple[str, ...], tmp_path: Path) -> None:
    ended = rehearsed(tmp_path / "demo", "--format", "edoc", "--documents", "3", "--key", key, *options)
    root = Path(ended.facts["trust_anchor"]).read_bytes()
    containers = sorted(Path(ended.facts["outbox"]).glob("*.edoc"))
    assert [path.name for path in containers] == [f"rēķins-2026-{number:05}.pdf.edoc" for number in (1, 2, 3)]
    for container in containers:
        assert xmlsec1_accepts(container, root, tmp_path / container.name)
        assert signxml_accepts(container, root, tmp_path)


def test_the_documents_in_a_container_are_the_originals(tmp_path: Path) -> None:
    ended = rehearsed(tmp_path / "demo", "--format", "edoc", "--documents", "2")
    for original in (tmp_path / "demo" / "invoices").iterdir():
        with ZipFile(Path(ended.facts["outbox"]) / f"{original.name}.edoc") as container:
            assert container.read(original.name) == original.read_bytes()


@pytest.mark.parametrize(
    ("options", "level"),
    [
        (("--format", "edoc"), "XAdES B-LT"),
        (("--level", "lta"), "PAdES B-LTA"),
        (("--format", "edoc", "--level", "LTA"), "XAdES B-LTA"),
        (("--format", "edoc", "--hash-only"), "XAdES B-LT"),
    ],
)
def test_the_level_that_was_asked_for_is_reached(options: tuple[str, ...], level: str, tmp_path: Path) -> None:
    ended = rehearsed(tmp_path / "demo", "--documents", "3", *options)
    assert levels(ended, tmp_path / "demo") == [level] * 3


@pytest.mark.parametrize("sealed_as", ["pdf", "edoc"])
def test_the_vendors_report_lies_beside_each_file(sealed_as: str, tmp_path: Path) -> None:
    options = ("--documents", "2", "--format", sealed_as, "--validate", "vendor")
    ended = rehearsed(tmp_path / "demo", *options)
    reports = sorted(Path(ended.facts["outbox"]).glob("*.validation.json"))
    assert len(reports) == 2
    assert {json.loads(path.read_bytes())["validationConclusion"] for path in reports} == {"POSITIVE"}


def test_a_folder_becomes_one_container_among_others(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "Līgums 17.edoc").mkdir(parents=True)
    (source / "Līgums 17.edoc" / "līgums.txt").write_text("the contract")
    (source / "Līgums 17.edoc" / "pielikums.xml").write_text("<annex/>")
    (source / "rēķins.xml").write_text("<invoice/>")
    ended = rehearsed(tmp_path / "demo", "--format", "edoc", "--from", source)
    outbox = Path(ended.facts["outbox"])
    with ZipFile(outbox / "Līgums 17.edoc") as container:
        assert {"līgums.txt", "pielikums.xml"} < set(container.namelist())
    assert (outbox / "rēķins.xml.edoc").exists()
    assert ended.facts["sealed"] == 2
