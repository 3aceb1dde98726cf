"""The practice vendor's command line: `python -m sandbox`."""

import asyncio
import json
import signal
import tempfile
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from sandbox.announcement import announce, facts
from sandbox.app import listening
from sandbox.configuration import LaunchSettings, Misconfigured, read_configuration, read_variants, read_weather
from sandbox.pki import KeyKind
from sandbox.weather.presets import describe_presets

WEATHER = "What goes wrong: a TOML file, or one of these. " + " ".join(
    f"{n}: {d}" for n, d in describe_presets().items()
)
RULE = "One thing that goes wrong, as `finalize status=504 after_work times=1`; repeatable."
LATENCY = (
    "How long calls take, as `finalize lognormal median=0.8 sigma=0.5`, or `all exponential mean=0.1`; repeatable."
)
VARIANT = "name=value where sources about the vendor differ; repeatable. GET /sandbox/variants lists them."


def main(
    *,
    config: Annotated[Path | None, typer.Option(help="TOML file with everything; flags win over it.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on: 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 or none takes a free one.")] = None,
    state: Annotated[Path | None, typer.Option(help="Folder for keys and files; none: a temporary one.")] = None,
    redirect_uri: Annotated[list[str] | None, typer.Option(help="Registered redirect URI; repeatable.")] = None,
    client_id: Annotated[str | None, typer.Option(help="The first client's id: practice.")] = None,
    client_secret: Annotated[str | None, typer.Option(help="The first client's secret: practice-secret.")] = None,
    key: Annotated[KeyKind | None, typer.Option(help="Key of the seal that Anna is shown first.")] = None,
    file_max_length: Annotated[int | None, typer.Option(help="Largest upload, in bytes.")] = None,
    session_expiration: Annotated[float | None, typer.Option(help="Life of a session, in seconds.")] = None,
    token_lifetime: Annotated[float | None, typer.Option(help="Life of an access token, in seconds.")] = None,
    code_lifetime: Annotated[float | None, typer.Option(help="Life of an authorization code, in seconds.")] = None,
    password_tries: Annotated[int | None, typer.Option(help="Wrong passwords or PINs that lock.")] = None,
    accept_revoked: Annotated[bool | None, typer.Option(help="Let revoked certificates fail at finalize only.")] = None,
    late_identities: Annotated[int | None, typer.Option(help="First calls of users/me that list none.")] = None,
    late_certificates: Annotated[int | None, typer.Option(help="First calls for a certificate answered 404.")] = None,
    auto_approve: Annotated[str | None, typer.Option(help="Login of a person who approves everything unasked.")] = None,
    weather: Annotated[str | None, typer.Option(help=WEATHER)] = None,
    rule: Annotated[list[str] | None, typer.Option(help=RULE)] = None,
    latency: Annotated[list[str] | None, typer.Option(help=LATENCY)] = None,
    capacity: Annotated[int | None, typer.Option(help="Calls at once; what comes on top is answered with 429.")] = None,
    seed: Annotated[int | None, typer.Option(help="Chance of the latencies: the same again for the same seed.")] = None,
    variant: Annotated[list[str] | None, typer.Option(help=VARIANT)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON when listening.")] = False,
) -> None:
    """Run the practice vendor until it is told to stop."""
    flags = {
        "host": host,
        "port": port,
        "state": state,
        "redirect_uris": redirect_uri or None,
        "client_id": client_id,
        "client_secret": client_secret,
        "leading_key": key,
        "file_max_length": file_max_length,
        "session_expiration": session_expiration,
        "token_lifetime": token_lifetime,
        "code_lifetime": code_lifetime,
        "password_tries": password_tries,
        "accept_revoked": accept_revoked,
        "late_identities": late_identities,
        "late_certificates": late_certificates,
        "auto_approve": auto_approve,
        "weather": weather,
        "capacity": capacity,
        "seed": seed,
    }
    try:
        chosen = {"variants": read_variants(variant or ()), **read_weather(rule or (), latency or ())}
        _run(read_configuration(config, flags | chosen), as_json=as_json)
    except Misconfigured as error:
        typer.echo(f"sandbox: {error}", err=True)
        raise typer.Exit(2) from None


def _run(configuration: LaunchSettings, *, as_json: bool) -> None:
    kept = configuration.state
    with nullcontext(kept) if kept else tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        state = Path(folder)
        asyncio.run(_serve(configuration, state, state.resolve() / "root.pem", as_json=as_json))


async def _serve(configuration: LaunchSettings, state: Path, root: Path, *, as_json: bool) -> None:
    """Listen until SIGTERM or SIGINT; the root certificate is left at `root`, in the state folder."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    host, port, weather = configuration.host, configuration.port, configuration.initial_weather()
    async with AsyncExitStack() as stack:
        # Only what goes wrong at the start is told so; the stack leaves out what is done while listening.
        try:
            running = listening(configuration, state, host=host, port=port, weather=weather)
            sandbox = await stack.enter_async_context(running)
        except OSError as error:
            why = f"cannot start on {host}:{port} with its files in {state}: {error}"
            raise Misconfigured(why) from error
        await asyncio.to_thread(root.write_bytes, sandbox.vendor.authority.root_pem)
        if as_json:
            typer.echo(json.dumps(facts(sandbox, root), ensure_ascii=False))
        else:
            announce(sandbox, root)
        await stop.wait()


if __name__ == "__main__":
    typer.run(main)
