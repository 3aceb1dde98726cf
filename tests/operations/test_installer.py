"""What `deploy/install.sh` does with what it finds: an earlier version, wrong settings, what others laid in its way."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.reading import EXAMPLE
from tests.operations.test_deploy import DEPLOY
from tests.operations.test_settings import MINIMAL
from tests.support.programs import required
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can install")
SERVICE, DROPPER = 54320, 54321


@pytest.fixture
def root() -> Iterator[Path]:
    """A folder that other users can reach, in which users are those of an earlier installation."""
    for program in ("systemd-sysusers", "systemd-tmpfiles", "setpriv"):
        required(program)
    folder = Path(tempfile.mkdtemp(prefix="zimogs-installer-"))
    folder.chmod(0o755)
    (folder / "etc/zimogs").mkdir(parents=True)
    (folder / "etc/passwd").write_text(f"zimogs:x:{SERVICE}:{SERVICE}::/:/bin/sh\njanis:x:{DROPPER}:{DROPPER}::/:\n")
    (folder / "etc/group").write_text(f"zimogs:x:{SERVICE}:janis\njanis:x:{DROPPER}:\n")
    (folder / "var/lib/zimogs").mkdir(parents=True)
    os.chown(folder / "var/lib/zimogs", SERVICE, SERVICE)
    yield folder
    shutil.rmtree(folder)


def install(root: Path, *options: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(DEPLOY / "install.sh"), "--root", str(root), "--no-program", *options],
        input=given,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
        env=os.environ | {"PYTHON": sys.executable},
    )


def as_user(root: Path, user: int, command: str, *groups: str) -> "subprocess.CompletedProcess[str]":
    """Run a line of shell in the folder of the folders."""
    members = {line.split(":")[0]: line.split(":")[2] for line in (root / "etc/group").read_text().splitlines()}
    taken = [f"--groups={','.join(members[group] for group in groups)}"] if groups else ["--clear-groups"]
    return subprocess.run(
        ["setpriv", f"--reuid={user}", f"--regid={user}", *taken, "sh", "-c", f"umask 007; {command}"],
        capture_output=True,
        check=False,
        text=True,
        cwd=root / "var/lib/zimogs",
        timeout=PATIENCE,
    )


def test_an_earlier_version_becomes_this_one_and_nobody_is_locked_out_who_may(root: Path) -> None:
    """Until 0.2.0 droppers were in the group zimogs, which could read and write nearly everything."""
    made = "mkdir -p data inbox/invoices outbox/invoices/2026 quarantine/invoices; touch data/x outbox/invoices/2026/a"
    assert as_user(root, SERVICE, made).returncode == 0
    dropped = "echo > inbox/invoices/b; mkdir -m 0700 quarantine/invoices/huge"
    assert as_user(root, DROPPER, dropped, "zimogs").returncode == 0
    done = install(root)
    assert (done.returncode, done.stderr.count("denied")) == (0, 0), done.stderr
    assert "Move them" in done.stdout
    assert "janis" in done.stdout
    collect = "cat outbox/invoices/2026/a && touch inbox/invoices/c"
    assert as_user(root, DROPPER, collect, "zimogs-drop").returncode == 0
    assert as_user(root, DROPPER, "ls data || ls quarantine || touch outbox/invoices/x", "zimogs-drop").returncode != 0
    assert as_user(root, DROPPER, "cat data/x || touch outbox/invoices/x", "zimogs").returncode != 0
    # What the service makes from now on lies in folders that its droppers can enter.
    assert (root / "var/lib/zimogs/outbox/invoices").stat().st_mode & 0o2770 == 0o2750


def test_settings_that_are_no_toml_are_told_in_one_sentence(root: Path) -> None:
    (root / "etc/zimogs/zimogs.toml").write_text("[routes.invoices")
    done = install(root)
    assert done.returncode != 0
    assert "is not valid TOML" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_settings_cannot_have_root_make_anything_but_a_folder_for_a_route(root: Path) -> None:
    """They are the service's, which is not root."""
    smuggled = r'[routes."x 0777 root root -\nf /etc/smuggled 0644 root root - x"]' + "\n[routes.orders]\n"
    (root / "etc/zimogs/zimogs.toml").write_text(smuggled)
    assert install(root).returncode == 0
    assert not (root / "etc/smuggled").exists()
    assert [path.name for path in (root / "var/lib/zimogs/inbox").iterdir()] == ["orders"]


@pytest.mark.parametrize("options", [("--client-secret", "-"), ("--client-secret", "/nowhere"), ("--client-secret",)])
def test_a_secret_that_is_not_given_replaces_none(options: tuple[str, ...], root: Path) -> None:
    (root / "etc/zimogs/client_secret").write_text("the one that is there")
    done = install(root, *options)
    assert done.returncode != 0
    assert done.stderr
    assert (root / "etc/zimogs/client_secret").read_text() == "the one that is there"
    assert not (root / "etc/tmpfiles.d").exists()


def test_any_secret_is_laid_where_zimogs_reads_it_and_nobody_else_does(root: Path) -> None:
    given = root / "given"
    given.write_text("whsec_a-new-one\n")
    for_the_vendor = ("--secret", "eparaksts.client_secret", str(given))
    assert install(root, "--secret", "webhooks.ledger.secrets", "-", *for_the_vendor, given="whsec_one").returncode == 0
    # Once more, to replace it; what was given before stays.
    assert install(root, "--secret", "webhooks.ledger.secrets", str(given)).returncode == 0
    name = "zimogs_webhooks__ledger__secrets"
    secret, link = root / "etc/zimogs/secrets" / name, root / "run/secrets" / name
    assert (secret.read_text(), str(link.readlink())) == ("whsec_a-new-one\n", f"/etc/zimogs/secrets/{name}")
    assert (secret.stat().st_mode & 0o777, secret.stat().st_uid) == (0o600, SERVICE)
    assert (root / "etc/zimogs/client_secret").read_text() == "whsec_a-new-one\n"
    assert as_user(root, DROPPER, "cat ../../../etc/zimogs/secrets/*", "zimogs-drop").returncode != 0
    assert name in (root / "etc/tmpfiles.d/zimogs-secrets.conf").read_text()


def test_the_names_of_secrets_cannot_have_root_make_anything_but_a_link_to_them(root: Path) -> None:
    """They are the service's, which is not root."""
    assert install(root).returncode == 0
    smuggled = "'zimogs_x - - - - -\nf+ !smuggled 0644 root root - x'"
    lay = f"cd ../../../etc/zimogs/secrets && touch zimogs_redis__url {smuggled} 'zimogs_..%2fx' session.key"
    assert as_user(root, SERVICE, f"printf x; {lay}").returncode == 0
    assert install(root).returncode == 0
    (line,) = (root / "etc/tmpfiles.d/zimogs-secrets.conf").read_text().splitlines()
    assert line.startswith("L+ /run/secrets/zimogs_redis__url ")


@pytest.mark.parametrize("setting", ["redis", "../x.y", "Redis.url", "redis.url/x"])
def test_a_secret_of_no_setting_is_refused(setting: str, root: Path) -> None:
    assert install(root, "--secret", setting, "-", given="a secret").returncode == 2
    assert not (root / "etc/tmpfiles.d").exists()


def test_what_a_dropper_lays_in_the_place_of_a_route_is_told_and_stops_nothing_else(root: Path) -> None:
    assert install(root).returncode == 0
    assert as_user(root, DROPPER, "ln -s ../data inbox/orders", "zimogs-drop").returncode == 0
    (root / "etc/zimogs/zimogs.toml").write_text("[routes.orders]\n[routes.receipts]\n")
    done = install(root)
    assert done.returncode == 0
    assert 'orders" already exists' in done.stderr
    assert (root / "var/lib/zimogs/inbox/receipts").stat().st_uid == SERVICE


def test_a_relative_root_is_meant_from_here(root: Path) -> None:
    shutil.copy(EXAMPLE, root / "etc/zimogs/zimogs.toml")
    assert install(Path(os.path.relpath(root))).returncode == 0
    assert (root / "var/lib/zimogs/inbox/invoices").is_dir()


@pytest.mark.parametrize("command", [("submit", "a.pdf"), ("run",)])
def test_root_is_told_to_work_as_the_service_before_it_leaves_files_that_the_service_cannot_change(
    root: Path, command: tuple[str, ...]
) -> None:
    assert install(root).returncode == 0
    data = root / "var/lib/zimogs/data"
    settings = root / "zimogs.toml"
    settings.write_text(f'{MINIMAL}[folders]\ndata = "{data}"\n', encoding="utf-8")
    (root / "a.pdf").touch()
    ended = subprocess.run(
        [Path(sys.executable).parent / "zimogs", *command, "--config", settings],
        capture_output=True,
        check=False,
        cwd=root,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode != 0
    assert f"sudo -u #{SERVICE} zimogs {command[0]}" in ended.stdout + ended.stderr
    assert not list(data.iterdir())
