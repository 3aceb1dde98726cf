"""Reading settings from their three sources, with errors that name the key and say what is wrong."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from config.settings import SECRETS_PREFIX, Settings

SECRETS_FOLDER = Path("/run/secrets")
EXAMPLE = Path(__file__).parent / "zimogs.example.toml"


class ConfigurationError(Exception):
    """The settings cannot be used; the message lists every fault and where it stands."""


def read_settings(path: Path, *, secrets: Path = SECRETS_FOLDER) -> Settings:
    """Read and check the settings; relative paths in them count from the TOML file's folder.

    Raises ConfigurationError.
    """
    try:
        return Settings(**_read_toml(path), _secrets_dir=secrets).below(path.resolve().parent)
    except ValidationError as error:
        # `input` is left out on purpose: it may be a secret.
        faults = [f"  {'.'.join(map(str, fault['loc'])) or 'settings'}: {fault['msg']}" for fault in error.errors()]
        faults += [f"  {file}: {why}" for file, why in unreadable_secrets(secrets)]
        heading = f"The settings in {path} (with environment and secret files) cannot be used:"
        raise ConfigurationError("\n".join([heading, *faults])) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"A file {SECRETS_PREFIX}* in {secrets} is not UTF-8 text.") from None


def unreadable_secrets(folder: Path) -> Iterator[tuple[Path, str]]:
    """Give our files in the secrets folder that we may not read, which are left out, each with the reason."""
    for file in sorted(folder.glob(f"{SECRETS_PREFIX}*")):
        try:
            file.open("rb").close()
        except OSError as error:
            yield file, error.strerror or ""


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no {path}. Copy {EXAMPLE.name} from the config folder to it and fill it in, "
            "or name another file with --config."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read: {error.strerror}. It is the service's alone: run this as its user, "
            "as in `sudo -u zimogs zimogs status`."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is not valid TOML: {error}") from None
