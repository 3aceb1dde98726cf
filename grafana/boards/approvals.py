"""What people are asked for, how long that takes them, and what it spares them."""

from grafana.boards.board import Board
from grafana.panels import COUNT, SECONDS, SHARE, Panel, Query, bars, figure, lines, worse_above
from grafana.queries import PROCESSES_OF_ROUTES, amount, increase, oldest, per_second, quantile, ratio

_HOUR = 3600
_WHERE = PROCESSES_OF_ROUTES


def _waiting() -> tuple[Panel, ...]:
    return (
        bars(
            "Batches that wait for a person, by route",
            "Prepared: somebody has to approve, or first to release.",
            Query(amount("zimogs_batches", "route", matching='state="prepared"'), "{{route}}"),
            unit=COUNT,
            width=8,
        ),
        lines(
            "Oldest that waits for a person, by route",
            "Reminders, escalation and deputies are the route's own settings. The alert comes after four hours, "
            "for all routes alike.",
            Query(oldest("route", matching='state="prepared"'), "{{route}}"),
            unit=SECONDS,
            width=8,
            alert="ZimogsApprovalWaiting",
        ),
        bars(
            "Wait for approval",
            "From prepared to approved (or released) in the shown time: half of the batches, and 95 in a hundred, "
            "waited less than this.",
            Query(quantile(0.5, "zimogs_approval_wait_seconds"), "p50"),
            Query(quantile(0.95, "zimogs_approval_wait_seconds"), "p95"),
            unit=SECONDS,
            width=8,
            thresholds=worse_above(_HOUR, 4 * _HOUR),
        ),
    )


def _worth() -> tuple[Panel, ...]:
    authorizations = increase("zimogs_authorization_documents_count", where=_WHERE)
    return (
        figure(
            "Documents per authorization",
            "How many documents one consent of a person covered, in the shown time. The more, the fewer are asked.",
            Query(ratio(increase("zimogs_authorization_documents_sum", where=_WHERE), authorizations), "documents"),
            unit=COUNT,
            empty="nobody approved",
            width=6,
        ),
        figure(
            "Authorizations",
            "Consents that were used in the shown time.",
            Query(authorizations, "authorizations"),
            unit=COUNT,
            empty="0",
            width=6,
        ),
        figure(
            "Person-seconds per 1,000 documents",
            "Time on the vendor's pages, from leaving the desk to coming back with a consent, for each thousand "
            "documents consented to. What a person reads on the desk before that is not measured.",
            Query(
                ratio(
                    increase("zimogs_consent_seconds_sum", where=_WHERE),
                    increase("zimogs_documents_consented_total", where=_WHERE),
                    1000,
                ),
                "seconds",
            ),
            unit=SECONDS,
            empty="nobody approved",
            width=6,
        ),
        figure(
            "Approved in vain",
            "Documents that were approved and then refused, or have to be approved once more, in the shown time.",
            Query(increase("zimogs_documents_approved_in_vain_total", where=_WHERE), "documents"),
            unit=COUNT,
            empty="0",
            width=6,
            thresholds=worse_above(1, 100),
            alert="ZimogsSealedLateFast",
        ),
        bars(
            "Time to consent",
            "How long one consent took on the vendor's pages, in the shown time.",
            Query(quantile(0.5, "zimogs_consent_seconds"), "p50"),
            Query(quantile(0.95, "zimogs_consent_seconds"), "p95"),
            unit=SECONDS,
            width=8,
            thresholds=worse_above(60, 300),
        ),
        bars(
            "Documents in a batch",
            "How full batches were when gathered. Small ones cost approvals: raise the route's max_wait, or collect "
            "until a time of day.",
            Query(quantile(0.5, "zimogs_batch_documents"), "p50"),
            Query(quantile(0.95, "zimogs_batch_documents"), "p95"),
            unit=COUNT,
            width=8,
        ),
        bars(
            "Documents in an authorization",
            "How many documents one consent covered: half, and 95 in a hundred, covered fewer than this.",
            Query(quantile(0.5, "zimogs_authorization_documents"), "p50"),
            Query(quantile(0.95, "zimogs_authorization_documents"), "p95"),
            unit=COUNT,
            width=8,
        ),
    )


def _who() -> tuple[Panel, ...]:
    waited = increase("zimogs_batch_seconds_total", "waits_for", where=_WHERE)
    return (
        bars(
            "Waiting for a person, and for machines",
            "Of the time that batches took in the shown time, whose turn it was.",
            Query(f"{waited} / ignoring (waits_for) group_left () sum({waited})", "{{waits_for}}"),
            unit=SHARE,
            width=12,
        ),
        lines(
            "Batches waiting at once",
            "Seconds that batches waited in each second, by whose turn it was; counted when the wait is over.",
            Query(per_second("zimogs_batch_seconds_total", "waits_for", where=_WHERE), "{{waits_for}}"),
            unit=COUNT,
            width=12,
            stacked=True,
        ),
    )


BOARD = Board(
    "approvals",
    "zimogs · Approvals",
    "People: what waits for them, how long they take, and how many documents one consent covers.",
    (
        ("What waits for people", _waiting),
        ("What an approval is worth", _worth),
        ("Whose turn it was", _who),
    ),
)
