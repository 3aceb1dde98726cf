"""Where sources about the integration platform differ."""

from sandbox.variants.choice import Choice


class ExpiresIn(Choice):
    """The type of `expires_in` in a token answer (§3.4)."""

    NUMBER = "number", "a JSON number, as clients parse it"
    TEXT = "text", "a quoted number, as the vendor's documentation prints it"


class TokenParameters(Choice):
    """Where the token endpoint looks for its parameters (§3.4)."""

    FORM_AND_QUERY = "form_and_query", "the query too, where smart-id-lvrtc-example puts them"
    FORM = "form", "the form alone (RFC 6749 §4.1.3)"


class KeyEncoding(Choice):
    """Whether both parts of the Basic credentials are url-encoded first (§3.4)."""

    ENCODED = "encoded", "as the vendor documents it (RFC 6749 §2.3.1)"
    PLAIN = "plain", "as the PHP client sends it"
    EITHER = "either", "both, for clients of either kind: our convention"


class CodeReuse(Choice):
    """What the second use of an authorization code does (§9)."""

    REFUSED = "refused", "invalid_grant, and the token it gave lives on: our convention"
    REVOKES = "revokes", "invalid_grant, and the token it gave dies (RFC 6749 §4.1.2)"


class RedirectUri(Choice):
    """Whether an authorization request may leave `redirect_uri` out (§3.1)."""

    OPTIONAL = "optional", "where exactly one is registered (RFC 6749 §3.1.2.3), as the PHP client to 0.2.7 does"
    REQUIRED = "required", "never, as the vendor documents it"


class UserCall(Choice):
    """By which methods users/me is called (§3.5)."""

    GET_AND_POST = "get_and_post", "POST too (OpenID Connect Core §5.3.1), as the PHP client to 0.2.7 calls it"
    GET = "get", "GET alone, as the vendor documents it"


class SignScope(Choice):
    """Whether leg 1 may ask for the signing scope beside others, without a key (§3.1)."""

    BESIDE_OTHERS = "beside_others", "yes, as the ePM integration manual of TrustLynx asks; it signs nothing"
    BOUND = "bound", "never without its key and digests: our convention"


class Pkce(Choice):
    """What becomes of a client's proof key, `code_challenge` and `code_verifier` (§3.1, §3.4)."""

    SUPPORTED = "supported", "S256 is checked where it is sent (RFC 7636 §4.6): our convention"
    IGNORED = "ignored", "overlooked, as parameters that a server does not know (RFC 6749 §3.1)"
    REFUSED = "refused", "invalid_request: our convention, for a server stricter than RFC 6749 §3.1"


class SigningUser(Choice):
    """Whether users/me tells who a token belongs to that was given for signing and identity together (§3.2, §3.5)."""

    TOLD = "told", "as for every other token with that scope, as the vendor documents the scope"
    WITHHELD = "withheld", "403, as if such a token signed and nothing else: our convention"


class Acr(Choice):
    """What `acr` in users/me says (§3.5)."""

    FLOW = "flow", "the authentication flow, as measured by auth-test-harness"
    LEVEL = "level", "a level of assurance, as in the vendor's documented example"


class IdentityReply(Choice):
    """How the detail of a sign identity is packed (§3.7)."""

    WRAPPED = "wrapped", "inside `identity`, as three clients read it"
    FLAT = "flat", "without a wrapper, as the vendor documents it"


class CertificateText(Choice):
    """How `details.certificate` is written (§3.7)."""

    ONE_LINE = "one_line", "base64 on one line, as eparaksts-signer reads it"
    LINES = "lines", "base64 broken into lines of 64, as a sister deployment (TuID) prints it"


class NameLabel(Choice):
    """How the label with the certificate's common name begins (§3.6)."""

    PREFIXED = "prefixed", "`CN:` and the name, as in the vendor's sample"
    PLAIN = "plain", "the name alone, as in the prose of the vendor's guideline"


class Permissions(Choice):
    """Whether `access` of a sign identity tells the permissions (§3.5)."""

    ABSENT = "absent", "`user_id` alone, as in the vendor's sample and documentation"
    LISTED = "listed", "as eparaksts-signer and authbyte have seen it"


class Links(Choice):
    """Whether the link of an identity that signs on the server has an address (§3.5)."""

    SCOPES = "scopes", "the scope it needs alone, as in the vendor's sample and documentation"
    ADDRESS = "address", "its address as `href` too, by which HAL links are followed: our convention"


class SelfLink(Choice):
    """Which host `self` of a sign identity names (§3.5)."""

    REACHABLE = "reachable", "the one that was asked, as the vendor documents it"
    INTERNAL = "internal", "`https://eparaksts`, as in the vendor's sample, where no client gets anywhere"


class JsonText(Choice):
    """How users/me and sign_identities/{id} write characters (§3.5)."""

    ASCII = "ascii", "everything beyond ASCII as `\\u…` (RFC 8259 §7): our convention, the safest to read"
    RAW = "raw", "letters in UTF-8 and `=` as `\\u003d`, as the vendor's sample prints them"


class BatchReply(Choice):
    """How the signature values of a batch are packed (§3.9)."""

    TEXTS = "texts", '`{"signatures": ["…"]}`, as eparaksts-signer reads it'
    VALUES = "values", '`{"signatures": [{"value": "…"}]}`, in the style of the platform\'s device signing'
    SIGNATURE_VALUES = "signature_values", '`{"signatures": [{"signature_value": "…"}]}`, in the platform\'s naming'
    BARE_SIGNATURES = "bare_signatures", '`[{"signature": "…"}]`, as in the tests of the PHP client'
    BARE_TEXTS = "bare_texts", '`["…"]`: our convention, the shortest that could be'


class BatchBase64(Choice):
    """How each signature value of a batch is encoded (§3.9)."""

    STANDARD = "standard", "padded standard base64, as the vendor documents it"
    URL_SAFE = "url_safe", "the URL-safe alphabet, which hash-sign uses towards the platform"
    UNPADDED = "unpadded", "without `=`, as the digests in the vendor's example"
    TWICE = "twice", "base64 of base64, as clients would send it on that encode again (PHP, laravel-eparaksts)"


class Ecdsa(Choice):
    """How the HSM writes an ECDSA signature value (§5)."""

    DER = "der", "SEQUENCE of two INTEGERs (RFC 3279 §2.2.3), as eparaksts-signer expects"
    P1363 = "p1363", "r ‖ s (IEEE P1363), which eparaksts-signer is ready for"


class SigningToken(Choice):
    """How often a signing token may be used (§3.10)."""

    SINGLE_USE = "single_use", "spent by its first well-formed use, as the CSC layer of the same platform does"
    REUSABLE = "reusable", "good until it expires, as RFC 6750 leaves it"
