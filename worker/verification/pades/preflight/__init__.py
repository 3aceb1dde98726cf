"""Preflight: what a PDF will be asked after its seal was paid for is asked of it before anybody is.

A seal is an incremental update (ISO 32000-2 §7.5.6): it writes some objects of the original again, adds others,
and leaves every byte that was there. So what is written again must be readable, by the same reader that judges
the sealed file; what is added must not give the original another meaning; and what earlier signers forbade must
not happen.
"""

from worker.verification.pades.preflight.judgement import judge_original

__all__ = ["judge_original"]
