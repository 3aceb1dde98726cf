"""Requirements of the authorization server (§3.1 – 3.4, 3.12)."""

from sandbox.requirements.requirement import Requirement, Source

OAUTH = (
    Requirement(
        "redirect_uri_is_exact",
        "Exact `redirect_uri` registration; an unknown client or URI meets an HTML error and no redirect.",
        (Source.DOCUMENTED, Source.SEEN),
        switches=("--redirect-uri", "--client-id"),
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
        "The parts are `sign_identity_id`, `digests_summary` and `digests_summary_algorithm`.",
    ),
    Requirement(
        "leg_two_needs_a_usable_identity",
        "Leg 2: the identity exists, is enabled, and belongs to the authenticated person.",
        (Source.DOCUMENTED, Source.CONVENTION),
        "It is usable on the server too; mobileid identities are not.",
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
        ("code_reuse", "--code-lifetime"),
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
