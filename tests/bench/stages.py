"""The stages of a document's way, and the functions that each of them is."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from tests.bench.stopwatch import REST, Stopwatch

STAGES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("look", ("worker.inbox.intake:Intake.rescan",)),
    ("claim", ("worker.inbox.claims:Claims.claim",)),
    ("copy", ("worker.inbox.claims:Claims.bring_all",)),
    ("inspect", ("worker.inbox.judgement:Judge.judge",)),
    ("admit", ("worker.storage.shelf:DiskShelf.admit", "worker.storage.shelf:DiskShelf.write")),
    ("gather", ("worker.storage.shelf:DiskShelf.waiting_list", "worker.storage.shelf:DiskShelf.leave_waiting_list")),
    ("prepare", ("worker.eparaksts.service:EparakstsService.open_sessions",)),
    ("upload", ("worker.eparaksts.service:EparakstsService.upload",)),
    ("digests", ("worker.eparaksts.service:EparakstsService.digests",)),
    (
        "sign",
        (
            "worker.eparaksts.service:EparakstsService.sign",
            "worker.verification.verifier:LocalVerifier.verify_values",
        ),
    ),
    ("finalize", ("worker.eparaksts.service:EparakstsService.finalize",)),
    ("list", ("worker.eparaksts.signapi:SignApi.files",)),
    ("download", ("worker.eparaksts.service:EparakstsService.download",)),
    ("verify", ("worker.verification.verifier:LocalVerifier.verify_sealed",)),
    ("outbox", ("worker.storage.outbox:DiskOutbox.deliver",)),
    ("settle", ("worker.storage.shelf:DiskShelf.retire",)),
    ("close", ("worker.eparaksts.service:EparakstsService.close",)),
    (
        "ledger",
        tuple(f"worker.storage.ledger:DiskLedger.{name}" for name in ("open", "append", "read", "glance", "close")),
    ),
    ("stories", ("worker.queue.task_runner:TaskRunner.run", "worker.queue.task_runner:TaskRunner.seal")),
    ("sweep", ("worker.storage.ledger:DiskLedger.open_batches",)),
    ("pages", ("aiohttp.web_protocol:RequestHandler.start",)),
)
"""By name, as they follow one another; each function as `module:Class.method`. What moves is to be named anew here."""

STAGE_NAMES = (*(name for name, _ in STAGES), REST)
"""In the order of a report."""


def watch_stages(stopwatch: Stopwatch) -> None:
    """Have the stopwatch watch every function of every stage. Raises AttributeError for one that is not there."""
    for stage, names in STAGES:
        for name in names:
            owner, attribute = _find(name)
            setattr(owner, attribute, stopwatch.watch(stage, getattr(owner, attribute)))


def find_missing() -> Iterator[str]:
    """Functions of stages that are not where they should be."""
    for _, names in STAGES:
        for name in names:
            try:
                owner, attribute = _find(name)
                getattr(owner, attribute)
            except (ImportError, AttributeError):
                yield name


def _find(name: str) -> tuple[Any, str]:
    module, _, path = name.partition(":")
    *owners, attribute = path.split(".")
    owner: Any = import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    return owner, attribute
