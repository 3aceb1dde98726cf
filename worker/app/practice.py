"""What is made for rehearsals must not come to be trusted in earnest."""

from cryptography import x509

from config.settings import Settings
from worker.anchors import UnusableAnchor, load_anchors

PRACTICE_NAME = "zimogs practice"
"""How the names of the practice vendor's certificates begin; anybody can read its keys."""


def load_trust(settings: Settings) -> tuple[x509.Certificate, ...]:
    """Read the trust anchors of the settings. Raises UnusableAnchor, also for a practice root beside a real vendor."""
    anchors = load_anchors(settings.trust.anchors)
    if not settings.eparaksts.may_practise and any(is_practice(anchor) for anchor in anchors):
        raise UnusableAnchor(
            "a practice root is among trust.anchors, and the vendor is not on this machine: whoever has a practice "
            "vendor could forge seals. Remove it, or set eparaksts.insecure_practice = true for a rehearsal."
        )
    return anchors


def is_practice(certificate: x509.Certificate) -> bool:
    """Say whether a practice vendor made the certificate."""
    return PRACTICE_NAME in certificate.subject.rfc4514_string()
