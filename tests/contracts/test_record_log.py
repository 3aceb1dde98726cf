"""What the log tells of a batch: documents and routes by name, reasons, and approvers by pseudonym unless set so."""

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from config.sections import Approvers
from jobs.deliver import deliver
from tests.support.builders import ANNA, INVOICES, JANIS, a_document_id, documents
from tests.support.memory_app import MemoryApp
from worker.app.record_log import NameApprover, log_record, name_approver

KEY = b"k" * 32


async def lines(name: NameApprover) -> list[EventDict]:
    """The log of a batch of two of which one cannot be finalized."""
    app = MemoryApp()
    signed = await app.signed(*documents(2))
    app.vendor.errors_at_finalize = {a_document_id(2): "BSS-999"}
    history = await deliver(signed.batch, app.tools)
    with capture_logs() as log:
        for count in range(1, len(history.records) + 1):
            log_record(history.model_copy(update={"records": history.records[:count]}), name)
    return log


async def test_every_line_names_batch_and_route_and_each_document_its_end() -> None:
    log = await lines(name_approver(KEY, Approvers.PSEUDONYM))
    assert {line["route"] for line in log} == {INVOICES}
    assert len({line["batch"] for line in log}) == 1
    ends = {line["document"]: line.get("reason") for line in log if "document" in line}
    assert ends == {a_document_id(1): None, a_document_id(2): "not-finalized"}


@pytest.mark.parametrize(("how", "is_told"), [(Approvers.PSEUDONYM, False), (Approvers.PLAIN, True)])
async def test_who_approved_is_named_as_the_settings_say(how: Approvers, is_told: bool) -> None:  # noqa: FBT001
    log = await lines(name_approver(KEY, how))
    assert any(ANNA in str(line) for line in log) is is_told
    (approver,) = (line["approver"] for line in log if "approver" in line)
    assert approver == name_approver(KEY, how)(ANNA)


def test_a_pseudonym_tells_people_apart_and_says_nothing_without_the_key() -> None:
    name, elsewhere = name_approver(KEY, Approvers.PSEUDONYM), name_approver(b"x" * 32, Approvers.PSEUDONYM)
    assert name(ANNA) == name(ANNA)
    assert len({name(ANNA), name(JANIS), elsewhere(ANNA)}) == 3
