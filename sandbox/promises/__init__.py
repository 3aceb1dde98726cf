"""What the practice vendor enforces: one promise for each box of the checklist, in its order (reference §9).

The README prints them, and a test of the same name keeps each.
"""

from sandbox.promises.esigp import ESIGP
from sandbox.promises.oauth import OAUTH
from sandbox.promises.promise import Promise, Source
from sandbox.promises.signing import SIGNING
from sandbox.promises.storage import STORAGE

PROMISES = {
    "OAuth": OAUTH,
    "esigp": ESIGP,
    "SignAPI: sessions and files": STORAGE,
    "SignAPI: digests and sealed files": SIGNING,
}
"""By the part of the vendor that they are about."""

__all__ = ["PROMISES", "Promise", "Source"]
