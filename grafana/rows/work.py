"""What was done, and how long it took."""

from grafana.panels import COUNT, PER_SECOND, SECONDS, Panel, Query, bars, figure, lines, rising
from grafana.queries import counted, per_second, quantile

_HOUR = 3600


def done() -> tuple[Panel, ...]:
    """How much was received, sealed and put aside."""
    return (_received(), _sealed(), _pace(), _quarantine(), _records())


def durations() -> tuple[Panel, ...]:
    """How long people and stages took."""
    return (_approval(), _batch_sizes(), _stages_median(), _stages_most())


def _received() -> Panel:
    return figure(
        "Received",
        "Documents taken from the inbox in the shown time.",
        Query(counted("zimogs_documents_received_total"), "documents"),
        unit=COUNT,
        empty="0",
        width=12,
    )


def _sealed() -> Panel:
    return figure(
        "Sealed",
        "Documents sealed, verified and delivered in the shown time.",
        Query(counted("zimogs_documents_sealed_total"), "documents"),
        unit=COUNT,
        empty="0",
        width=12,
    )


def _pace() -> Panel:
    return lines(
        "Received and sealed per second",
        "How fast documents come and go, by route.",
        Query(per_second("zimogs_documents_received_total", "route"), "{{route}} received"),
        Query(per_second("zimogs_documents_sealed_total", "route"), "{{route}} sealed"),
        unit=PER_SECOND,
        width=8,
    )


def _quarantine() -> Panel:
    return bars(
        "Quarantine, by reason",
        "Why documents were put aside in the shown time. 'not-verified' is never harmless: see the runbook. Duplicates "
        "that were skipped, or answered with an earlier sealed file, stand here too.",
        Query(counted("zimogs_documents_quarantined_total", "reason"), "{{reason}}"),
        Query(counted("zimogs_documents_repeated_total", "rule"), "duplicate: {{rule}}"),
        unit=COUNT,
        width=8,
        thresholds=rising(1, 10),
    )


def _records() -> Panel:
    return bars(
        "Steps of batches",
        "Records written to the ledger in the shown time. Many 'lapsed' mean that approvals come too late.",
        Query(counted("zimogs_batch_records_total", "state"), "{{state}}"),
        unit=COUNT,
        width=8,
    )


def _approval() -> Panel:
    return bars(
        "Wait for approval",
        "From prepared to approved in the shown time: half of the batches, and 95 in a hundred, waited less than this.",
        Query(quantile(0.5, "zimogs_approval_wait_seconds"), "p50"),
        Query(quantile(0.95, "zimogs_approval_wait_seconds"), "p95"),
        unit=SECONDS,
        width=6,
        thresholds=rising(_HOUR, 4 * _HOUR),
    )


def _batch_sizes() -> Panel:
    return bars(
        "Documents in a batch",
        "How full batches were when gathered. Small ones cost approvals: raise the route's max_wait.",
        Query(quantile(0.5, "zimogs_batch_documents"), "p50"),
        Query(quantile(0.95, "zimogs_batch_documents"), "p95"),
        unit=COUNT,
        width=6,
    )


def _stages_median() -> Panel:
    return bars(
        "Stage duration, p50",
        "Half of the batches needed less than this for the step that ends in the named record.",
        Query(quantile(0.5, "zimogs_stage_seconds", "stage"), "{{stage}}"),
        unit=SECONDS,
        width=6,
    )


def _stages_most() -> Panel:
    return bars(
        "Stage duration, p95",
        "95 in a hundred batches needed less than this for the step that ends in the named record.",
        Query(quantile(0.95, "zimogs_stage_seconds", "stage"), "{{stage}}"),
        unit=SECONDS,
        width=6,
        thresholds=rising(60, 300),
    )
