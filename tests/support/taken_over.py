"""A child that a hostile file has taken over: it says whatever that file tells it, line by line."""

import sys
from pathlib import Path
from typing import Any

from worker.guarded import AnswerLine, answer_lines


def answer(asked: dict[str, Any]) -> AnswerLine:
    """Say what stands in the file; a number is so many letters without an end."""
    told = Path(asked["path"]).read_text(encoding="utf-8")
    if told.isdecimal():
        for _ in range(int(told) >> 20):
            sys.stdout.write("x" * (1 << 20))
    else:
        sys.stdout.write(told + "\n")
    # Ended, it says nothing of its own behind that.
    sys.exit()


if __name__ == "__main__":
    answer_lines(answer, lambda _: False)
