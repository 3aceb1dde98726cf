import tomllib
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from config.reading import EXAMPLE, ConfigurationError, read_settings
from config.schema import describe_settings
from jobs.model.documents import Content, Profile, SealFormat, Validation
from jobs.model.levels import SealLevel
from jobs.model.names import RouteName
from tests.support.schemas import validator_of

MINIMAL = """
[eparaksts]
client_id = "client"
client_secret = "from-toml"
[trust]
anchors = ["root.pem"]
[routes.invoices]
seal = "CN:SIA PARAUGS: eZīmogs"
approvers = ["000123-00001"]
"""


def written(folder: Path, more: str = "", text: str = MINIMAL) -> Path:
    path = folder / "zimogs.toml"
    path.write_text(text + more, encoding="utf-8")
    return path


def test_relative_paths_count_from_the_files_folder(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path))
    assert settings.folders.inbox == tmp_path / "inbox"
    assert settings.trust.anchors == (tmp_path / "root.pem",)


def test_the_environment_is_stronger_than_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIMOGS_EPARAKSTS__CLIENT_SECRET", "from-environment")
    secret = read_settings(written(tmp_path)).eparaksts.client_secret
    assert secret.get_secret_value() == "from-environment"


def test_a_secret_file_is_stronger_than_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIMOGS_EPARAKSTS__CLIENT_SECRET", "from-environment")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "zimogs_eparaksts__client_secret").write_text("from-file\n")
    settings = read_settings(written(tmp_path), secrets=tmp_path / "secrets")
    assert settings.eparaksts.client_secret.get_secret_value() == "from-file"


def test_a_secret_file_may_be_a_link_as_the_installer_and_kubernetes_lay_them(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "client_secret").write_text("from-elsewhere\n")
    (tmp_path / "secrets" / "zimogs_eparaksts__client_secret").symlink_to(tmp_path / "client_secret")
    settings = read_settings(written(tmp_path), secrets=tmp_path / "secrets")
    assert settings.eparaksts.client_secret.get_secret_value() == "from-elsewhere"


def test_other_peoples_secrets_are_not_in_the_way(tmp_path: Path) -> None:
    """`/run/secrets` is the machine's: what others lay there is not read, whatever it is."""
    (tmp_path / "secrets" / "zimogs_redis__url").mkdir(parents=True)
    (tmp_path / "secrets" / "database.key").write_bytes(b"\xff\xfe")
    (tmp_path / "secrets" / "elsewhere").symlink_to(tmp_path / "nothing")
    secret = read_settings(written(tmp_path), secrets=tmp_path / "secrets").eparaksts.client_secret
    assert secret.get_secret_value() == "from-toml"


def test_a_missing_setting_whose_secret_file_cannot_be_read_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "secrets" / "zimogs_eparaksts__client_secret").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="zimogs_eparaksts__client_secret: Is a directory"):
        read_settings(written(tmp_path, text=MINIMAL.replace("client_secret", "#")), secrets=tmp_path / "secrets")


def test_a_misspelt_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"desk\.prot"):
        read_settings(written(tmp_path, "[desk]\nprot = 1\n"))


def test_an_error_never_shows_what_was_given(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(written(tmp_path, "max_documents = 'hunter2'\n"))
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="zimogs config init"):
        read_settings(tmp_path / "zimogs.toml")


def test_a_file_that_cannot_be_read_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="sudo -u zimogs"):
        read_settings(tmp_path)


@pytest.mark.parametrize("name", ["outbox", "quarantine", "data"])
def test_nothing_of_ours_may_lie_in_the_inbox(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="must not contain each other"):
        read_settings(written(tmp_path, f'[folders]\n{name} = "inbox/{name}"\n'))


def test_a_route_knows_its_limits(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, 'max_documents = 50\nmax_bytes = "2MB"\nmax_wait = 5\n'))
    limits = settings.routes_by_name[RouteName("invoices")].limits
    assert (limits.max_documents, limits.max_bytes, limits.max_wait.total_seconds()) == (50, 2_000_000, 5)


def test_a_route_says_how_its_documents_are_sealed(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, 'format = "edoc"\ncontent = "hash-only"\n'))
    profile = settings.routes_by_name[RouteName("invoices")].profile
    assert profile == Profile(format=SealFormat.EDOC, content=Content.HASH_ONLY)


def test_a_route_may_ask_for_the_archive_level(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, 'level = "LTA"\n'))
    assert settings.routes_by_name[RouteName("invoices")].profile == Profile(level=SealLevel.LTA)


def test_a_route_may_have_the_vendor_validate(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, 'validate = "vendor"\n'))
    assert settings.routes_by_name[RouteName("invoices")].profile == Profile(validation=Validation.VENDOR)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('content = "hash-only"\n', 'needs format = "edoc"'),
        ('format = "edoc"\ncontent = "hash-only"\nlevel = "LTA"\n', 'needs level = "LT"'),
        ('format = "edoc"\ncontent = "hash-only"\nvalidate = "vendor"\n', 'needs validate = "local"'),
    ],
)
def test_what_cannot_be_sealed_together_is_refused_at_the_start(tmp_path: Path, more: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        read_settings(written(tmp_path, more))


@pytest.mark.parametrize(
    "url",
    [
        "redis://h:1/0",
        "rediss://h?ssl_ca_certs=/etc/zimogs/ca.pem",
        "unix:///run/redis.sock",
        "redis+sentinel://h:1,g/primary",
        "rediss+sentinel://:word@h,g:2/primary/1?sentinel_password=word",
    ],
)
def test_any_redis_url_will_do(url: str, tmp_path: Path) -> None:
    assert read_settings(written(tmp_path, f'[redis]\nurl = "{url}"\n')).redis.url is not None


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("redis+cluster://h:1", "redis.url: a cluster does not work: .* Name one server, or Sentinels"),
        ("redis+sentinel://h:1,g:2", "redis.url: names Sentinels, then what they call the primary"),
        ("redis+sentinel://h:1/primary/first", "redis.url: names Sentinels, then what they call the primary"),
        ("http://h", "redis.url: .*'redis', 'rediss' or 'unix'"),
        ("redis+sentinel://h:x/primary", "redis.url: .*port"),
    ],
)
def test_a_redis_that_cannot_be_used_is_refused_with_what_to_write(url: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=why) as refusal:
        read_settings(written(tmp_path, f'[redis]\nurl = "{url}"\n'))
    assert url not in str(refusal.value)


def test_the_redirect_uri_follows_from_the_public_address(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, '[desk]\npublic_url = "https://seal.example.org/"\n'))
    assert settings.desk.redirect_uri == "https://seal.example.org/callback"


def test_a_route_with_a_bad_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        read_settings(written(tmp_path, '[routes."../evil"]\nseal = "S"\napprovers = ["000123-00001"]\n'))


CONTRACTS = '[routes.contracts]\nformat = "edoc"\nseal = "S"\napprovers = ["000123-00001"]\n'


def test_checkpoints_are_sealed_by_a_route_and_copied_to_a_folder(tmp_path: Path) -> None:
    audit = '[audit]\ncheckpoint_route = "contracts"\ncopy_to = "../archive"\n'
    settings = read_settings(written(tmp_path, CONTRACTS + audit))
    assert settings.audit.checkpoint_route == "contracts"
    assert settings.audit.copy_to == tmp_path.parent / "archive"


@pytest.mark.parametrize(
    ("audit", "why"),
    [
        ('checkpoint_route = "orders"', "there is no such route"),
        ('checkpoint_route = "invoices"', 'needs format = "edoc"'),
        ('copy_to = "data/copies"', "must not contain each other"),
        ('copy_to = "."', "must not contain each other"),
    ],
)
def test_what_cannot_fix_the_ledger_is_refused_at_the_start(tmp_path: Path, audit: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        read_settings(written(tmp_path, f"[audit]\n{audit}\n"))


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("inboxes.a", "inboxes.b", "inboxes.a and inboxes.b are one folder: its files would be sealed twice"),
        ("inboxes.a", "outboxes.a", "inboxes.a and outboxes.a are one folder"),
    ],
)
def test_no_folder_elsewhere_is_two_of_ours(tmp_path: Path, first: str, second: str, why: str) -> None:
    whole = f'[{first}]\nurl = "s3://bucket/in?region=eu-north-1"\n'
    of_a_route = f'[{second}]\nurl = "s3://bucket/in/invoices/?region=eu-north-1"\nroute = "invoices"\n'
    with pytest.raises(ConfigurationError, match=why):
        read_settings(written(tmp_path, whole + of_a_route))
    read_settings(written(tmp_path, whole + of_a_route.replace("/in/", "/out/")))


PRACTICE = MINIMAL.replace('client_id = "client"', 'client_id = "practice"')
HTTP = 'platform_url = "http://vendor.example"\nsignapi_url = "http://vendor.example"\n'
HERE = 'platform_url = "http://127.0.0.1:9"\nsignapi_url = "http://[::1]:9"\n'


def _with_vendor(lines: str, text: str = MINIMAL) -> str:
    return text.replace("[trust]", f"{lines}[trust]")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (_with_vendor(HTTP), "platform_url is http://, eparaksts.signapi_url is http://"),
        (PRACTICE, "client_id is the practice vendor's"),
        (MINIMAL + '[desk]\npublic_url = "http://desk.example"\n', "desk.public_url is http://"),
    ],
)
def test_practice_things_are_refused_unless_somebody_asks_for_them(text: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=why):
        read_settings(written(tmp_path, text=text))
    assert read_settings(written(tmp_path, text=_with_vendor("insecure_practice = true\n", text))).routes


def test_on_this_machine_practice_needs_no_asking(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, text=_with_vendor(HERE, PRACTICE)))
    assert settings.eparaksts.may_practise
    assert not settings.eparaksts.insecure_practice


POLICY = """
viewers = ["000123-00005"]
four_eyes = true
releasers = ["000123-00002"]
deputies = ["000123-00003"]
escalate_after = "PT6H"
ask_at = ["10:00", "15:30"]
remind_after = "PT2H"
[approval]
working_days = ["monday", "tuesday"]
working_hours = ["08:00", "17:00"]
days_off = ["2026-12-24"]
[house]
time_zone = "Europe/Warsaw"
"""


def test_a_route_says_who_may_do_what_and_when_people_are_asked(tmp_path: Path) -> None:
    route = read_settings(written(tmp_path, POLICY)).routes_by_name[RouteName("invoices")]
    assert route.four_eyes
    assert [*route.releasers, *route.deputies] == ["PNOLV-000123-00002", "PNOLV-000123-00003"]
    friday = datetime(2026, 11, 27, 12, tzinfo=UTC)
    assert route.asking.next_time(friday) == datetime(2026, 11, 30, 9, tzinfo=UTC)
    assert route.asking.calendar.next_working_time(friday) == datetime(2026, 11, 30, 7, tzinfo=UTC)


def test_without_a_time_zone_of_the_house_people_work_by_latvian_clocks_in_summer_and_winter(tmp_path: Path) -> None:
    calendar = read_settings(written(tmp_path)).routes_by_name[RouteName("invoices")].asking.calendar
    opening = [calendar.next_time([time(10)], datetime(2026, month, 1, 0, tzinfo=UTC)).hour for month in (6, 12)]
    assert opening == [7, 8]


def test_without_any_of_that_everything_is_as_it_was(tmp_path: Path) -> None:
    route = read_settings(written(tmp_path)).routes_by_name[RouteName("invoices")]
    assert (route.four_eyes, route.asking.last_time(datetime.now(UTC)), route.asking.escalate_after) == (
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ('deputies = ["000123-00003"]\n', "deputies and escalate_after go together"),
        ('escalate_after = "PT6H"\n', "deputies and escalate_after go together"),
        ('releasers = ["000123-00003"]\n', "four_eyes = true"),
        ('ask_at = ["25:00"]\n', "ask_at"),
        ('[approval]\nworking_hours = ["17:00", "08:00"]\n', "begin before they end"),
        ("[approval]\nworking_days = []\n", "working_days"),
        ('[house]\ntime_zone = "Europe/Nowhere"\n', "time_zone"),
    ],
)
def test_people_and_times_that_fit_no_rule_are_refused_at_the_start(tmp_path: Path, more: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why):
        read_settings(written(tmp_path, more))


def test_every_fault_is_told_at_once_with_its_line_and_what_was_meant(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_settings(written(tmp_path, "max_document = 1\n[desk]\nprot = 1\n"))
    assert [(fault.line, fault.suggestion) for fault in caught.value.faults] == [
        (12, "desk.port"),
        (10, "routes.invoices.max_documents"),
    ]
    assert "line 12: desk.prot: there is no such setting. Did you mean desk.port?" in str(caught.value)


@pytest.mark.parametrize(
    ("desk", "seen_at"),
    [
        ("", "http://127.0.0.1:8400"),
        ("port = 9000\n", "http://127.0.0.1:9000"),
        ('port = 9000\npublic_url = "https://seal.example.org"\n', "https://seal.example.org"),
        ("port = 0\n", "http://127.0.0.1:8400"),
    ],
)
def test_the_port_alone_moves_where_the_desk_is_seen(desk: str, seen_at: str, tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, f"[desk]\n{desk}"))
    assert settings.desk.public_url == seen_at
    assert settings.desk.redirect_uri == f"{seen_at}/callback"


def test_a_port_from_the_environment_moves_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZIMOGS_DESK__PORT", "9001")
    assert read_settings(written(tmp_path)).desk.public_url == "http://127.0.0.1:9001"


def test_the_schema_takes_the_example_and_refuses_what_is_misspelt() -> None:
    validator = validator_of(describe_settings())
    example = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(example)] == []
    example["desk"]["prot"] = example["desk"].pop("port")
    assert ["prot" in error.message for error in validator.iter_errors(example)] == [True]


@pytest.mark.parametrize("written", ['"30m"', "[]"])
def test_a_length_of_time_that_is_none_tells_how_one_is_written(written: str, tmp_path: Path) -> None:
    file = tmp_path / "zimogs.toml"
    file.write_text(f"[folders]\n[inbox]\nsettle = {written}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_settings(file)
    (fault,) = [fault for fault in caught.value.faults if fault.key.endswith("settle")]
    assert "PT30M" in fault.sentence
