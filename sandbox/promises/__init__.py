"""What the practice vendor enforces: one promise for each box of the checklist, in its order (reference §9).

The README prints them, and a test of the same name keeps each.
"""

from sandbox.promises.esigp import ESIGP
from sandbox.promises.oauth import OAUTH
from sandbox.promises.promise import Promise, Source
from sandbox.promises.signapi import SIGNAPI

PROMISES = {"OAuth": OAUTH, "esigp": ESIGP, "SignAPI": SIGNAPI}

__all__ = ["PROMISES", "Promise", "Source"]
