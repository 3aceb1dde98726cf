"""How much the vendor turned out to take at once, and forgetting that, since vendors raise their limits."""

from typing import Annotated

import typer

from worker.app.on_disk import OnDisk
from worker.cli.console import DEFAULT_CONFIG, Config, Json, console, run, say_json, settings_to_write
from worker.cli.plain_text import plain
from worker.doctor.limits import describe

Forget = Annotated[bool, typer.Option("--forget", help="Forget it all, so that larger batches are tried again.")]


def limits(config: Config = DEFAULT_CONFIG, *, forget: Forget = False, as_json: Json = False) -> None:
    """Show how much eParaksts turned out to take at once, or forget it.

    It is learned where eParaksts refused more, and kept for its address.

    Batches are never made larger than that. With `--forget` larger ones are tried again; what is refused then is
    divided before anybody is asked, where that can be.

    For example:

        zimogs limits
        zimogs limits --forget
    """
    book = OnDisk.of(settings_to_write(config)).limits
    known = run(book.forget() if forget else book.known())
    if as_json:
        told = [{**limit.model_dump(mode="json"), "sentence": str(limit.sentence)} for limit in known.met]
        say_json({"forgotten" if forget else "limits": told})
        return
    for limit in known.met:
        console.print(plain(f"{'forgotten: ' if forget else ''}{describe(limit)}"))
    if not known.met:
        console.print("No limit of the vendor was met.")
