"""The process in which documents are read: `python -m worker.inbox.inspector_process`, started by `Inspector`.

A line of JSON on standard input names a file, a line of JSON on standard output is the judgement. It ends when its
standard input does, so it never outlives the worker for long.
"""

import json
import resource
import signal
import sys
from pathlib import Path

from jobs.model.errors import Rejected
from jobs.model.reasons import Reason
from worker.inbox.inspection import inspect

MEMORY = 200 << 20
"""Bytes of address space that a document may take, on top of what the process needs at rest."""

ReplyLine = dict[str, str | list[str]]


def judge(path: Path, limit: int | None) -> ReplyLine:
    """What `inspect` says, as JSON has it."""
    try:
        return {"remarks": list(inspect(path, path.stat().st_size, limit))}
    except Rejected as error:
        return {"reason": error.reason, "detail": error.detail}
    except (MemoryError, RecursionError):
        return {"reason": Reason.TOO_COMPLEX, "detail": "reading it took more memory than it may"}


def main() -> None:
    """Limit ourselves, say that we are ready, then answer line by line."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # Nothing is written here, and a crash leaves no image of a document behind.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _say({})
    for line in sys.stdin:
        asked = json.loads(line)
        # SIGPROF ends us, also when the worker that waited for an answer is gone.
        signal.setitimer(signal.ITIMER_PROF, asked["patience"])
        reply = judge(Path(asked["path"]), asked["limit"])
        _say(reply)
        signal.setitimer(signal.ITIMER_PROF, 0)
        if reply.get("reason") == Reason.TOO_COMPLEX:
            # What such a document has left of our memory may be too little for the next one.
            return


def _say(reply: ReplyLine) -> None:
    sys.stdout.write(json.dumps(reply) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
