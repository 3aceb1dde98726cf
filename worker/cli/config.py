"""The settings file: making one, checking it, and its form for editors."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from config.reading import ConfigurationError, SettingFault, read_settings
from config.schema import describe_settings
from worker.cli.config_template import PRACTICE, Answers, write_template
from worker.cli.console import DEFAULT_CONFIG, Config, Json, console, fail, say_json
from worker.cli.exit_codes import ExitCode
from worker.cli.plain_text import BAD, GOOD, plain

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Make, check and describe the settings file.",
)

RouteToMake = Annotated[
    str | None, typer.Option("--route", "-r", help="The name of the first route.", show_default=False)
]
SealLabel = Annotated[str | None, typer.Option(help="The seal's CN label, as on its certificate.", show_default=False)]
Approver = Annotated[
    list[str] | None,
    typer.Option("--approver", help="Personal code of who may approve; repeatable.", show_default=False),
]
ClientId = Annotated[str | None, typer.Option(help="The vendor's client id, from the contract.", show_default=False)]
Anchor = Annotated[
    list[Path] | None, typer.Option("--trust-anchor", help="Root certificate (PEM); repeatable.", show_default=False)
]
PublicUrl = Annotated[
    str | None, typer.Option(help="Where browsers find the desk; else this machine.", show_default=False)
]
Practice = Annotated[bool, typer.Option("--practice", help="For the practice vendor, as `zimogs sandbox` starts it.")]


@application.command("init")
def init(
    route: RouteToMake = None,
    seal: SealLabel = None,
    approver: Approver = None,
    config: Config = DEFAULT_CONFIG,
    *,
    client_id: ClientId = None,
    trust_anchor: Anchor = None,
    public_url: PublicUrl = None,
    practice: Practice = False,
    as_json: Json = False,
) -> None:
    """Write a settings file with what must be set, and comments on the rest; a file that is there is never touched.

    What no option says is asked at a terminal. The client secret is not written: the file says where it belongs.

    For the practice vendor, and for a first route of your own:

        zimogs config init --practice
        zimogs config init --route invoices --seal "CN:SIA PARAUGS: eZīmogs" --approver 000123-00001
    """
    if practice:
        answers = PRACTICE
    else:
        answers = Answers(
            route=route or _ask("route", "Name of the first route", "invoices"),
            seal=seal or _ask("seal", "The seal's CN label, as on its certificate"),
            approvers=tuple(approver or _ask("approver", "Personal codes of who may approve, with spaces").split()),
            client_id=client_id or _ask("client-id", "The vendor's client id", "YourClientId"),
            anchors=tuple(map(str, trust_anchor or (Path("anchors.pem"),))),
            public_url=public_url,
        )
    text = write_template(answers)
    try:
        with config.open("x", encoding="utf-8") as file:
            config.chmod(0o600)
            file.write(text)
    except FileExistsError:
        fail(f"{config} is there already, and was not touched. Check it with: zimogs config check", ExitCode.REFUSED)
    except OSError as error:
        fail(f"{config} cannot be written: {error.strerror}.")
    if as_json:
        say_json({"written": str(config)})
    else:
        console.print(plain(f"{config} is written. What is left to do stands in it; then run: zimogs doctor"))


def _ask(option: str, question: str, usual: str | None = None) -> str:
    """What somebody at a terminal answers; ends with an explanation where nobody is there."""
    if sys.stdin.isatty():
        return str(typer.prompt(question, default=usual, err=True))
    return usual or fail(f"Say --{option}: {question}. At a terminal it would be asked for.", ExitCode.USAGE)


@application.command("check")
def check(config: Config = DEFAULT_CONFIG, *, as_json: Json = False) -> None:
    """Check the settings, with environment and secret files, and tell every fault with its line and what is meant.

    Looks at nothing but the settings; `zimogs doctor` examines the installation. Exit code 2 when they cannot be used.

    For example:

        zimogs config check --config /etc/zimogs/zimogs.toml
    """
    try:
        settings = read_settings(config)
    except ConfigurationError as error:
        if as_json:
            say_json({"ok": False, "message": str(error), "faults": [_describe(fault) for fault in error.faults]})
        else:
            _tell(config, error)
        raise typer.Exit(ExitCode.USAGE) from None
    if as_json:
        say_json({"ok": True, "faults": [], "routes": sorted(settings.routes)})
    else:
        console.print(
            GOOD, plain(f"{config} can be used. Routes: {', '.join(sorted(settings.routes))}."), highlight=False
        )


@application.command("schema")
def schema(*, as_json: Json = False) -> None:
    """Print the JSON Schema of the settings file, for editors and for programs that write it; with or without --json.

    For example:

        zimogs config schema > zimogs.schema.json
    """
    del as_json  # it is JSON in any case
    say_json(describe_settings())


def _tell(config: Path, error: ConfigurationError) -> None:
    for fault in error.faults:
        place = f"{config}:{fault.line}" if fault.line else str(config)
        console.print(BAD, plain(f"{place}: {fault.sentence}"), highlight=False)
    if not error.faults:
        console.print(BAD, plain(str(error)), highlight=False)


def _describe(fault: SettingFault) -> dict[str, object]:
    return {"key": fault.key, "line": fault.line, "message": fault.why, "suggestion": fault.suggestion}
