from typing import Annotated

import typer

from worker.cli.console import DEFAULT_CONFIG, Config, Json

AfterRestore = Annotated[
    bool, typer.Option("--after-restore", help="Compare the ledger with the outbox and the vendor's sessions, too.")
]


def doctor(config: Config = DEFAULT_CONFIG, *, after_restore: AfterRestore = False, as_json: Json = False) -> None:
    """Examine the installation and say what to do about each finding.

    Looks at the settings, the folders and what they can do, who else could reach them, Redis and its persistence, the
    clock, the vendor, the trust anchors and the enrolled seals. Exit code 1 when something keeps sealing from working.

    With `--after-restore` it says what was sealed and delivered since the copy of the data folder was made. It changes
    nothing: the worker looks for itself before it prepares or seals anything.

    For example:

        zimogs doctor
        zimogs doctor --after-restore
    """
    from worker.cli.handlers.doctor import examine_installation

    examine_installation(config, after_restore=after_restore, as_json=as_json)
