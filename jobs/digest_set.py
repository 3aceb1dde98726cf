from jobs.digest import Digest
from jobs.frozen import Frozen


class SessionDigest(Frozen):
    """The digest to be signed for one session."""

    session: str
    digest: Digest


class DigestSet(Frozen):
    """What the vendor calculated for a whole batch, in its response order. `summary` is echoed, never computed."""

    digests: tuple[SessionDigest, ...]
    summary: str
    summary_algorithm: str
    signature_algorithm: str
