"""What the integration platform serves (reference §3)."""

from sandbox.openapi.calls import BYTES, PAGE, answer, asked_in_query, call, json_of, plain, sent_on
from sandbox.openapi.schemas import (
    BASE64,
    HEX64,
    TEXT,
    WHOLE_OR_QUOTED,
    Schema,
    asked,
    closed,
    either,
    many,
    one_of,
    ref,
)

PERSON = "person"
OAUTH = "/trustedx-authserver/oauth/lvrtc-eipsign-as"
ESIGP = "/trustedx-resources/esigp/v1"


def _sign_identity(**more: Schema) -> Schema:
    required = {
        "id": {"type": "string", "pattern": "^[a-z0-9]{26}$"},
        "self": TEXT,
        "description": TEXT,
        "type": one_of("pki:x509"),
        "domain": one_of("citizen"),
        "status": closed({"value": one_of("enabled", "disabled")}),
        "labels": many(TEXT),
        "access": many(closed({"user_id": TEXT}, {"permissions": many(one_of("sign"))}), least=1),
    }
    link = closed({"href": TEXT, "auth": closed({"oauth2": closed({"scopes": many(TEXT, least=1)})})})
    links = closed({"Signatures.create.server.raw": link})
    return closed({**required, **more}, {"device_id": TEXT, "links": links})


DETAILS = closed({"certificate": BASE64, "activation_mode": TEXT, "public_key": BASE64})
CLAIMS = dict.fromkeys(("domain", "acr", "given_name", "family_name", "name", "serial_number", "eips"), TEXT) | {
    "amr": many(TEXT, least=1)
}
ALGORITHM = one_of("ecdsa", "rsa-sha256", "rsa-sha384", "rsa-sha512")

SCHEMAS: dict[str, Schema] = {
    "PlatformError": closed({"error": TEXT, "error_description": TEXT}),
    "Token": closed(
        {"access_token": HEX64, "token_type": one_of("Bearer"), "expires_in": WHOLE_OR_QUOTED, "scope": TEXT}
    ),
    "SignIdentity": _sign_identity(),
    "SignIdentityDetail": _sign_identity(details=DETAILS),
    "User": closed({"sub": TEXT}, {**CLAIMS, "sign_identities": many(ref("SignIdentity"))}),
    "SignatureOrder": asked({"sign_identity_id": TEXT, "digest_value": BASE64, "signature_algorithm": ALGORITHM}),
    "BatchOrder": asked(
        {
            "sign_identity_id": TEXT,
            "requests": many(asked({"digest_value": BASE64}, {"signature_algorithm": ALGORITHM}), least=1),
        },
        {"signature_algorithm": ALGORITHM},
    ),
    "BatchValues": either(
        closed({"signatures": many(BASE64, least=1)}),
        closed({"signatures": many(closed({"value": BASE64}), least=1)}),
        closed({"signatures": many(closed({"signature_value": BASE64}), least=1)}),
        many(closed({"signature": BASE64}), least=1),
        many(BASE64, least=1),
    ),
}
REFUSED = {
    status: answer(about, ref("PlatformError"))
    for status, about in {
        400: "The request cannot be understood, or its code is spent or expired.",
        401: "The client or the bearer is not known, spent or expired.",
        403: "The scope, the identity or the digests are not those that were granted.",
        404: "There is no such identity.",
        415: "Content-Type must be application/json.",
    }.items()
}
DIALOG = {
    200: plain("The page that is due.", PAGE),
    302: sent_on("Back to the client, with `code` or with `error`, and with `state`."),
    400: plain("Client or redirect URI are not known, or an entry is senseless: nobody is sent anywhere.", PAGE),
}
QUESTION = (
    asked_in_query("response_type", "`code`"),
    asked_in_query("client_id", "A registered client.", required=True),
    asked_in_query("redirect_uri", "One that is registered, character by character.", required=True),
    asked_in_query("state", "Comes back as it is; must be given."),
    asked_in_query("scope", "Which rights, separated by spaces."),
    asked_in_query("prompt", "`login`: even who is logged in must log in again."),
    asked_in_query("acr_values", "By which method to log in."),
    asked_in_query("ui_locales", "`lv` or `en`."),
    asked_in_query("sign_identity_id", "With the signing scope: which key."),
    asked_in_query("digests_summary", "With the signing scope: base64 of SHA-256 over the digests."),
    asked_in_query("digests_summary_algorithm", "With the signing scope: `SHA256`."),
)
TOKEN_FORM = asked(
    {},
    {
        "grant_type": one_of("authorization_code", "client_credentials"),
        "code": TEXT,
        "redirect_uri": TEXT,
        "scope": TEXT,
    },
)


def _refusals(*statuses: int) -> dict[int, dict[str, object]]:
    return {status: REFUSED[status] for status in statuses}


PATHS = {
    OAUTH: {
        "get": call(
            "authorize", "Let a person log in, and consent where a key is needed (§3.1)", DIALOG, query=QUESTION
        ),
        "post": call(
            "answer",
            "Submit a page of the dialog",
            {**DIALOG, 403: plain("A password or PIN was wrong, or is locked.", PAGE)},
            query=QUESTION,
            body={"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
        ),
    },
    f"{OAUTH}/token": {
        "post": call(
            "token",
            "Exchange a code or client credentials for a bearer token (§3.4)",
            {200: answer("A bearer token.", ref("Token")), **_refusals(400, 401)},
            security="basic",
            body={"application/x-www-form-urlencoded": {"schema": TOKEN_FORM}},
        )
    },
    "/trustedx-authserver/lvrtc-eipsign-idp/logout": {
        "get": call(
            "logout",
            "End the single sign-on session (§3.12)",
            {302: sent_on("To `redirect_uri`."), 400: plain("There is no redirect_uri.", PAGE)},
            query=(asked_in_query("redirect_uri", "Where to go then.", required=True),),
        )
    },
    "/trustedx-resources/openid/v1/users/me": {
        "get": call(
            "usersMe",
            "Tell who the person is and which identities they may sign with (§3.5)",
            {200: answer("As much as the scope allows.", ref("User")), **_refusals(401, 403)},
            security=PERSON,
        )
    },
    f"{ESIGP}/sign_identities/{{identity_id}}": {
        "get": call(
            "signIdentity",
            "Tell one identity with its certificate (§3.7)",
            {
                200: answer(
                    "The identity, wrapped or flat.",
                    either(closed({"identity": ref("SignIdentityDetail")}), ref("SignIdentityDetail")),
                ),
                **_refusals(401, 403, 404),
            },
            security=PERSON,
        )
    },
    f"{ESIGP}/signatures/server/raw": {
        "post": call(
            "signRaw",
            "Sign one digest (§3.8)",
            {200: plain("The bare signature value.", BYTES), **_refusals(400, 401, 403, 415)},
            security=PERSON,
            body=json_of(ref("SignatureOrder")),
        )
    },
    f"{ESIGP}/signatures/server/raw/batch": {
        "post": call(
            "signBatch",
            "Sign a batch of digests, in order (§3.9)",
            {200: answer("The signature values, in order.", ref("BatchValues")), **_refusals(400, 401, 403, 415)},
            security=PERSON,
            body=json_of(ref("BatchOrder")),
        )
    },
}
