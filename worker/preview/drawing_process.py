"""The process in which documents are drawn: `python -m worker.preview.drawing_process`, started by `Drawer`."""

from base64 import b64encode
from pathlib import Path
from typing import Any

from worker.guarded import AnswerLine, answer_lines
from worker.preview.drawing import draw
from worker.preview.look import Fault, Look

LEAST_URGENT = 19
"""As nice as a process can be (nice(2)): whatever seals comes first."""


def answer(asked: dict[str, Any]) -> AnswerLine:
    """The look, and the picture in base64; nothing is written by this process."""
    try:
        look, picture = draw(Path(asked["path"]), asked["media_type"])
    except (MemoryError, RecursionError):
        look, picture = Look(fault=Fault.TOO_LARGE), b""
    except Exception:  # noqa: BLE001  readers stumble in any way they like over what is damaged, encrypted or hostile
        look, picture = Look(fault=Fault.UNREADABLE), b""
    return {"look": look.model_dump(mode="json"), "picture": b64encode(picture).decode()}


if __name__ == "__main__":
    answer_lines(answer, lambda reply: reply["look"]["fault"] == Fault.TOO_LARGE, niceness=LEAST_URGENT)  # type: ignore[index]
