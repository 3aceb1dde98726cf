"""A sealed file on its way back: what it must contain, and under which name it goes out."""

from jobs.digest import Digest, SignatureValue
from jobs.frozen import Frozen
from jobs.model import Profile, Proof
from jobs.names import AName


class Expectation(Frozen):
    """What one sealed file must turn out to contain: exactly what was approved and signed."""

    digest: Digest
    value: SignatureValue
    certificate: str
    profile: Profile = Profile()


class SealedCopy(Frozen):
    """A verified sealed file on the shelf: the name it should have, what was found in it, and the vendor's report."""

    name: AName
    proof: Proof
    report: str | None = None
