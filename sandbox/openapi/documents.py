"""What SignAPI's bodies look like (reference §4)."""

from sandbox.openapi.schemas import (
    BASE64,
    HEX32,
    HEX64,
    MOMENT,
    TEXT,
    TRUTH,
    WHOLE,
    WHOLE_OR_QUOTED,
    Schema,
    asked,
    closed,
    either,
    many,
    one_of,
    ref,
)


def enveloped(content: Schema) -> Schema:
    """Return the success envelope around this."""
    return closed({"data": content})


def _file(optional: dict[str, Schema] | None = None) -> Schema:
    return closed({"id": HEX32, "name": TEXT, "size": WHOLE_OR_QUOTED, "type": one_of("file", "hash")}, optional)


ERROR = {"code": TEXT, "message": TEXT}
SESSION = asked({"sessionId": TEXT})
SIGNATURE = closed(
    {"id": TEXT, "indication": one_of("TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE")},
    {
        "subIndication": TEXT,
        "info": closed({"bestSignatureTime": either(MOMENT, {"type": "null"})}),
        "signatureFormat": {"type": "string", "pattern": "^(PAdES|XAdES)_BASELINE_(B|T|LT|LTA)$"},
        "signatureLevel": one_of("QESEAL", "QESIG"),
        "signerExt": closed({"commonName": TEXT, "serialNumber": TEXT}),
        "signatureScopes": many(closed({"name": TEXT})),
    },
)
REPORT = closed(
    {"signatureForm": one_of("PAdES", "ASiC-E"), "signaturesExt": many(SIGNATURE, least=1)},
    {
        "includedFiles": many(closed({"filename": TEXT})),
        "validationConclusion": one_of("POSITIVE", "NEGATIVE"),
        "signaturesCount": WHOLE,
        "validSignaturesCount": WHOLE,
    },
)

SCHEMAS: dict[str, Schema] = {
    "SignApiError": closed({"error": closed({**ERROR, "details": many(TEXT)})}),
    "Started": enveloped(either(closed({"sessionId": HEX64}), closed({"sessionIds": many(HEX64, least=1)}))),
    "Said": enveloped(TEXT),
    "IncludedDocument": _file(),
    "StoredFile": _file({"includedDocuments": many(ref("IncludedDocument"), least=1)}),
    "Stored": enveloped(either(ref("StoredFile"), many(ref("StoredFile"), least=1))),
    "Listed": enveloped(either(many(ref("StoredFile")), ref("StoredFile"))),
    "DocumentDigests": asked(
        {"files": many(asked({"name": TEXT, "digest": BASE64, "digest_algorithm": one_of("SHA256")}), least=1)},
        {"signatureIndex": {"type": ["string", "integer"]}},
    ),
    "DigestOrder": asked(
        {"sessions": many(SESSION, least=1), "certificate": BASE64}, {"signAsPdf": TRUTH, "createNewEdoc": TRUTH}
    ),
    "Digests": enveloped(
        closed(
            {
                "sessionDigests": many(closed({"sessionId": HEX64, "digest": BASE64}), least=1),
                "digests_summary": BASE64,
                "algorithm": one_of("SHA256"),
            },
            {"signature_algorithm": TEXT},
        )
    ),
    "FinalizeOrder": asked(
        {
            "sessionSignatureValues": many(asked({"sessionId": TEXT, "signatureValue": BASE64}), least=1),
            "authCertificate": BASE64,
        }
    ),
    "ArchiveOrder": asked({"sessions": many(SESSION, least=1), "authCertificate": BASE64}),
    "Results": enveloped(closed({"results": many(closed({"sessionId": TEXT}, {"error": closed(ERROR)}), least=1)})),
    "Report": enveloped(REPORT),
    "Configuration": enveloped(
        closed(
            {
                "oauthClientId": TEXT,
                "name": TEXT,
                "created": MOMENT,
                "changed": MOMENT,
                "fileMaxLength": WHOLE,
                "sessionExpirationTimeout": WHOLE,
            }
        )
    ),
}
