"""Where sources about SignAPI differ."""

from datetime import timedelta

from sandbox.variants.choice import Choice


class Paths(Choice):
    """Whether the fixed parts of SignAPI's paths must be written exactly (§4)."""

    ANY_CASE = "any_case", "in any case, since clients of both `CalculateDigest` and `calculateDigest` work"
    EXACT = "exact", "as the vendor's documentation heads them"


class ConfigPath(Choice):
    """Whether the path of the configuration must end in a slash (§4.11)."""

    EITHER = "either", "with and without: our convention"
    SLASH = "slash", "`/api-config/v1.0/` alone, as the vendor documents it"


class StartReply(Choice):
    """Under which name start answers the sessions (§4.1)."""

    BY_AMOUNT = "by_amount", "`sessionId` without `amount`, `sessionIds` with it: documented"
    SESSION_ID = "session_id", "`sessionId` for one session, however it was asked for"
    SESSION_IDS = "session_ids", "always `sessionIds`, which laravel-eparaksts reads even for one"


class Created(Choice):
    """The HTTP status of what is created (§4.1, §4.3)."""

    CREATED = "201", "as today's PHP client requires it"
    OK = "200", "as the first PHP client required it"


class UploadReply(Choice):
    """Whether `data` in the answer to an upload is an object or an array (§4.3)."""

    OBJECT = "object", "the vendor's examples, and every client"
    ARRAY = "array", "as the vendor's schema draws it"


class ListReply(Choice):
    """Whether `data` of a list is an array or, for one file, an object (§4.4)."""

    ARRAY = "array", "as smart-id-lvrtc-example, eparaksts-signer and laravel-eparaksts parse it"
    OBJECT = "object", "as the vendor's schema draws it"


class DigestAlgorithm(Choice):
    """Whether addDocumentDigest may leave `digest_algorithm` out (§4.6)."""

    REQUIRED = "required", "no, as today's documentation says"
    OPTIONAL = "optional", "SHA256 then, as in the vendor's old pages (wiki.eparaksts.lv)"


class Sizes(Choice):
    """The type of a file's `size` (§4.4)."""

    NUMBER = "number", "a JSON number, as in the vendor's examples"
    TEXT = "text", "a quoted number, as the vendor's schema types it"


class PdfWithEdoc(Choice):
    """What CalculateDigest makes of `signAsPdf` and `createNewEdoc` together (§4.7)."""

    REFUSED = "refused", "400, as eparaksts-signer has seen it"
    IGNORED = "ignored", "`createNewEdoc` is overlooked, as old documentation says"


class SignatureAlgorithm(Choice):
    """The words of `signature_algorithm` in CalculateDigest's answer (§4.7)."""

    PLATFORM = "platform", "`ecdsa`, `rsa-sha256`: the platform's own, as laravel-eparaksts passes them on"
    UPPER = "upper", "`ECDSA`, `RSA-SHA256`, as in test data of clients"
    JAVA = "java", "`SHA256withECDSA`, `SHA256withRSA`, as in test data of clients"
    ABSENT = "absent", "left out, as in 2020 (smart-id-lvrtc-example)"


class EarlyClients(Choice):
    """How a client that asks for its token as in 2020, in the query, is answered by CalculateDigest (§3.4, §4.7)."""

    AS_EVER = "as_ever", "without `signature_algorithm`, which smart-id-lvrtc-example cannot read: our convention"
    AS_TODAY = "as_today", "as every other client"


class AuthCertificate(Choice):
    """Whose certificate opens the timestamp service at finalizeSigning (§4.8)."""

    PERSON = "person", "a person's authentication certificate: the vendor's guideline, eparaksts-signer"
    SIGNING_TOO = "signing_too", "a person's signing certificate too: laravel-eparaksts sends `mobileid:sign`"
    SIGNING = "signing", "a person's signing certificate alone, as the changelog of laravel-eparaksts explains it"
    ANY = "any", "any valid one; laravel-eparaksts sends a seal's own"


class SignatureValue(Choice):
    """How finalizeSigning reads `signatureValue` (§4.8)."""

    ONCE = "once", "base64, decoded once, as the vendor documents it"
    TWICE_TOO = "twice_too", "base64 of base64 too, which clients send that encode the batch's values again (PHP)"


class OcspTime(Choice):
    """When the responder has said that a certificate is good, seen from the timestamp (RFC 6960 §2.4, producedAt)."""

    WITH = "with", "in the same second, or later, as libdigidocpp requires it"
    BEFORE = "before", "an hour earlier, as answers from a cache are (RFC 5019 §6)"
    JUST_BEFORE = "just_before", "a second earlier, as of signers that ask the responder first (pyasice before 1.0.1)"
    AFTER = "after", "twenty minutes later: more than the fifteen after which libdigidocpp warns"

    @property
    def lag(self) -> timedelta:
        """How much younger the answer is than the timestamp."""
        return _LAGS.get(self, timedelta())


_LAGS = {
    OcspTime.BEFORE: timedelta(hours=-1),
    OcspTime.JUST_BEFORE: timedelta(seconds=-1),
    OcspTime.AFTER: timedelta(minutes=20),
}


class FirstReport(Choice):
    """What the report of validation v1.0 tells (§4.12)."""

    DETAILED = "detailed", "times and included files, as the vendor documents it"
    BRIEF = "brief", "neither, as eparaksts-signer has seen it"


class ContainerWriter(Choice):
    """With which library's habits containers and the seals in them are written (ETSI EN 319 162-1 §4.4)."""

    BASELINE = "baseline", "`signatures0.xml`, SigningCertificateV2, CertificateValues (ETSI EN 319 132-1 §6.3), as DSS"
    EDOC = (
        "edoc",
        "`edoc-signatures-S1.xml`, a remark, SigningCertificate, no CertificateValues, as LVRTC's Java library 2.6",
    )


class PdfWriter(Choice):
    """With which library's habits seals, stores and timestamps are written into PDFs (ISO 32000-2 §7.5.6)."""

    PYHANKO = "pyhanko", "changed objects alone, as pyHanko does"
    REWRITING = (
        "rewriting",
        "pages and the first table again, Info and XMP restamped, a keyed store, as iText 2 and 5 do",
    )
    TABLE = "table", "`/Length` elsewhere, as PDFBox 1.8 has it; fields as kids, `/Version` raised: our convention"
    STREAM = "stream", "object streams and a predicted index in files with cross-reference streams, as Acrobat does"
    HYBRID = "hybrid", "a table with a stream behind it, as PDFBox and office programs leave in hybrid files"
