"""Who is told of what, as the settings say it: secrets apart, nothing misspelt, nothing in the open."""

import re
from pathlib import Path

import pytest

from config.reading import EXAMPLE, ConfigurationError, read_settings
from jobs.model.events import EventKind
from tests.operations.test_settings import MINIMAL, written
from tests.support.receiver import SECRET
from worker.app.targets import find_targets

WEBHOOK = f'[webhooks.ledger]\nurl = "https://ledger.example.org"\nsecrets = ["{SECRET}"]\n'


def test_the_examples_of_the_settings_can_be_uncommented(tmp_path: Path) -> None:
    example = EXAMPLE.read_text(encoding="utf-8").partition("# [notifications.")[2].partition("\n\n")[0]
    tables = "[notifications." + re.sub(r"(?m)^# ", "", example).replace("whsec_…", SECRET)
    settings = read_settings(written(tmp_path, tables))
    assert [target.folder for target, _ in find_targets(settings)] == [
        "notification-accountants.1",
        "webhook-ledger",
        "hook-archive",
    ]
    assert settings.webhooks["ledger"].kinds == {EventKind.DOCUMENT_SEALED, EventKind.DOCUMENT_QUARANTINED}


def test_addresses_and_secrets_come_from_secret_files(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "zimogs_notifications__anna__urls").write_text("ntfys://one\nmailtos://two\n")
    (secrets / "zimogs_webhooks__ledger__secrets").write_text(f"{SECRET} {SECRET}\n")
    tables = '[notifications.anna]\nlanguage = "lv"\n[webhooks.ledger]\nurl = "https://ledger.example.org"\n'
    settings = read_settings(written(tmp_path, tables), secrets=secrets)
    assert [url.get_secret_value() for url in settings.notifications["anna"].urls] == ["ntfys://one", "mailtos://two"]
    assert [secret.get_secret_value() for secret in settings.webhooks["ledger"].secrets] == [SECRET, SECRET]
    assert "mailtos" not in repr(settings)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("tables", "why"),
    [
        (WEBHOOK + 'routes = ["orders"]\n', "webhooks.ledger.routes names 'orders'"),
        (WEBHOOK + 'kinds = ["batch.ready"]\n', "webhooks.ledger.kinds"),
        (WEBHOOK.replace("https", "http"), "must be https://"),
        (WEBHOOK.replace("whsec_", "hunter2_"), "a webhook's secret is whsec_"),
        ("[hooks.archive]\ncommand = []\n", "hooks.archive.command"),
        ("[notifications.anna]\nurls = []\n", "notifications.anna.urls"),
        ('[hooks."../x"]\ncommand = ["true"]\n', "hooks"),
    ],
)
def test_what_could_tell_nobody_is_refused_at_the_start(tables: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(why)) as refused:
        read_settings(written(tmp_path, tables, MINIMAL))
    assert "hunter2" not in str(refused.value)
