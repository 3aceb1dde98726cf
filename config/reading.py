"""Reading settings from their three sources, with errors that name the key and say what is wrong."""

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.lines import find_line
from config.schema import suggest_key
from config.settings import SECRETS_PREFIX, Settings

SECRETS_FOLDER = Path("/run/secrets")
EXAMPLE = Path(__file__).parent / "zimogs.example.toml"


@dataclass(frozen=True, slots=True)
class SettingFault:
    """One thing that is wrong: with which key, why, on which line of the file where it stands there, and what is meant.

    What was given is never repeated: it may be a secret.
    """

    key: str
    why: str
    line: int | None = None
    suggestion: str | None = None

    @property
    def sentence(self) -> str:
        """It all in one line, but for the number of its own."""
        meant = "" if self.suggestion is None else f". Did you mean {self.suggestion}?"
        return f"{self.key}: {self.why}{meant}"

    @property
    def place(self) -> str:
        """Where it stands, as it is put before the sentence."""
        return "" if self.line is None else f"line {self.line}: "


class ConfigurationError(Exception):
    """The settings cannot be used; the message lists every fault and where it stands, and so do `faults`."""

    def __init__(self, heading: str, faults: Sequence[SettingFault] = ()) -> None:
        super().__init__("\n".join([heading, *(f"  {fault.place}{fault.sentence}" for fault in faults)]))
        self.faults = tuple(faults)


def read_settings(path: Path, *, secrets: Path = SECRETS_FOLDER) -> Settings:
    """Read and check the settings; relative paths in them count from the TOML file's folder.

    Raises ConfigurationError.
    """
    text = _read_text(path)
    try:
        return Settings(**_parse(text, path), _secrets_dir=secrets).below(path.resolve().parent)
    except ValidationError as error:
        faults = [_find_fault(fault["type"], [*map(str, fault["loc"])], fault["msg"], text) for fault in error.errors()]
        faults += [SettingFault(str(file), why) for file, why in unreadable_secrets(secrets)]
        heading = f"The settings in {path} (with environment and secret files) cannot be used:"
        raise ConfigurationError(heading, faults) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"A file {SECRETS_PREFIX}* in {secrets} is not UTF-8 text.") from None


def _find_fault(kind: str, key: list[str], why: str, text: str) -> SettingFault:
    name, line = ".".join(key) or "settings", find_line(text, key)
    match kind:
        case "extra_forbidden":
            return SettingFault(name, "there is no such setting", line, suggest_key(key))
        case "time_delta_parsing" | "time_delta_type":
            return SettingFault(name, 'has to be a number of seconds, or a length as in "PT30M" (ISO 8601)', line)
        case "missing":
            return SettingFault(name, "has to be set", line)
        case _:
            return SettingFault(name, why.removeprefix("Value error, "), line)


def unreadable_secrets(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give our files in the secrets folder that we may not read, which are left out, each with the reason."""
    for file in sorted(folder.glob(f"{SECRETS_PREFIX}*")):
        try:
            file.open("rb").close()
        except OSError as error:
            yield file, error.strerror or ""


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no {path}. Make it with `zimogs config init`, or copy {EXAMPLE.name} from the config folder to "
            "it and fill it in; or name another file with --config."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}. It is the service's alone: run this as its user, "
            "as in `sudo -u zimogs zimogs status`."
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from None
