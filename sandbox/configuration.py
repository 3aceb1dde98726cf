"""Everything one practice vendor starts with: from one TOML file, from flags, and flags win."""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import Field, NonNegativeInt, ValidationError

from sandbox.settings import RegisteredClient, Settings
from sandbox.weather.inline import read_latency, read_rule
from sandbox.weather.latency import Latency
from sandbox.weather.presets import FILES, preset
from sandbox.weather.rules import Rule, Weather

T = TypeVar("T")

PRACTICE = RegisteredClient(
    client_id="practice",
    client_secret="practice-secret",  # noqa: S106 - published
    redirect_uris=("http://127.0.0.1:8080/callback",),
)


class Misconfigured(Exception):
    """The practice vendor cannot start like this; the message is one line for a person."""


class LaunchSettings(Settings):
    """The settings, with where to listen and what weather to begin in; the keys of the file are these fields."""

    clients: tuple[RegisteredClient, ...] = Field(default=(PRACTICE,), min_length=1)
    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)  # 0 takes a free one
    state: Path | None = None  # folder for keys, certificates and sessions; none: a temporary one
    weather: str = ""  # a preset by name, or a TOML file of rules and latencies
    rules: tuple[Rule, ...] = ()  # before those of `weather`
    latency: tuple[Latency, ...] = ()
    capacity: NonNegativeInt = 0  # calls at once; what comes on top of them is answered with 429. 0 is no bound
    seed: int = 0

    def initial_weather(self) -> Weather:
        """Return the weather to begin in; raises `Misconfigured`."""
        own = Weather(rules=self.rules, latency=self.latency, capacity=self.capacity, seed=self.seed)
        if not self.weather:
            return own
        if self.weather in FILES:
            return own.before(preset(self.weather))
        path = Path(self.weather)
        if not path.exists():
            raise Misconfigured(f"weather {self.weather!r} is neither a file nor one of {', '.join(sorted(FILES))}")
        return own.before(_validate(partial(Weather.model_validate, _read_toml(path)), self.weather))


def read_configuration(file: Path | None, flags: Mapping[str, Any]) -> LaunchSettings:
    """Read the file, if any, and let the flags win that are not None; raises `Misconfigured`.

    `client_id`, `client_secret` and `redirect_uris` change the first client; `variants` are chosen one by one;
    `rules` and `latency` come before those of the file.
    """
    document = _read_toml(file) if file else {}
    _validate(partial(LaunchSettings.model_validate, document))  # so that its parts have the shape to be merged
    given = {name: value for name, value in flags.items() if value is not None}
    flagged = {name: given.pop(name) for name in given.keys() & RegisteredClient.model_fields.keys()}
    clients = document.get("clients") or [PRACTICE.model_dump()]
    merged = document | given
    merged["clients"] = [{**clients[0], **flagged}, *clients[1:]]
    merged["variants"] = {**document.get("variants", {}), **given.get("variants", {})}
    for name in ("rules", "latency"):
        merged[name] = [*given.get(name, ()), *document.get(name, ())]
    return _validate(partial(LaunchSettings.model_validate, merged))


def read_variants(texts: Iterable[str]) -> dict[str, str]:
    """Read `name=value` of each text; raises `Misconfigured`."""
    pairs = [text.partition("=") for text in texts]
    if wrong := next(("".join(pair) for pair in pairs if not pair[1]), None):
        raise Misconfigured(f"a variant is chosen by name=value, not {wrong!r}")
    return {name: value for name, _, value in pairs}


def read_weather(rules: Iterable[str], latencies: Iterable[str]) -> dict[str, Any]:
    """Read rules and latencies of one line each; raises `Misconfigured`."""
    return {
        "rules": [_validate(partial(read_rule, text), text) for text in rules],
        "latency": [_validate(partial(read_latency, text), text) for text in latencies],
    }


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misconfigured(f"{file} cannot be read: {error}") from error


def _validate(read: Callable[[], T], where: str = "") -> T:
    try:
        return read()
    except ValidationError as error:
        problems = error.errors(include_url=False)
        sentences = "; ".join(_message(".".join(map(str, each["loc"])), each["msg"]) for each in problems)
        raise Misconfigured(_message(where, sentences)) from error


def _message(where: str, what: str) -> str:
    # Pydantic puts these words before the sentence of an error of ours.
    return f"{where}: {what.removeprefix('Value error, ')}".lstrip(": ")
