"""What goes on inside the workers: stories, stages, verification, loops, and the machine below."""

from grafana.boards.board import Board
from grafana.panels import BYTES, COUNT, PER_SECOND, SECONDS, SHARE, Panel, Query, bars, lines, worse_above, worse_below
from grafana.queries import PROCESSES, amount, increase, least, moving_quantile, newest, per_second, quantile

_JOB = f'job="zimogs", {PROCESSES}'


def _stories() -> tuple[Panel, ...]:
    return (
        lines(
            "Stories, by name",
            "How often workers take a step.",
            Query(per_second("zimogs_stories_total", "story"), "{{story}}"),
            unit=PER_SECOND,
            width=8,
        ),
        lines(
            "Stories that did not end well",
            "Steps that workers took in vain. 'failed' is tried again after a rest, the log says why; 'waiting' needs "
            "a person to enrol the seal; 'busy' means that another worker was faster.",
            Query(
                per_second("zimogs_stories_total", "story", "outcome", where=f'{PROCESSES}, outcome!="done"'),
                "{{story}} {{outcome}}",
            ),
            unit=PER_SECOND,
            width=8,
            alert="ZimogsStuck",
        ),
        lines(
            "Story duration, p95",
            "95 in a hundred steps took a worker less than this.",
            Query(moving_quantile(0.95, "zimogs_story_seconds", "story"), "{{story}}"),
            unit=SECONDS,
            width=8,
        ),
        bars(
            "Stage duration, p50",
            "Half of the batches needed less than this for the step that ends in the named record.",
            Query(quantile(0.5, "zimogs_stage_seconds", "stage", where=PROCESSES), "{{stage}}"),
            unit=SECONDS,
            width=8,
        ),
        bars(
            "Stage duration, p95",
            "95 in a hundred batches needed less than this for the step that ends in the named record.",
            Query(quantile(0.95, "zimogs_stage_seconds", "stage", where=PROCESSES), "{{stage}}"),
            unit=SECONDS,
            width=8,
            thresholds=worse_above(60, 300),
        ),
        bars(
            "From arrival to asking, from approval to outbox",
            "95 in a hundred documents took less than this. The objectives are five minutes each.",
            Query(quantile(0.95, "zimogs_document_asked_seconds"), "asked"),
            Query(quantile(0.95, "zimogs_document_sealed_seconds"), "sealed"),
            unit=SECONDS,
            width=8,
            thresholds=worse_above(120, 300),
            alert="ZimogsAskedLateFast",
        ),
    )


def _verification() -> tuple[Panel, ...]:
    slow = increase("zimogs_judgements_total", where=f'{PROCESSES}, path="slow"')
    return (
        bars(
            "Judgements, by path",
            "How sealed files were read before delivery in the shown time.",
            Query(increase("zimogs_judgements_total", "path"), "{{path}}"),
            unit=COUNT,
            width=8,
        ),
        bars(
            "Slow path",
            "The share of sealed files that our own reader did not understand, so that libraries were asked too. Much "
            "of it means that the vendor has begun to write files in another way.",
            Query(f"{slow} / ({increase('zimogs_judgements_total')} > 0)", "slow"),
            unit=SHARE,
            width=4,
            thresholds=worse_above(0.05, 0.5),
            alert="ZimogsCannotTell",
        ),
        lines(
            "Jobs in a queue",
            "Running ones included. The queue only rings: what it loses, the ledger brings back.",
            Query(newest("zimogs_queue_depth", "queue"), "{{queue}}"),
            unit=COUNT,
            width=6,
        ),
        bars(
            "Restarts, by part",
            "Parts of a process that failed and were started again in the shown time; 'valkey' is the embedded server. "
            "The log says why.",
            Query(increase("zimogs_restarts_total", "part"), "{{part}}"),
            unit=COUNT,
            width=6,
            alert="ZimogsRestarting",
        ),
    )


def _machine() -> tuple[Panel, ...]:
    return (
        lines(
            "Documents on their way",
            "The size of the originals on the shelf, by state.",
            Query(amount("zimogs_document_bytes", "state"), "{{state}}"),
            unit=BYTES,
            width=6,
            stacked=True,
        ),
        bars(
            "Free space, by folder",
            "What is left of the file system below each folder, on the machine where that is least.",
            Query(least("zimogs_disk_free_bytes / zimogs_disk_size_bytes", "folder"), "{{folder}}"),
            unit=SHARE,
            width=6,
            thresholds=worse_below(0.2, 0.05),
        ),
        bars(
            "Batches in the ledger, by route",
            "How many there ever were; each is some kilobytes, and is kept.",
            Query(newest("zimogs_ledger_batches", "route"), "{{route}}"),
            unit=COUNT,
            width=6,
        ),
        bars(
            "Versions that run",
            "How many processes run each version. Two at once while it is renewed.",
            Query(f"count by (version) (zimogs_build_info{{{PROCESSES}}})", "{{version}}"),
            unit=COUNT,
            width=6,
        ),
        lines(
            "Processor",
            "Seconds of processor time in each second, by process.",
            Query(f"rate(process_cpu_seconds_total{{{_JOB}}}[$__rate_interval])", "{{instance}}"),
            unit=SECONDS,
            width=8,
        ),
        lines(
            "Memory",
            "What each process holds in memory.",
            Query(f"process_resident_memory_bytes{{{_JOB}}}", "{{instance}}"),
            unit=BYTES,
            width=8,
        ),
        lines(
            "Open files",
            "Of those that the system allows each process.",
            Query(f"process_open_fds{{{_JOB}}} / process_max_fds{{{_JOB}}}", "{{instance}}"),
            unit=SHARE,
            width=8,
        ),
    )


BOARD = Board(
    "internals",
    "zimogs · Worker internals",
    "Stories and stages, verification, queues, loops, disks and processes.",
    (("Stories and stages", _stories), ("Verification and loops", _verification), ("The machine", _machine)),
)
