"""Ready-made weathers, one TOML file each; the first line of a file says what it is like."""

import tomllib
from importlib import resources

from sandbox.weather.rules import Weather

FILES = {
    file.name.removesuffix(".toml"): file for file in resources.files(__name__).iterdir() if file.name[-5:] == ".toml"
}


def describe_presets() -> dict[str, str]:
    """Return every preset with what it is like."""
    return {name: _text(name).partition("\n")[0].lstrip("# ") for name in sorted(FILES)}


def preset(name: str) -> Weather:
    """Return the weather of this name; raises KeyError."""
    return Weather.model_validate(tomllib.loads(_text(name)))


def _text(name: str) -> str:
    return FILES[name].read_text(encoding="utf-8")
