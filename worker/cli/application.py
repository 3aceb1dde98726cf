"""Every command, and where it stands. Its module, and all that this needs, is only loaded to run it."""

import gc
import sys
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from worker.cli.console import Quiet, complaining, speak_as_usual, tell_error
from worker.cli.exit_codes import ExitCode
from worker.objects.failures import StorageAway

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": (
        "demo:demo",
        "Rehearse everything on this machine: a practice vendor, a practice person, real sealed and verified files.",
    ),
    "run": ("running:run", "Watch the inbox, work, and serve the desk: everything for one machine in one process."),
    "worker": (
        "running:worker",
        "Only work: prepare, seal, deliver, recover. Start as many as you like on one data folder or bucket and Redis.",
    ),
    "watch": (
        "running:watch",
        "Only watch the inbox, take documents in and quarantine what cannot be sealed.",
    ),
    "desk": ("running:desk", "Only serve the desk, where people sign in, enrol seals and approve batches."),
    "submit": ("submit:submit", "Hand in copies of files to be sealed; your own files stay where they are."),
    "status": (
        "status:status",
        "Show what stands where, and what stands still: waiting documents, batches, quarantine; or one of them.",
    ),
    "plan": (
        "plan:plan",
        "Say what becomes of waiting documents and why; with `--simulate`, what a policy comes to before it is set.",
    ),
    "approve": ("approve:approve", "Tell where a batch is approved, and follow it to its end."),
    "retry": (
        "retry:retry",
        "Send documents in quarantine through again, as new documents, once the cause is gone.",
    ),
    "cancel": (
        "cancel:cancel",
        "Cancel a batch that nobody has approved yet, or a document that waits for its batch; nothing of it is sealed.",
    ),
    "batches": (
        "batches:batches",
        "List batches, open ones and those of years ago: by route, state and day, the newest first.",
    ),
    "documents": (
        "documents:documents",
        "Find documents that wait, lie in quarantine or were in any batch: by name, number, customer, hash or day.",
    ),
    "quarantine": (
        "quarantine:application",
        "Look at what could not be sealed, and decide about it: send it again, or put it aside for good.",
    ),
    "repair": (
        "repair:repair",
        "Lead a batch whose records are damaged to its end: say what is known of it, and with --yes do what is safe.",
    ),
    "freeze": (
        "freezing:freeze",
        "Freeze sealing: nobody is asked, no consent is used and nothing is signed until `zimogs unfreeze`.",
    ),
    "unfreeze": ("freezing:unfreeze", "Lift a freeze: people are asked again, and sealing goes on."),
    "limits": ("limits:limits", "Show how much eParaksts turned out to take at once, or forget it."),
    "verify": (
        "verify:verify",
        "Check sealed files thoroughly: signature, chain, revocation, timestamp, and that the whole file is covered.",
    ),
    "schema": (
        "schema:schema",
        "Print the JSON Schema of a sidecar: `metadata` comes with a document, `sealed` stands beside a sealed file.",
    ),
    "webhooks": ("webhooks:application", "Show who could not be told what happened, and have it told once more."),
    "queue": (
        "queue:application",
        "Show how the queue of documents stands, what could not be taken, and send that through again.",
    ),
    "notify": (
        "notify:notify",
        "Show who is told by notifications, and with `--test` send one to each address.",
    ),
    "api-key": (
        "api_key:application",
        "Make, list and revoke the keys by which programs hand documents in over the API.",
    ),
    "config": ("config:application", "Make, check and describe the settings file."),
    "doctor": ("doctor:doctor", "Examine the installation and say what to do about each finding."),
    "sandbox": (
        "sandbox:application",
        "Run the practice vendor on its own, for any client: real keys, real PAdES, its own CA.",
    ),
    "audit": ("audit:application", "Check the evidence that the ledger holds, and give it to others."),
    "archive": (
        "archive:archive",
        "Move batches that were settled long ago into one file for each month, in `archives` of data folder or bucket.",
    ),
    "expire": (
        "archive:expire",
        "Drop what the settings keep no longer (`[retention]`): originals, evidence, archives of the ledger.",
    ),
}
"""Name: module and attribute below `worker.cli`, and what the list of commands says, which begins the command's own
help too."""


def _as_command(name: str, found: typer.Typer | Callable[..., None]) -> TyperCommand | TyperGroup:
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode="markdown")
        alone.command(name)(found)
        found = alone
    command = cast("TyperCommand | TyperGroup", typer.main.get_command(found))
    command.name = name
    return command


def load_command(name: str) -> TyperCommand | TyperGroup:
    """The command of that name. Raises KeyError."""
    found = resolve_name(f"worker.cli.{COMMANDS[name][0]}")
    command = _as_command(name, found)
    for one in command.commands.values() if isinstance(command, TyperGroup) else (command,):
        if one.add_help_option:  # else all options go to another program
            one.params += _COMMON
    return command


def _carry(*, _quiet: Quiet = False) -> None:
    """Options that every command has, and that none has to know of."""


_COMMON = _as_command("common", _carry).params


class _OnDemand(TyperGroup):
    """Knows its commands by their summaries, and loads the one that is run."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=summary) for name, (_, summary) in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        found = load_command(name) if name else command
        gc.enable()
        return name, found, rest

    def invoke(self, ctx: Any) -> Any:
        """Run the command. The bucket that machines share may be away at any moment, whatever the command is."""
        with complaining(StorageAway, tell=lambda error: f"{error}. Run `zimogs doctor` to see more."):
            return super().invoke(ctx)

    def main(self, *arguments: Any, **settings: Any) -> Any:
        """Run it. What typer refuses is told to a program as JSON, as everything else is."""
        given = arguments[0] if arguments else settings.get("args")
        is_json = "--json" in (sys.argv[1:] if given is None else given)
        try:
            code = super().main(*arguments, **settings | ({"standalone_mode": False} if is_json else {}))
        except TyperException as error:
            tell_error(error.format_message(), ExitCode(error.exit_code))
            code = error.exit_code
        finally:
            speak_as_usual()
        sys.exit(code if isinstance(code, int) else ExitCode.DONE)


application = typer.Typer(name="zimogs", cls=_OnDemand, no_args_is_help=True, rich_markup_mode="markdown")


def _say_version(wanted: bool) -> None:  # noqa: FBT001  typer passes by position
    if wanted:
        from importlib.metadata import version

        typer.echo(f"zimogs {version('zimogs')}")
        raise typer.Exit


@application.callback()
def describe(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Seals documents in bulk with an organisation's qualified cloud seal (eParaksts eZīmogs+ mākonī).

    Drop files into a folder, let one person approve **once**, and find them sealed and verified in the outbox.
    Try `zimogs demo` first: it needs nothing but this program.
    """
