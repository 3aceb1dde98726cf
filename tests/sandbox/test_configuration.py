"""What the practice vendor starts with: one file, flags that win, and one clear line where it cannot start."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import sandbox
from sandbox.configuration import LaunchSettings, Misconfigured, read_configuration, read_variants, read_weather
from sandbox.variants import Variants
from sandbox.variants.model import SWITCHES
from sandbox.weather.operations import Operation
from sandbox.weather.presets import describe_presets
from sandbox.weather.rules import Kind, Rule

EXAMPLE = Path(sandbox.__file__).with_name("sandbox.example.toml")


def a_file(folder: Path, text: str) -> Path:
    path = folder / "sandbox.toml"
    path.write_text(text, encoding="utf-8")
    return path


# The example


def test_the_example_loads_and_shows_every_setting_with_its_default() -> None:
    example = read_configuration(EXAMPLE, {}).model_dump()
    shown = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    assert shown.keys() == LaunchSettings.model_fields.keys()
    chosen = {"clients", "rules", "latency", "port", "state", "auto_approve"}
    usual = LaunchSettings().model_dump(exclude=chosen)
    assert {name: value for name, value in example.items() if name not in chosen} == usual


def test_the_example_shows_every_variant_with_its_choices_and_their_sources() -> None:
    shown = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))["variants"]
    assert shown == Variants().model_dump(mode="json")
    for switch in SWITCHES.values():
        for choice in switch:
            assert f"#   {choice.value}: {choice.__doc__}\n" in EXAMPLE.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [Operation, Kind, describe_presets(), Rule.model_fields])
def test_the_example_names_everything_that_weather_is_made_of(words: Any) -> None:
    named = set(re.findall(r"[a-z0-9_-]+", EXAMPLE.read_text(encoding="utf-8")))
    assert {str(word) for word in words} <= named


# Flags and files


def test_without_a_file_the_usual_client_is_registered() -> None:
    (client,) = read_configuration(None, {"port": 8500, "state": None}).clients
    assert client.client_id == "practice"


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    file = a_file(tmp_path, 'port = 1\nbatch_limit = 7\n[variants]\nidentity = "flat"\necdsa = "p1363"\n')
    made = read_configuration(file, {"port": 2, "variants": read_variants(["ecdsa=der"])})
    assert (made.port, made.batch_limit, made.variants.identity, made.variants.ecdsa) == (2, 7, "flat", "der")


def test_client_flags_change_the_first_client_and_leave_the_others(tmp_path: Path) -> None:
    clients = "".join(f'[[clients]]\nclient_id = "{c}"\nclient_secret = "s"\nredirect_uris = []\n' for c in "ab")
    made = read_configuration(a_file(tmp_path, clients), {"client_id": "c", "redirect_uris": ["https://desk.example/"]})
    assert [(each.client_id, each.redirect_uris) for each in made.clients] == [
        ("c", ("https://desk.example/",)),
        ("b", ()),
    ]


def test_flagged_weather_goes_before_the_files_and_that_before_the_named(tmp_path: Path) -> None:
    file = a_file(tmp_path, 'weather = "busy"\n[[rules]]\noperation = "close"\nkind = "reset"\n')
    ordered = read_configuration(file, read_weather(["list reset"], ["all constant seconds=1"])).initial_weather()
    assert [rule.operation for rule in ordered.rules][:3] == [Operation.LIST, Operation.CLOSE, Operation.START]
    assert [latency.distribution for latency in ordered.latency] == ["constant", "lognormal", "lognormal"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("port = 70000", "port: Input should be less than or equal to 65535"),
        ("port = ", "cannot be read"),
        ("colour = 1", "colour: Extra inputs"),
        ('[variants]\ncolour = "red"', "there is no colour; there is redirect_uri, "),
        ('[variants]\nidentity = "round"', "variants.identity: Input should be 'wrapped' or 'flat'"),
        ('[[clients]]\nclient_id = "a"', "clients.0.client_secret: Field required"),
        ('[[rules]]\noperation = "close"\nkind = "p1363"', "p1363 cannot happen to close"),
        ('weather = "hail"', "neither a file nor one of busy, flaky"),
        ("variants = 3", "variants"),
        ("clients = 3", "clients"),
        ("rules = 3", "rules"),
    ],
)
def test_a_file_that_makes_no_sense_is_told_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_configuration(a_file(tmp_path, text), {}).initial_weather()
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["identity", "=flat"])
def test_a_variant_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        read_configuration(None, {"variants": read_variants([text])})


def test_a_line_of_weather_that_makes_no_sense_is_quoted() -> None:
    with pytest.raises(Misconfigured, match="start drizzle: drizzle: Extra inputs"):
        read_weather(["start drizzle"], [])
