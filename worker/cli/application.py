import typer

from worker.cli import audit
from worker.cli.approve import approve
from worker.cli.demo import demo
from worker.cli.doctor import doctor
from worker.cli.running import desk, run, sandbox, watch, worker
from worker.cli.status import status
from worker.cli.submit import retry, submit
from worker.cli.verify import verify

application = typer.Typer(
    name="zimogs",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Seals documents in bulk with an organisation's qualified cloud seal (eParaksts eZīmogs+ mākonī).\n\n"
    "Drop files into a folder, let one person approve **once**, and find them sealed and verified in the outbox. "
    "Try `zimogs demo` first: it needs nothing but this program.",
)

for command in (demo, run, worker, watch, desk, submit, status, approve, retry, verify, doctor):
    application.command()(command)

# Whatever is said to the practice vendor is its own affair, `--help` included.
application.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    sandbox
)
application.add_typer(audit.application, name="audit")
