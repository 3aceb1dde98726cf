"""Judging what was appended to an original: by our own reader, and where that does not understand, by libraries."""

from jobs.model.documents import Profile
from jobs.model.errors import Rejected
from worker.verification.inspected import ObservePath, ReadingPath
from worker.verification.pades.changes import require_sealing_only
from worker.verification.pades.original import Original
from worker.verification.pades.signatures import find_signatures
from worker.verification.pades.slow_judge import SlowJudge
from worker.verification.pades.structure import SealedPdf, Structure
from worker.verification.pades.tail_reading import read_tail
from worker.verification.refusal import NotUnderstood

_SLOW_JUDGE = SlowJudge()
"""One for the process: it costs a second to start, and most files need none."""


def judge_structure(
    sealed: SealedPdf, profile: Profile, observe: ObservePath = lambda _: None, *, is_alone: bool = True
) -> Structure:
    """Judge what was appended, cryptography aside. Raises Rejected: as altered, or because nobody can tell.

    Where it `is_alone`, libraries are asked about what is not understood; else NotUnderstood is raised.
    """
    path = ReadingPath.FAST
    try:
        tail = read_tail(sealed.content, Original(sealed.head), sealed.size)
        signatures = find_signatures(tail)
        return Structure(signatures, tuple(require_sealing_only(tail, signatures, profile)))
    except (Rejected, OSError, MemoryError):
        raise
    except Exception as doubt:
        # Whatever our own reader stumbled over, that is no judgement yet.
        if not is_alone:
            raise NotUnderstood from doubt
        path = ReadingPath.SLOW
        return _SLOW_JUDGE.judge(sealed, profile, doubt)
    finally:
        observe(path)
