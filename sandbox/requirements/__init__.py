"""What the practice vendor enforces: one requirement for each box of the checklist, in its order (vendor §9).

The README prints them, and a test of the same name keeps each.
"""

from sandbox.requirements.platform import ESIGP, OAUTH
from sandbox.requirements.requirement import Requirement, Source
from sandbox.requirements.signapi import SIGNING, STORAGE

REQUIREMENTS = {
    "OAuth": OAUTH,
    "esigp": ESIGP,
    "SignAPI: sessions and files": STORAGE,
    "SignAPI: digests and sealed files": SIGNING,
}
"""By the part of the vendor that they are about."""

__all__ = ["REQUIREMENTS", "Requirement", "Source"]
