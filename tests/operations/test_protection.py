"""Whoever may use the machine must not become an approver by that, or rewrite the ledger: seen at the start."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from config.reading import read_settings
from config.settings import Settings
from tests.operations.test_settings import MINIMAL
from worker.doctor.finding import Severity
from worker.doctor.protection import examine_protection
from worker.doctor.start import UnprotectedInstallation, require_protection
from worker.storage.keys import obtain_key

STRANGER = 54321
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


class Installation:
    """Settings, secrets and data below one folder, each with the modes that they should have."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "etc/zimogs.toml"
        self.secrets = folder / "secrets"
        self.data = folder / "data"
        for each in (self.config.parent, self.secrets, self.data, self.data / "ledger"):
            each.mkdir(mode=0o755, parents=True)
        self.config.write_text(MINIMAL.replace('client_secret = "from-toml"', "") + self.folders, encoding="utf-8")
        (self.secrets / "zimogs_eparaksts__client_secret").write_text("a practice secret")
        (self.secrets / "zimogs_eparaksts__client_secret").chmod(0o400)
        self.data.chmod(0o700)
        obtain_key(self.data, "session")

    folders = '[folders]\ndata = "../data"\n'

    def settings(self) -> Settings:
        return read_settings(self.config, secrets=self.secrets)

    def found(self) -> dict[str, Severity]:
        findings = examine_protection(self.config, self.settings(), self.secrets)
        assert all(one.advice for one in findings if one.severity is not Severity.OK)
        return {one.subject: one.severity for one in findings}

    def redis(self, url: str) -> None:
        (self.secrets / "zimogs_redis__url").write_text(url)
        (self.secrets / "zimogs_redis__url").chmod(0o400)


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_what_the_installer_makes_is_protected(installation: Installation) -> None:
    assert installation.found() == {"protection": Severity.OK}


def _open_data(here: Installation) -> None:
    here.data.chmod(0o770)


def _open_ledger(here: Installation) -> None:
    here.data.chmod(0o755)
    (here.data / "ledger").chmod(0o777)


def _open_key(here: Installation) -> None:
    (here.data / "session.key").chmod(0o640)


def _give_key_away(here: Installation) -> None:
    os.chown(here.data / "session.key", STRANGER, STRANGER)


def _open_settings(here: Installation) -> None:
    here.config.chmod(0o666)


def _share_settings(here: Installation) -> None:
    os.chown(here.config, -1, STRANGER)
    here.config.chmod(0o664)


def _open_anchor(here: Installation) -> None:
    (here.config.parent / "root.pem").touch()
    (here.config.parent / "root.pem").chmod(0o666)


def _open_secrets(here: Installation) -> None:
    here.secrets.chmod(0o757)


def _open_secrets_for_new_ones(here: Installation) -> None:
    here.secrets.chmod(0o1777)


def _open_secret(here: Installation) -> None:
    (here.secrets / "zimogs_eparaksts__client_secret").chmod(0o620)


def _open_way(here: Installation) -> None:
    here.data.parent.chmod(0o777)


@pytest.mark.parametrize(
    ("open_up", "subject"),
    [
        (_open_data, "data folder"),
        (_open_ledger, "data folder"),
        (_open_key, "key"),
        pytest.param(
            _give_key_away,
            "data folder",
            marks=AS_ROOT,
        ),
        (_open_settings, "settings file"),
        pytest.param(_share_settings, "settings file", marks=AS_ROOT),
        (_open_anchor, "trust anchors"),
        (_open_secrets, "way"),
        (_open_secrets_for_new_ones, "secret file"),
        (_open_secret, "secret file"),
        (_open_way, "way"),
    ],
)
def test_nothing_starts_where_others_could_take_over(
    open_up: Callable[[Installation], None], subject: str, installation: Installation
) -> None:
    open_up(installation)
    assert installation.found()[subject] is Severity.FAULT
    if open_up not in {
        _open_secret,
        _open_secrets,
        _open_secrets_for_new_ones,
    }:  # those of the machine, not of this test, are looked at at the start
        with pytest.raises(UnprotectedInstallation, match=r"chmod|chown"):
            require_protection(installation.config, installation.settings())


def test_what_others_could_only_read_is_a_warning(installation: Installation) -> None:
    installation.data.chmod(0o755)
    installation.config.write_text(MINIMAL + installation.folders, encoding="utf-8")
    assert installation.found() == {"data folder": Severity.WARNING, "settings file": Severity.WARNING}
    require_protection(installation.config, installation.settings())


@pytest.mark.parametrize("given", ["eparaksts = {client_id = 'x', client_secret = 'y'}", "redis.url = 'redis://:y@r'"])
def test_secrets_in_settings_that_others_may_read_are_seen_however_they_are_written(
    given: str, installation: Installation
) -> None:
    settings = installation.settings()
    installation.config.write_text(given, encoding="utf-8")
    found = examine_protection(installation.config, settings, installation.secrets)
    assert [(one.subject, one.severity) for one in found] == [("settings file", Severity.WARNING)]


@AS_ROOT
def test_a_group_in_which_nobody_else_is_is_nobody_else(installation: Installation) -> None:
    """As with the umask 002 of many systems, where each person has such a group."""
    for path in (installation.config, installation.config.parent):
        path.chmod(path.stat().st_mode | 0o020)
    assert installation.found() == {"protection": Severity.OK}
    os.chown(installation.config.parent, -1, STRANGER)
    assert installation.found() == {"way": Severity.WARNING}


@AS_ROOT
@pytest.mark.parametrize(
    ("name", "mode", "group"),
    [("inbox", 0o777, 0), ("inbox", 0o770, STRANGER), ("inbox/invoices", 0o3777, 0), ("outbox", 0o1777, 0)],
)
def test_an_inbox_or_outbox_in_which_others_change_what_is_not_theirs_is_a_warning(
    name: str, mode: int, group: int, installation: Installation
) -> None:
    (installation.config.parent / name).mkdir(parents=True)
    os.chown(installation.config.parent / name, -1, group)
    (installation.config.parent / name).chmod(mode)
    assert installation.found() == {"sharing": Severity.WARNING}


@AS_ROOT
def test_a_stranger_who_owns_a_folder_on_the_way_is_a_warning(installation: Installation) -> None:
    os.chown(installation.config.parent, STRANGER, -1)
    assert installation.found() == {"way": Severity.WARNING}


def test_a_quarantine_that_others_may_read_is_a_warning(installation: Installation) -> None:
    (installation.config.parent / "quarantine").mkdir(mode=0o755)
    assert installation.found() == {"quarantine": Severity.WARNING}


def test_a_redis_without_a_password_is_a_warning(installation: Installation) -> None:
    installation.redis("redis://localhost:6379/0")
    assert installation.found() == {"redis": Severity.WARNING}
    installation.redis("redis://:word@localhost:6379/0")
    assert installation.found() == {"protection": Severity.OK}


def test_a_redis_socket_that_everybody_may_use_is_a_fault(installation: Installation) -> None:
    path = installation.secrets / "redis.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o777)
        installation.redis(f"unix://{path}")
        assert installation.found() == {"redis": Severity.FAULT}
        path.chmod(0o700)
        assert installation.found() == {"protection": Severity.OK}


def test_a_key_of_a_folder_elsewhere_that_others_may_read_or_replace_is_a_fault(installation: Installation) -> None:
    key, known = installation.config.parent / "sftp_key", installation.config.parent / "known_hosts"
    with installation.config.open("a") as config:
        config.write('[inboxes.bank]\nurl = "sftp://u@h/in"\nkey_file = "sftp_key"\nknown_hosts = "known_hosts"\n')
    for path, mode, is_fault in ((key, 0o400, False), (key, 0o444, True), (known, 0o444, False), (known, 0o666, True)):
        for each, quiet in ((key, 0o400), (known, 0o444)):
            each.unlink(missing_ok=True)
            each.write_text("")
            each.chmod(mode if each is path else quiet)
        found = installation.found().get("key of a folder elsewhere")
        assert (found is Severity.FAULT) is is_fault
