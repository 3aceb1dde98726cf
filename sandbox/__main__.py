"""The practice vendor's command line: `python -m sandbox`."""

import asyncio
import json
import signal
import tempfile
import tomllib
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from sandbox.announcement import announce, facts
from sandbox.app import Listening, listening
from sandbox.pki import KeyKind
from sandbox.settings import Client, Settings
from sandbox.weather.rules import Weather

DEFAULT_REDIRECT_URIS = ("http://127.0.0.1:8080/callback",)


def main(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 0,
    state: Annotated[Path | None, typer.Option(help="Folder for keys and files; none: a temporary one.")] = None,
    redirect_uri: Annotated[list[str] | None, typer.Option(help="Registered redirect URI; repeatable.")] = None,
    client_id: Annotated[str, typer.Option(help="The client's id.")] = "practice",
    client_secret: Annotated[str, typer.Option(help="The client's secret.")] = "practice-secret",  # noqa: S107 - published
    key: Annotated[KeyKind, typer.Option(help="Key of the seal that Anna is shown first.")] = KeyKind.P256,
    file_max_length: Annotated[int, typer.Option(help="Largest upload, in bytes.", min=1)] = 25 * 1024 * 1024,
    session_expiration: Annotated[float, typer.Option(help="Life of a session, in seconds.")] = 86_400,
    token_lifetime: Annotated[float, typer.Option(help="Life of an access token, in seconds.")] = 600,
    code_lifetime: Annotated[float, typer.Option(help="Life of an authorization code, in seconds.")] = 600,
    password_tries: Annotated[int, typer.Option(help="Wrong passwords or PINs that lock.", min=1)] = 5,
    accept_revoked: Annotated[bool, typer.Option(help="Let revoked certificates fail at finalize only.")] = False,
    late_identities: Annotated[int, typer.Option(help="First calls of users/me that list no identities.", min=0)] = 0,
    late_certificates: Annotated[int, typer.Option(help="First calls for a certificate answered 404.", min=0)] = 0,
    auto_approve: Annotated[str | None, typer.Option(help="Login of a person who approves everything unasked.")] = None,
    weather: Annotated[Path | None, typer.Option(help="TOML file with [[rules]] of what goes wrong.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when listening.")] = False,
) -> None:
    """Run the practice vendor until it is told to stop."""
    redirect_uris = tuple(redirect_uri or DEFAULT_REDIRECT_URIS)
    settings = Settings(
        clients=(Client(client_id=client_id, client_secret=client_secret, redirect_uris=redirect_uris),),
        leading_key=key,
        file_max_length=file_max_length,
        session_expiration=timedelta(seconds=session_expiration),
        token_lifetime=timedelta(seconds=token_lifetime),
        code_lifetime=timedelta(seconds=code_lifetime),
        password_tries=password_tries,
        accept_revoked=accept_revoked,
        late_identities=late_identities,
        late_certificates=late_certificates,
        auto_approve=auto_approve,
    )
    with nullcontext(state) if state else tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        asyncio.run(_serve(settings, Path(folder), host, port, _ordered(weather), as_json=as_json))


def _ordered(weather: Path | None) -> Weather:
    if weather is None:
        return Weather()
    try:
        return Weather.model_validate(tomllib.loads(weather.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
        raise typer.BadParameter(str(error), param_hint="--weather") from error


async def _serve(settings: Settings, state: Path, host: str, port: int, ordered: Weather, *, as_json: bool) -> None:
    """Listen until SIGTERM or SIGINT."""
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    async with listening(settings, state, host=host, port=port, ordered=ordered) as sandbox:
        root = _kept_root(state, sandbox)
        if as_json:
            typer.echo(json.dumps(facts(sandbox, root), ensure_ascii=False))
        else:
            announce(sandbox, root)
        await told_to_stop.wait()


def _kept_root(state: Path, sandbox: Listening) -> Path:
    """Leave the root certificate in the state folder and return where it is."""
    path = state.resolve() / "root.pem"
    path.write_bytes(sandbox.vendor.authority.root_pem)
    return path


if __name__ == "__main__":
    typer.run(main)
