"""How many documents are taken at once, and how more are refused. Nothing of it is published (§8)."""

from sandbox.variants.choice import Choice


class Limit(Choice):
    """A figure, or none."""

    @property
    def most(self) -> int | None:
        """The figure; None where there is none."""
        return None if self == "none" else int(self)


class CalculateLimit(Limit):
    """How many sessions one CalculateDigest takes (§4.7)."""

    NONE = "none", "no figure of its own: no source names one"
    THOUSAND = "1000", "a round figure: our convention"
    TEN = "10", "few, for rehearsals with few documents: our convention"


class ConsentLimit(Limit):
    """How many digests one authorization may cover, as in `numSignatures` of the CSC API; asked at leg 2 (§3.1)."""

    NONE = "none", "no figure: the request names a summary, and no number"
    HUNDRED = "100", "as many as one start opens (§4.1), as SignAPI tells the platform: our convention"


class SignLimit(Limit):
    """How many digests one signature call takes (§3.9)."""

    NONE = "none", "no figure of its own: no source names one"
    THOUSAND = "1000", "a round figure: our convention"
    TEN = "10", "few, for rehearsals with few documents: our convention"


class FinalizeLimit(Limit):
    """How many sessions one finalizeSigning or addArchive takes (§4.8)."""

    NONE = "none", "no figure of its own: no source names one"
    TEN = "10", "few, for rehearsals with few documents: our convention"


class TooMany(Choice):
    """How a call that is about too many is refused (§6)."""

    COUNTED = "counted", "400 with a sentence that names the figure: our convention"
    WORDLESS = "wordless", "400 with the code of the call and no figure, as SignAPI refuses most things"
    CONTENT = "413", "Content Too Large (RFC 9110 §15.5.14), as a proxy would say it"
    UNPROCESSABLE = "422", "Unprocessable Content (RFC 9110 §15.5.21), as in test data of clients"


class RefusedBatch(Choice):
    """What becomes of the signing token when a signature call is refused for being about too many (§3.10)."""

    KEEPS = "keeps", "it is as good as before: the call was not carried out"
    SPENDS = "spends", "it is spent, as the CSC layer of the same platform does it even on a refused call"


class SigningParts(Choice):
    """Whether the digests of one authorization may be signed in several calls (§3.10)."""

    REFUSED = "refused", "no: the digests of a call must be all that were authorized"
    IN_ORDER = "in_order", "yes, one part after the other in their order, until all are signed: our convention"


class SigningTokenLife(Choice):
    """How long a signing token lives (§3.10)."""

    AS_SET = "as_set", "as long as every other, ten minutes as measured by auth-test-harness"
    SECONDS = "seconds", "three seconds, which several calls outlast: our convention"

    @property
    def seconds(self) -> int | None:
        """The figure; None for that of every other token."""
        return 3 if self is SigningTokenLife.SECONDS else None
