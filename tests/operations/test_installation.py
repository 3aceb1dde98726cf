"""The documented installation, made by its script and used by two ordinary users: the service, and a dropper.

Root alone can make users, so elsewhere this is skipped.
"""

import asyncio
import json
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from config.reading import read_settings
from jobs.model.documents import Profile
from jobs.model.lifecycle import State
from tests.operations.installation import OTHER_DROPPER, Installation, end, install
from tests.support.programs import required
from tests.support.waiting import PATIENCE
from tests.whole.running_app import reserved_address, until
from worker.app.on_disk import OnDisk
from worker.demo.invoices import write_invoices
from worker.demo.person import PracticePerson, open_browser
from worker.demo.plan import ROUTE, Sealing, write_plan
from worker.demo.practice_vendor import PracticeVendor, practice_vendor

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can install, and become two other users")
NAME = "rēķins 1.pdf"


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that other users can reach, as pytest's own are not."""
    for program in ("systemd-sysusers", "systemd-tmpfiles", "setpriv", "curl"):
        required(program)
    folder = Path(tempfile.mkdtemp(prefix="zimogs-installation-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest_asyncio.fixture
async def installed(
    root: Path, practice_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """Installed, running as its user; the seal is enrolled, and one document of the dropper's is sealed."""
    aside = tmp_path_factory.mktemp("aside")
    (aside / "vendor").mkdir()
    (aside / "secrets").mkdir()
    (aside / "vendor/keys").symlink_to(practice_keys)
    async with (
        reserved_address() as desk,
        practice_vendor(aside / "vendor", f"{desk}/callback", "--key", "p-256") as vendor,
        open_browser() as browser,
    ):
        persona, seal = vendor.holder_of("p-256")
        (aside / "secrets/zimogs_eparaksts__client_secret").write_text(vendor.client_secret)
        here = Installation.make(root, vendor.client_secret)
        write_plan(aside, vendor, Sealing(persona, seal.label, Profile()), desk)
        _write_settings(here, vendor, (aside / "zimogs.toml").read_text(encoding="utf-8"))
        install(root)
        log = (aside / "zimogs.log").open("wb")
        process = await asyncio.create_subprocess_exec(
            *here.command("run", "--config", here.settings, "--json"),
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            cwd=here.folders,
            env=here.environment(),
        )
        try:
            assert process.stdout is not None
            announced = await asyncio.wait_for(process.stdout.read(1), PATIENCE)
            assert announced, (aside / "zimogs.log").read_text()
            person = PracticePerson(browser, persona, desk)
            disk = OnDisk.of(read_settings(here.settings, secrets=aside / "secrets"))
            await _seal_one(here, disk, person, write_invoices(aside / "invoices", 1)[0].read_bytes())
            yield here
        finally:
            await end(process)
            log.close()


def _write_settings(here: Installation, vendor: PracticeVendor, plan: str) -> None:
    """Fill in the settings as the administrator does."""
    plan = re.sub(r'(?m)^(inbox|outbox|quarantine|data) = ".*"', rf'\1 = "{here.folders}/\1"', plan)
    plan = re.sub(r"(?m)^client_secret = .*\n", "", plan)
    plan = re.sub(r"(?m)^anchors = .*", 'anchors = ["anchors.pem"]', plan)
    here.settings.write_text(plan, encoding="utf-8")
    shutil.copyfile(vendor.root_certificate, here.settings.with_name("anchors.pem"))


async def _seal_one(here: Installation, disk: OnDisk, person: PracticePerson, invoice: bytes) -> None:
    await person.sign_in()
    await person.enrol()
    dropped = here.as_dropper(
        f"cat > 'inbox/{ROUTE}/x.part' && mv inbox/{ROUTE}/x.part 'inbox/{ROUTE}/{NAME}'", given=invoice
    )
    assert dropped.returncode == 0, dropped.stderr
    await until(lambda: disk.shelf.waiting_list(ROUTE))
    await person.gather(ROUTE)

    async def is_prepared() -> bool:
        batches = await disk.ledger.batches()
        return bool(batches) and (await disk.ledger.read(batches[0])).state is State.PREPARED

    async def is_settled() -> bool:
        return not await disk.ledger.open_batches()

    await until(is_prepared)
    await person.approve((await disk.ledger.batches())[0])
    await until(is_settled)


READS = [
    "cat ../../../etc/zimogs/client_secret",
    "cat ../../../etc/zimogs/zimogs.toml",
    "cat data/session.key",
    "cat data/ledger/invoices-000001/0001.json",
    "ls data",
    "ls quarantine",
]
WRITES = [
    "echo > ../../../etc/zimogs/client_secret",
    "echo >> ../../../etc/zimogs/zimogs.toml",
    "echo > data/session.key",
    "mv data old",
    "touch forged && mv forged data/session.key",
    "echo >> data/ledger/invoices-000001/0001.json",
    "rm -r data/ledger",
    "ln data/session.key inbox/invoices/key.pdf",
    "touch quarantine/note",
    "mv outbox old && mkdir outbox",
    "mv inbox old",
    "rmdir inbox/invoices",
    "mv inbox/invoices inbox/old",
    "ln -s ../data outbox/orders",
    "touch outbox/forged.pdf",
    "ln -s ../../data outbox/invoices/2026",
    f"echo >> 'outbox/invoices/{NAME}'",
    f"rm -f 'outbox/invoices/{NAME}.json'",
]


async def test_the_dropper_can_drop_and_collect_and_nothing_else(installed: Installation) -> None:
    """One test, since all of it needs the one running system."""
    assert await _faults_and_warnings(installed) == []
    assert _collected(installed) == NAME
    assert [attack for attack in (*READS, *WRITES) if not _is_refused(installed, attack)] == []
    _require_own_drops_only(installed)
    _require_no_way_to_redis(installed)
    _require_strangers_kept_out(installed)
    _require_the_script_to_be_idempotent(installed)


async def _faults_and_warnings(here: Installation) -> list[dict[str, str]]:
    """What the doctor, run as the service, is not content with."""
    process = await asyncio.create_subprocess_exec(
        *here.command("doctor", "--config", here.settings, "--json"),
        stdout=asyncio.subprocess.PIPE,
        cwd=here.folders,
        env=here.environment(),
    )
    told, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    findings: list[dict[str, str]] = json.loads(told)
    assert len(findings) > len(("inbox", "outbox", "quarantine", "data"))
    return [one for one in findings if one["verdict"] != "ok"]


def _collected(here: Installation) -> str:
    """The name under which the dropper finds the sealed file, whole."""
    sealed = json.loads(here.as_dropper(f"cat 'outbox/{ROUTE}/{NAME}.json'").stdout)["sealed"]
    assert here.as_dropper(f"sha256sum < 'outbox/{ROUTE}/{NAME}'").stdout.split()[0] == sealed["sha256"]
    return str(sealed["name"])


def _is_refused(here: Installation, attack: str) -> bool:
    tried = here.as_dropper(attack)
    return tried.returncode != 0 and re.search("denied|not permitted", tried.stderr) is not None


def _require_own_drops_only(here: Installation) -> None:
    """No dropper takes away or changes what another has dropped."""
    file = f"inbox/{ROUTE}/another.part"
    assert here.as_dropper(f"touch {file}", who=OTHER_DROPPER).returncode == 0
    attacks = (f"rm -f {file}", f"mv {file} inbox/{ROUTE}/mine.part", f"echo >> {file}")
    assert [attack for attack in attacks if not _is_refused(here, attack)] == []
    assert here.as_dropper(f"rm {file}", who=OTHER_DROPPER).returncode == 0


def _require_no_way_to_redis(here: Installation) -> None:
    cannot_connect = 7  # curl(1)
    (socket,) = here.folders.glob("data/**/*.sock")
    tried = here.as_dropper(f"curl --silent --max-time 5 --unix-socket '{socket}' http://redis/")
    assert tried.returncode == cannot_connect


def _require_strangers_kept_out(here: Installation) -> None:
    """Who is not even in the droppers' group."""
    stranger = replace(here, droppers=OTHER_DROPPER)
    folders = ("inbox", "outbox", "data", "quarantine", "../../../etc/zimogs")
    assert [folder for folder in folders if not _is_refused(stranger, f"ls {folder}")] == []


def _require_the_script_to_be_idempotent(here: Installation) -> None:
    install(here.root)
    before, settings = _permissions(here), here.settings.read_bytes()
    install(here.root)
    assert _permissions(here) == before
    assert here.settings.read_bytes() == settings


def _permissions(here: Installation) -> dict[str, tuple[int, int, int]]:
    paths = [*here.folders.rglob("*"), *here.settings.parent.rglob("*")]
    statuses = {str(path): path.lstat() for path in paths}
    return {name: (status.st_uid, status.st_gid, status.st_mode) for name, status in statuses.items()}
