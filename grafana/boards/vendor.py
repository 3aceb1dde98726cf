"""How the calls to the vendor go: how many, how many in vain, how long they take; and what it puts on the bill."""

from grafana.boards.board import Board
from grafana.panels import (
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
    worse_above,
    worse_below,
)
from grafana.queries import PROCESSES, PROCESSES_OF_ROUTES, days_left, increase, moving_quantile, per_second, quantile

_FAILED = f'{PROCESSES}, outcome!~"ok|rejected|abandoned"'


def _calls() -> tuple[Panel, ...]:
    every, failed = (per_second("zimogs_vendor_calls_total", where=where) for where in (PROCESSES, _FAILED))
    return (
        lines(
            "Calls, by operation",
            "How often the vendor is called. Every attempt counts as a call.",
            Query(per_second("zimogs_vendor_calls_total", "operation"), "{{operation}}"),
            unit=PER_SECOND,
            width=8,
            stacked=True,
        ),
        lines(
            "Calls, by outcome",
            "'ok' and now and then 'unauthorized' (a token was renewed) are normal; 'rejected' is about one document; "
            "'retryable', 'permanent' and 'uncertain' are the vendor's trouble or the network's.",
            Query(per_second("zimogs_vendor_calls_total", "outcome"), "{{outcome}}"),
            unit=PER_SECOND,
            width=8,
            stacked=True,
        ),
        lines(
            "Calls that failed",
            "The share of all calls that the alert looks at: what the vendor refuses of single documents is not in it.",
            Query(f"{failed} / ({every} > 0)", "failed"),
            unit=SHARE,
            width=8,
            alert="ZimogsVendorFailing",
        ),
        lines(
            "Duration, p95",
            "95 in a hundred calls took less than this, by operation.",
            Query(moving_quantile(0.95, "zimogs_vendor_call_seconds", "operation"), "{{operation}}"),
            unit=SECONDS,
            width=8,
        ),
        bars(
            "Duration in the shown time, p95",
            "The same for the whole shown time.",
            Query(quantile(0.95, "zimogs_vendor_call_seconds", "operation", where=PROCESSES), "{{operation}}"),
            unit=SECONDS,
            width=8,
            thresholds=worse_above(10, 30),
        ),
        lines(
            "Repeated calls",
            "Calls that were made again, by operation. Signing and finalizing are never repeated.",
            Query(per_second("zimogs_vendor_retries_total", "operation"), "{{operation}}"),
            unit=PER_SECOND,
            width=8,
        ),
        lines(
            "Calls at once",
            "How many calls of single documents each process lets the vendor have at once. It grows while answers stay "
            "fast, and shrinks when the vendor refuses (429, 503), falls silent or becomes slow.",
            Query(f"zimogs_vendor_slots{{{PROCESSES}}}", "{{instance}}"),
            unit=COUNT,
            width=24,
        ),
    )


def _accounts() -> tuple[Panel, ...]:
    return (
        bars(
            "Timestamps",
            "What the vendor gave in the shown time, as the ledger knows it: one for each finalized document, one more "
            "for each that was archived. Its bill may hold those of calls whose answers were lost.",
            Query(
                increase("zimogs_timestamps_total", "route", "kind", where=PROCESSES_OF_ROUTES), "{{route}} {{kind}}"
            ),
            unit=COUNT,
            width=8,
        ),
        figure(
            "Signature calls",
            "Calls that signed a batch in the shown time; each took one authorization.",
            Query(increase("zimogs_vendor_calls_total", where=f'{PROCESSES}, operation="sign", outcome="ok"'), "calls"),
            unit=COUNT,
            empty="0",
            width=8,
        ),
        bars(
            "Certificate days left, by seal",
            "Days until the certificate of each enrolled seal ends.",
            Query(days_left(), "{{seal}}"),
            unit=DAYS,
            width=8,
            thresholds=worse_below(30, 7),
            alert="ZimogsCertificateExpiringSoon",
        ),
    )


BOARD = Board(
    "vendor",
    "zimogs · Vendor",
    "eParaksts: rate, errors and duration of every call, timestamps to be billed, certificates.",
    (("Rate, errors, duration", _calls), ("Accounts", _accounts)),
)
