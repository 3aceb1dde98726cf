"""What the integration platform serves (vendor §3)."""

from sandbox.openapi.calls import (
    BYTES,
    PAGE,
    json_of,
    json_response,
    operation,
    plain_response,
    query_parameter,
    redirect_response,
)
from sandbox.openapi.schemas import (
    BASE64,
    HEX32,
    HEX40,
    HEX64,
    TEXT,
    WHOLE_OR_QUOTED,
    Schema,
    either,
    loose_object,
    many,
    one_of,
    ref,
    strict_object,
)

PERSON = "person"
OAUTH = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
ESIGP = "/trustedx-resources/esigp/v1"


def _sign_identity(**more: Schema) -> Schema:
    required = {
        "id": {"type": "string", "pattern": "^[0-9a-v]{26}$"},
        "self": TEXT,
        "description": TEXT,
        "type": one_of("pki:x509"),
        "domain": one_of("citizen"),
        "status": strict_object({"value": one_of("enabled", "disabled")}),
        "labels": many(TEXT),
        "access": many(strict_object({"user_id": HEX32}, {"permissions": many(one_of("sign"))}), least=1),
    }
    link = strict_object(
        {"auth": strict_object({"oauth2": strict_object({"scopes": many(TEXT, least=1)})})}, {"href": TEXT}
    )
    links = strict_object({"Signatures.create.server.raw": link})
    return strict_object({**required, **more}, {"device_id": HEX40, "links": links})


DETAILS = strict_object({"certificate": BASE64, "activation_mode": TEXT, "public_key": BASE64})
CLAIMS = dict.fromkeys(("domain", "acr", "given_name", "family_name", "name", "serial_number", "eips"), TEXT) | {
    "amr": many(TEXT, least=1)
}
ALGORITHM = one_of("ecdsa", "rsa-sha256", "rsa-sha384", "rsa-sha512")

SCHEMAS: dict[str, Schema] = {
    "PlatformError": strict_object({"error": TEXT, "error_description": TEXT}),
    "Token": strict_object(
        {"access_token": HEX64, "token_type": one_of("Bearer"), "expires_in": WHOLE_OR_QUOTED, "scope": TEXT}
    ),
    "SignIdentity": _sign_identity(),
    "SignIdentityDetail": _sign_identity(details=DETAILS),
    "User": strict_object({"sub": HEX32}, {**CLAIMS, "sign_identities": many(ref("SignIdentity"))}),
    "SignatureOrder": loose_object(
        {"sign_identity_id": TEXT, "digest_value": BASE64, "signature_algorithm": ALGORITHM}
    ),
    "BatchOrder": loose_object(
        {
            "sign_identity_id": TEXT,
            "requests": many(loose_object({"digest_value": BASE64}, {"signature_algorithm": ALGORITHM}), least=1),
        },
        {"signature_algorithm": ALGORITHM},
    ),
    "BatchValues": either(
        strict_object({"signatures": many(BASE64, least=1)}),
        strict_object({"signatures": many(strict_object({"value": BASE64}), least=1)}),
        strict_object({"signatures": many(strict_object({"signature_value": BASE64}), least=1)}),
        many(strict_object({"signature": BASE64}), least=1),
        many(BASE64, least=1),
    ),
}
REFUSED = {
    status: json_response(about, ref("PlatformError"))
    for status, about in {
        400: "The request cannot be understood, or its code is spent or expired.",
        401: "The client or the bearer is not known, spent or expired.",
        403: "The scope, the identity or the digests are not those that were granted.",
        404: "There is no such identity.",
        405: "A variant lets GET alone through.",
        415: "Content-Type must be application/json.",
    }.items()
}
DIALOG = {
    200: plain_response("The page that is due.", PAGE),
    302: redirect_response("Back to the client, with `code` or with `error`, and with `state`."),
    400: plain_response(
        "Client or redirect URI are not known, or an entry is senseless: nobody is sent anywhere.", PAGE
    ),
}
QUESTION = (
    query_parameter("response_type", "`code`"),
    query_parameter("client_id", "A registered client.", required=True),
    query_parameter("redirect_uri", "One that is registered, character by character; the only one may be left out."),
    query_parameter("state", "Comes back as it is; must be given."),
    query_parameter("scope", "Which rights, separated by spaces."),
    query_parameter("prompt", "`login`: even who is logged in must log in again."),
    query_parameter("acr_values", "By which method to log in."),
    query_parameter("ui_locales", "`lv` or `en`."),
    query_parameter("code_challenge", "Whose verifier the code needs then (RFC 7636 §4.3); a variant overlooks it."),
    query_parameter("code_challenge_method", "`S256`"),
    query_parameter("sign_identity_id", "With the signing scope: which key."),
    query_parameter("digests_summary", "With the signing scope: base64 of SHA-256 over the digests."),
    query_parameter("digests_summary_algorithm", "With the signing scope: `SHA256`."),
)
TOKEN_FORM = loose_object(
    {},
    {
        "grant_type": one_of("authorization_code", "client_credentials"),
        "code": TEXT,
        "redirect_uri": TEXT,
        "code_verifier": TEXT,
        "scope": TEXT,
    },
)


def _refusals(*statuses: int) -> dict[int, dict[str, object]]:
    return {status: REFUSED[status] for status in statuses}


TELL_USER = "Tell who the person is and which identities they may sign with (§3.5)"
USER = {200: json_response("As much as the scope allows.", ref("User")), **_refusals(401, 403)}

PATHS = {
    OAUTH: {
        "get": operation(
            "authorize", "Let a person log in, and consent where a key is needed (§3.1)", DIALOG, query=QUESTION
        ),
        "post": operation(
            "answer",
            "Submit a page of the dialog",
            {**DIALOG, 403: plain_response("A password or PIN was wrong, or is locked.", PAGE)},
            query=QUESTION,
            body={"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
        ),
    },
    f"{OAUTH}/token": {
        "post": operation(
            "token",
            "Exchange a code or client credentials for a bearer token (§3.4)",
            {200: json_response("A bearer token.", ref("Token")), **_refusals(400, 401)},
            security="basic",
            body={"application/x-www-form-urlencoded": {"schema": TOKEN_FORM}},
        )
    },
    "/trustedx-authserver/lvrtc-eipsign-idp/logout": {
        "get": operation(
            "logout",
            "End the single sign-on session (§3.12)",
            {302: redirect_response("To `redirect_uri`."), 400: plain_response("There is no redirect_uri.", PAGE)},
            query=(query_parameter("redirect_uri", "Where to go then.", required=True),),
        )
    },
    "/trustedx-resources/openid/v1/users/me": {
        "get": operation("usersMe", TELL_USER, USER, security=PERSON),
        "post": operation("usersMeByPost", TELL_USER, {**USER, **_refusals(405)}, security=PERSON),
    },
    f"{ESIGP}/sign_identities/{{identity_id}}": {
        "get": operation(
            "signIdentity",
            "Tell one identity with its certificate (§3.7)",
            {
                200: json_response(
                    "The identity, wrapped or flat.",
                    either(strict_object({"identity": ref("SignIdentityDetail")}), ref("SignIdentityDetail")),
                ),
                **_refusals(401, 403, 404),
            },
            security=PERSON,
        )
    },
    f"{ESIGP}/signatures/server/raw": {
        "post": operation(
            "signRaw",
            "Sign one digest (§3.8)",
            {200: plain_response("The bare signature value.", BYTES), **_refusals(400, 401, 403, 415)},
            security=PERSON,
            body=json_of(ref("SignatureOrder")),
        )
    },
    f"{ESIGP}/signatures/server/raw/batch": {
        "post": operation(
            "signBatch",
            "Sign a batch of digests, in order (§3.9)",
            {
                200: json_response("The signature values, in order.", ref("BatchValues")),
                **_refusals(400, 401, 403, 415),
            },
            security=PERSON,
            body=json_of(ref("BatchOrder")),
        )
    },
}
