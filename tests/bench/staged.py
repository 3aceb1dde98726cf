"""`python -m tests.bench.staged --config FILE`: what `zimogs run` runs, with a stopwatch for each stage.

Each line on its standard input is answered with the seconds that each stage has taken so far.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path

from config.reading import read_settings
from tests.bench.stages import watch_stages
from tests.bench.stopwatch import REST, Stopwatch
from worker.app.logs import begin_logging
from worker.app.running import EVERYTHING, running


async def run(config: Path, stopwatch: Stopwatch) -> None:
    """Run everything until the input ends."""
    async with running(read_settings(config), EVERYTHING) as parts:
        sys.stdout.write(json.dumps({"desk": parts.address}) + "\n")
        sys.stdout.flush()
        while await asyncio.to_thread(sys.stdin.readline):
            told: dict[str, float] = dict(stopwatch.seconds)
            # All that no task and no pool accounts for is the rest too.
            told[REST] = time.process_time() - sum(seconds for stage, seconds in told.items() if stage != REST)
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


def main() -> None:
    """Set the stopwatch before anything runs."""
    begin_logging(logging.WARNING)
    stopwatch, loop = Stopwatch(), asyncio.new_event_loop()
    stopwatch.install(loop)
    watch_stages(stopwatch)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(run(Path(sys.argv[sys.argv.index("--config") + 1]), stopwatch))


if __name__ == "__main__":
    main()
