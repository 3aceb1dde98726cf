"""What a person wants to know at nine in the morning, most urgent first; and at night, in one look."""

from grafana.boards.board import Board
from grafana.panels import (
    BYTES,
    COUNT,
    DAYS,
    PER_SECOND,
    SECONDS,
    SHARE,
    Panel,
    Query,
    bars,
    figure,
    lines,
    red_from,
    worse_above,
    worse_below,
)
from grafana.queries import PROCESSES_OF_ROUTES, amount, days_left, increase, newest, oldest, per_second

_HOUR = 3600
_ALLOWED = {"sealed": 0.01, "asked": 0.01, "unexplained": 0.001}
"""What each promise of `deploy/prometheus/slo.yml` allows."""


def _stuck() -> tuple[Panel, ...]:
    return (
        figure(
            "Not answering",
            "Processes of zimogs that Prometheus cannot scrape. Anything but 0: the other figures may be old.",
            Query('count(up{job="zimogs"}) - sum(up{job="zimogs"})', "processes"),
            unit=COUNT,
            width=4,
            thresholds=red_from(1),
            alert="ZimogsDown",
        ),
        figure(
            "Waiting for approval",
            "Documents in batches that are prepared and wait for a person on the desk.",
            Query(amount("zimogs_documents", matching='state="prepared"'), "documents"),
            unit=COUNT,
            width=4,
        ),
        figure(
            "Longest wait for approval",
            "How long the oldest prepared batch has been waiting for a person; 0 when none does. Red when the alert "
            "fires.",
            Query(oldest(matching='state="prepared"'), "oldest"),
            unit=SECONDS,
            width=4,
            thresholds=worse_above(_HOUR, 4 * _HOUR),
            alert="ZimogsApprovalWaiting",
        ),
        figure(
            "Longest in any other state",
            "Everything but the approval should take minutes: the oldest document or batch that no person has to look "
            "at. Red when the alert fires.",
            Query(oldest(matching='state!="prepared"'), "oldest"),
            unit=SECONDS,
            width=4,
            thresholds=worse_above(300, 900),
            alert="ZimogsStuck",
        ),
        figure(
            "Unexplained",
            "Batches and routes that do not move although nobody has to act, and nothing says why. There should never "
            "be any.",
            Query("max(zimogs_unexplained)", "subjects"),
            unit=COUNT,
            width=4,
            thresholds=red_from(1),
            alert="ZimogsUnexplainedFast",
        ),
        figure(
            "Certificate days left",
            "Days until the first certificate of an enrolled seal ends. A new one takes the vendor some days.",
            Query(f"min({days_left()})", "days"),
            unit=DAYS,
            empty="none enrolled",
            width=4,
            thresholds=worse_below(30, 7),
            alert="ZimogsCertificateExpiring",
        ),
        bars(
            "What stands still, by cause",
            "Batches, routes and what they all stand on that do not move. `zimogs status` and the desk say which, "
            "since when, and what to do.",
            Query(newest("zimogs_standstills", "cause"), "{{cause}}"),
            unit=COUNT,
            width=10,
            thresholds=red_from(1),
            alert="ZimogsStandstill",
        ),
        bars(
            "Promises kept",
            "The share of documents in the shown time of which somebody was asked within five minutes of their "
            "arrival, and that were sealed within five minutes of their approval. Both should be 99 %.",
            Query(_share_in_time("zimogs_document_asked_seconds"), "asked"),
            Query(
                _share_in_time("zimogs_document_sealed_seconds", "zimogs_documents_approved_in_vain_total"), "sealed"
            ),
            unit=SHARE,
            width=7,
            thresholds=worse_below(0.99, 0.95),
            alert="ZimogsSealedLateFast",
        ),
        bars(
            "Allowance left",
            "Of what a month allows to come late (1 %), or to stand still unexplained (0.1 % of the time), in the last "
            "30 days; from the rules in `prometheus/slo.yml`.",
            *(Query(_allowance_left(promise, share), promise) for promise, share in _ALLOWED.items()),
            unit=SHARE,
            width=7,
            thresholds=worse_below(0.5, 0.1),
            alert="ZimogsSealedLateSlow",
        ),
    )


def _allowance_left(promise: str, allowed: float) -> str:
    return f"clamp_min(1 - zimogs:{promise}_missed:ratio_30d / {allowed}, 0)"


def _share_in_time(histogram: str, failures: str = "") -> str:
    within = increase(f"{histogram}_bucket", where=f'{PROCESSES_OF_ROUTES}, le="300.0"')
    every = increase(f"{histogram}_count", where=PROCESSES_OF_ROUTES)
    failed = f" + {increase(failures, where=PROCESSES_OF_ROUTES)}" if failures else ""
    return f"{within} / ({every}{failed})"


def _places() -> tuple[Panel, ...]:
    return (
        lines(
            "Age of the oldest, by state",
            "A line that climbs without end is something stuck; 'prepared' waits for a person and may climb.",
            Query(oldest("state"), "{{state}}"),
            unit=SECONDS,
            width=8,
        ),
        lines(
            "Documents on their way, by state",
            "From the inbox ('waiting': in no batch yet) to the outbox, without what was delivered or put aside.",
            Query(amount("zimogs_documents", "state"), "{{state}}"),
            unit=COUNT,
            width=8,
            stacked=True,
        ),
        lines(
            "Batches on their way, by state",
            "Each batch takes one approval. Those that are over are not counted; a damaged one waits for "
            "`zimogs repair`.",
            Query(amount("zimogs_batches", "state"), "{{state}}"),
            Query("max(zimogs_batches_damaged)", "damaged"),
            unit=COUNT,
            width=8,
            stacked=True,
            alert="ZimogsBatchDamaged",
        ),
    )


def _done() -> tuple[Panel, ...]:
    where = PROCESSES_OF_ROUTES
    return (
        figure(
            "Received",
            "Documents that batches were made of in the shown time. What waits for company is not counted yet.",
            Query(increase("zimogs_documents_received_total", where=where), "documents"),
            unit=COUNT,
            empty="0",
            width=6,
        ),
        figure(
            "Sealed",
            "Documents sealed, verified and delivered in the shown time.",
            Query(increase("zimogs_documents_sealed_total", where=where), "documents"),
            unit=COUNT,
            empty="0",
            width=6,
        ),
        figure(
            "Sealed files",
            "Their size.",
            Query(increase("zimogs_bytes_sealed_total", where=where), "bytes"),
            unit=BYTES,
            empty="0",
            width=6,
        ),
        figure(
            "Put into quarantine",
            "Documents put aside in the shown time, each with its reason beside it.",
            Query(increase("zimogs_documents_quarantined_total", where=where), "documents"),
            unit=COUNT,
            empty="0",
            width=6,
            thresholds=worse_above(1, 10),
            alert="ZimogsQuarantineGrowing",
        ),
        lines(
            "Received and sealed per second",
            "How fast documents come and go, by route.",
            Query(per_second("zimogs_documents_received_total", "route", where=where), "{{route}} received"),
            Query(per_second("zimogs_documents_sealed_total", "route", where=where), "{{route}} sealed"),
            unit=PER_SECOND,
            width=8,
        ),
        bars(
            "Quarantine, by reason",
            "Why documents were put aside in the shown time. 'not-verified' is never harmless: see the runbook.",
            Query(increase("zimogs_documents_quarantined_total", "reason", where=where) + " > 0", "{{reason}}"),
            unit=COUNT,
            width=8,
            thresholds=worse_above(1, 10),
            alert="ZimogsNotVerified",
        ),
        bars(
            "Steps of batches",
            "Records written to the ledger in the shown time. Many 'lapsed' mean that approvals come too late.",
            Query(increase("zimogs_batch_records_total", "state"), "{{state}}"),
            unit=COUNT,
            width=8,
        ),
    )


BOARD = Board(
    "overview",
    "zimogs · Overview",
    "Sealing in bulk: what is stuck, where everything stands, what was done today.",
    (
        ("Is anything stuck?", _stuck),
        ("Where everything stands", _places),
        ("Done in the shown time (today, unless you choose)", _done),
    ),
)
