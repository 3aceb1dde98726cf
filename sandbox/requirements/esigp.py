"""Requirements of the identities and of the HSM (§3.5 – 3.10)."""

from sandbox.requirements.requirement import Requirement, Source

ESIGP = (
    Requirement(
        "users_me_lists_identities",
        "users/me: no certificates inside; `sign_identities` with the profile scope only; labels in no order.",
        (Source.DOCUMENTED, Source.SEEN),
        "There are people with no, one and several seals, one disabled, some labelled `esealc`, CNs spaced in "
        "several ways, and serverid and mobileid identities.",
        ("acr", "name_label", "permissions", "--late-identities"),
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
        switches=("batch_reply", "batch_base64"),
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
        switches=("signing_token", "--token-lifetime"),
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
