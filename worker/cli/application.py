import typer

from worker.cli import approve, audit, demo, doctor, retry, running, sandbox, status, submit, verify

application = typer.Typer(
    name="zimogs",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Seals documents in bulk with an organisation's qualified cloud seal (eParaksts eZīmogs+ mākonī).\n\n"
    "Drop PDFs into a folder, let one person approve **once**, and find them sealed and verified in the outbox. "
    "Try `zimogs demo` first: it needs nothing but this program.",
)

for command in (
    demo.demo,
    running.run,
    running.worker,
    running.watch,
    running.desk,
    submit.submit,
    status.status,
    approve.approve,
    retry.retry,
    verify.verify,
    doctor.doctor,
):
    application.command()(command)

# Whatever is said to the practice vendor is its own affair, `--help` included.
application.command(add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    sandbox.sandbox
)
application.add_typer(audit.application, name="audit")
