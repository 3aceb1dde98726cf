"""The rehearsal of containers and of the archive level, held against other people's verifiers."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.sandbox.xades_verifiers import signxml_accepts, xmlsec1_accepts
from tests.whole.rehearsal import Rehearsal, Rehearsals, run_command

ARCHIVED = ("--level", "lta", "--validate", "vendor", "--documents", "3")
CONTAINERS = ("--format", "edoc", "--key", "p-384", "--documents", "3")
HASHED = ("--format", "edoc", "--key", "rsa-2048", "--documents", "3", "--hash-only")
ARCHIVED_CONTAINERS = ("--format", "edoc", "--level", "LTA", "--validate", "vendor", "--documents", "3")


@pytest.mark.parametrize("options", [CONTAINERS, HASHED])
def test_sealed_containers_convince_xmlsec1_and_signxml(
    options: tuple[str, ...], rehearsals: Rehearsals, tmp_path: Path
) -> None:
    rehearsal = rehearsals.run(*options)
    containers = sorted(rehearsal.outbox.glob("*.edoc"))
    assert [path.name for path in containers] == [f"rēķins-2026-{number:05}.pdf.edoc" for number in (1, 2, 3)]
    for container in containers:
        assert xmlsec1_accepts(container, rehearsal.trust_anchor, tmp_path / container.name)
        assert signxml_accepts(container, rehearsal.trust_anchor, tmp_path)


@pytest.mark.parametrize("options", [CONTAINERS, HASHED])
def test_the_documents_in_a_container_are_the_originals(options: tuple[str, ...], rehearsals: Rehearsals) -> None:
    rehearsal = rehearsals.run(*options)
    originals = list((rehearsal.folder / "invoices").iterdir())
    assert len(originals) == 3
    for original in originals:
        with ZipFile(rehearsal.outbox / f"{original.name}.edoc") as container:
            assert container.read(original.name) == original.read_bytes()


@pytest.mark.parametrize(
    ("options", "level"),
    [
        (CONTAINERS, "XAdES B-LT"),
        (HASHED, "XAdES B-LT"),
        (ARCHIVED, "PAdES B-LTA"),
        (ARCHIVED_CONTAINERS, "XAdES B-LTA"),
    ],
)
def test_the_level_that_was_asked_for_is_reached(options: tuple[str, ...], level: str, rehearsals: Rehearsals) -> None:
    assert levels(rehearsals.run(*options)) == [level] * 3


def levels(rehearsal: Rehearsal) -> list[str]:
    """What `zimogs verify` says of everything in the outbox."""
    files = sorted(path for path in rehearsal.outbox.rglob("*") if path.suffix in {".pdf", ".edoc"})
    verified = run_command("verify", "--config", rehearsal.folder / "zimogs.toml", "--json", *files)
    assert verified.code == 0, verified.output
    return [signature["level"] for report in verified.facts for signature in report["signatures"]]


@pytest.mark.parametrize("options", [ARCHIVED, ARCHIVED_CONTAINERS])
def test_the_vendors_report_lies_beside_each_file(options: tuple[str, ...], rehearsals: Rehearsals) -> None:
    assert conclusions(rehearsals.run(*options)) == ["POSITIVE"] * 3


def conclusions(rehearsal: Rehearsal) -> list[str]:
    """What the vendor's reports say."""
    reports = sorted(rehearsal.outbox.glob("*.validation.json"))
    return [json.loads(path.read_bytes())["validationConclusion"] for path in reports]


def test_a_folder_becomes_one_container_among_others(rehearsals: Rehearsals, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "Līgums 17.edoc").mkdir(parents=True)
    (source / "Līgums 17.edoc" / "līgums.txt").write_text("the contract")
    (source / "Līgums 17.edoc" / "pielikums.xml").write_text("<annex/>")
    (source / "rēķins.xml").write_text("<invoice/>")
    rehearsal = rehearsals.run("--format", "edoc", "--validate", "vendor", "--from", source)
    with ZipFile(rehearsal.outbox / "Līgums 17.edoc") as container:
        assert {"līgums.txt", "pielikums.xml"} < set(container.namelist())
    assert (rehearsal.outbox / "rēķins.xml.edoc").exists()
    assert rehearsal.ended.facts["sealed"] == 2
    assert conclusions(rehearsal) == ["POSITIVE"] * 2
