"""Requirements of the authorization server (vendor §3.1 – 3.4, 3.12)."""

from sandbox.requirements.requirement import Requirement, Source

OAUTH = (
    Requirement(
        "redirect_uri_is_exact",
        "Exact `redirect_uri` registration; an unknown client or URI meets an HTML error and no redirect.",
        (Source.DOCUMENTED, Source.SEEN),
        "A client that has registered exactly one may leave it out, and need not repeat it for its token then.",
        ("redirect_uri", "--redirect-uri", "--client-id"),
    ),
    Requirement(
        "state_comes_back",
        "`state` is echoed; a missing `response_type` or `scope` is answered with an error redirect.",
        (Source.DOCUMENTED,),
    ),
    Requirement(
        "leg_two_needs_its_binding",
        "Leg 2 lacking a part of its binding is answered with an error redirect `invalid_request`.",
        (Source.DOCUMENTED, Source.CONVENTION),
        "The parts are `sign_identity_id`, `digests_summary` and `digests_summary_algorithm`. A login may ask for the "
        "signing scope beside others and tell none of them; its token signs nothing.",
        ("sign_scope",),
    ),
    Requirement(
        "leg_two_needs_a_usable_identity",
        "Leg 2: the identity exists, is enabled, and belongs to the authenticated person.",
        (Source.DOCUMENTED, Source.CONVENTION),
        "It is usable on the server too; mobileid identities are not. It may cover a limited number of digests.",
        ("consent_limit", "too_many"),
    ),
    Requirement(
        "digests_summary_is_a_digest",
        "`digests_summary` decodes to the algorithm's length: 32 bytes for SHA256.",
        (Source.DOCUMENTED, Source.SEEN),
        "It may be standard or URL-safe base64, padded or not.",
    ),
    Requirement(
        "pages_ask_for_login_then_key_password",
        "A login page, then a key-password page that shows the certificate's CN.",
        (Source.DOCUMENTED, Source.CONVENTION),
        "Cancel is `access_denied`; a wrong password stays, and some of them lock the key. Single sign-on skips "
        "the login only. A headless mode approves by itself, for tests.",
        ("--auto-approve", "--password-tries"),
    ),
    Requirement(
        "codes_work_once",
        "Codes are single use, bound to client, `redirect_uri` and scope, and live 10 minutes.",
        (Source.DOCUMENTED, Source.SEEN),
        "A second use is `invalid_grant`, and may kill the token.",
        ("code_reuse", "pkce", "--code-lifetime"),
    ),
    Requirement(
        "token_endpoint_is_strict",
        "Token endpoint: Basic authentication only, form and query parameters.",
        (Source.DOCUMENTED, Source.SEEN),
        "`Cache-Control: no-store`; never a refresh token; `expires_in` 600; `scope` echoed.",
        ("api_key", "token_parameters", "expires_in", "--token-lifetime"),
    ),
    Requirement(
        "tokens_stay_in_their_place",
        "Introspect tokens are refused at users/me and esigp, people's tokens at SignAPI (401).",
        (Source.DOCUMENTED, Source.CONVENTION),
    ),
    Requirement(
        "logout_ends_single_sign_on",
        "Logout ends single sign-on and redirects.",
        (Source.DOCUMENTED,),
    ),
)


ESIGP = (
    Requirement(
        "users_me_lists_identities",
        "users/me: no certificates inside; `sign_identities` with the profile scope only; labels in no order.",
        (Source.DOCUMENTED, Source.SEEN),
        "There are people with no, one and several seals, one disabled, some labelled `esealc`, CNs spaced in "
        "several ways, and serverid and mobileid identities. GET and POST are answered alike.",
        (
            "user_call",
            "signing_user",
            "acr",
            "name_label",
            "permissions",
            "links",
            "self_link",
            "json_text",
            "--late-identities",
        ),
    ),
    Requirement(
        "sign_identity_is_wrapped",
        "sign_identities/{id}: wrapped in `identity`, or flat; 404 elsewhere.",
        (Source.SEEN, Source.DOCUMENTED),
        "It may not be ready for the first calls.",
        ("identity", "certificate", "--late-certificates"),
    ),
    Requirement(
        "signing_needs_json",
        "Signing needs `Content-Type: application/json` (else 415).",
        (Source.CONVENTION,),
    ),
    Requirement(
        "raw_answers_bytes_and_batch_json",
        "`/raw` answers raw bytes, `/raw/batch` JSON with base64 in the order of the requests.",
        (Source.DOCUMENTED, Source.SEEN),
        switches=("batch_reply", "batch_base64", "sign_limit", "too_many", "refused_batch"),
    ),
    Requirement(
        "token_is_bound_to_identity_and_summary",
        "A signing token is bound to one identity and one summary.",
        (Source.DOCUMENTED, Source.CONVENTION),
        "H(d1‖…‖dn) is recomputed over the requests in their order; a reordered, dropped, added or altered digest "
        "is refused, and nothing is signed.",
    ),
    Requirement(
        "signing_token_works_once",
        "A signing token works once and expires; of several uses at once exactly one wins.",
        (Source.CONVENTION,),
        switches=("signing_token", "signing_parts", "signing_token_life", "--token-lifetime"),
    ),
    Requirement(
        "signature_algorithm_fits_key_and_digest",
        "`signature_algorithm` must fit the key (ecdsa: EC, rsa-*: RSA) and the digest's length.",
        (Source.DOCUMENTED,),
        "An unknown one is 400. Unpadded base64 is accepted.",
    ),
    Requirement(
        "keys_are_real",
        "Real keys of every kind: EC P-256 and P-384, RSA-2048 and RSA-3072.",
        (Source.DOCUMENTED, Source.SEEN, Source.CONVENTION),
        "Signature values may come as P1363, inside objects, too few, or in another order.",
        ("--key", "ecdsa", "batch_reply", "weather: wrong_count", "weather: swapped"),
    ),
)
