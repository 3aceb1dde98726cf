"""Machines that share a bucket are told where one is set otherwise, and no setting leaves a machine for that."""

from pathlib import Path

from structlog.testing import capture_logs

from config.agreement import settings_in_common
from config.notices import HookSettings
from config.sections import TrustSettings
from config.settings import Settings
from tests.support.builders import INVOICES
from tests.support.installation import an_installation
from tests.support.object_storage import BucketServer
from worker.app.on_disk import OnDisk
from worker.doctor.agreement import examine_agreement
from worker.doctor.finding import Severity
from worker.doctor.start import tell_differences
from worker.objects.agreement import ObjectAgreement
from worker.objects.bucket import Bucket
from worker.storage.agreement import VERSION


async def test_a_machine_that_is_set_otherwise_is_named_with_the_setting_while_it_runs(
    tmp_path: Path, bucket: Bucket
) -> None:
    here, person = an_installation(tmp_path), "PNOLV-010101-10006"
    route = here.routes[INVOICES].model_copy(update={"approvers": frozenset({person})})
    desk = here.desk.model_copy(update={"public_url": "https://zimogs.example", "port": 9000})
    there = here.model_copy(update={"routes": {INVOICES: route}, "desk": desk})
    own = ObjectAgreement(bucket, "riga", lambda: settings_in_common(here))
    other = ObjectAgreement(bucket, "liepaja", lambda: settings_in_common(there))
    async with own.announced(), other.announced():
        where = frozenset({"liepaja"})
        differing = {"desk.public_url": where, f"routes.{INVOICES}.approvers": where}
        assert await own.find_differences() == differing
        findings = await examine_agreement(own)
        assert [finding.severity for finding in findings] == [Severity.WARNING] * 2
        assert "desk.public_url" in findings[0].found
        assert "liepaja" in findings[0].found
        with capture_logs() as lines:
            await tell_differences(own)
        assert [line["found"] for line in lines] == [finding.found for finding in findings]
        told = b"".join(bucket.read(each.key) for each in bucket.list("machines"))
        assert not any(text in told for text in (person.encode(), b"010101", b"https:"))
    (finding,) = await examine_agreement(own)
    assert finding.severity is Severity.OK
    assert bucket.names("machines") == frozenset()


async def test_what_another_version_of_zimogs_told_is_compared_as_far_as_both_know_it(
    tmp_path: Path, bucket: Bucket
) -> None:
    here = an_installation(tmp_path)
    own = ObjectAgreement(bucket, "riga", lambda: settings_in_common(here))
    newer = ObjectAgreement(bucket, "liepaja", lambda: {**settings_in_common(here), "desk.colour": "blue"})
    bucket.write("machines/other", b"told in another way")
    async with newer.announced():
        assert await own.find_differences() == {}


async def test_a_machine_of_another_version_is_named(tmp_path: Path, object_storage: BucketServer) -> None:
    settings = on_the_bucket(tmp_path, object_storage)
    own, bucket = OnDisk.of(settings).agreement, object_storage.bucket(tmp_path.name)
    async with ObjectAgreement(bucket, "liepaja", lambda: {VERSION: "0.1.0"}).announced():
        (finding,) = await examine_agreement(own)
    assert finding.severity is Severity.WARNING
    assert finding.found == "the version of zimogs is not as here on liepaja"
    assert "Stop zimogs on all of them" in finding.advice


async def test_a_machine_that_tells_nobody_is_named(tmp_path: Path, object_storage: BucketServer) -> None:
    silent = on_the_bucket(tmp_path, object_storage)
    hook = HookSettings(command=("/bin/true",))
    disk, telling = OnDisk.of(silent), OnDisk.of(silent.model_copy(update={"hooks": {"archive": hook}}))
    async with telling.agreement.announced():
        assert list(await disk.agreement.find_differences() or ()) == ["hooks"]


async def test_each_machine_compares_its_trust_anchors_too_and_one_with_folders_nothing(
    tmp_path: Path, object_storage: BucketServer
) -> None:
    settings = on_the_bucket(tmp_path, object_storage)
    with_folders = settings.model_copy(update={"storage": an_installation(tmp_path).storage})
    assert await examine_agreement(OnDisk.of(with_folders).agreement) == []
    shared = OnDisk.of(settings)
    async with shared.agreement.announced():
        assert await shared.agreement.find_differences() == {}
        (tmp_path / "root.pem").write_bytes(b"another")
        assert list(await shared.agreement.find_differences() or ()) == ["trust.anchors"]


def on_the_bucket(folder: Path, server: BucketServer) -> Settings:
    """What a machine is set to that shares a bucket, with a trust anchor that is there."""
    anchor = folder / "root.pem"
    anchor.write_bytes(b"one")
    common = {"trust": TrustSettings(anchors=(anchor,)), "storage": server.settings(folder.name)}
    return an_installation(folder).model_copy(update=common)
