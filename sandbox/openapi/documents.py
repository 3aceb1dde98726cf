"""What SignAPI's bodies look like (vendor §4)."""

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
    either,
    loose_object,
    many,
    one_of,
    ref,
    strict_object,
)


def envelope(content: Schema) -> Schema:
    """Return the success envelope around this."""
    return strict_object({"data": content})


def _file(optional: dict[str, Schema] | None = None) -> Schema:
    return strict_object({"id": HEX32, "name": TEXT, "size": WHOLE_OR_QUOTED, "type": one_of("file", "hash")}, optional)


ERROR = {"code": TEXT, "message": TEXT}
HASH = loose_object({"name": TEXT, "digest": BASE64}, {"digest_algorithm": one_of("SHA256")})
SESSION = loose_object({"sessionId": TEXT})
PERHAPS_MOMENT = either(MOMENT, {"type": "null"})
EVIDENCE = strict_object(
    {
        "bestSignatureTime": PERHAPS_MOMENT,
        "timestampCreationTime": PERHAPS_MOMENT,
        "ocspResponseCreationTime": PERHAPS_MOMENT,
        "timeAssertionMessageImprint": TEXT,
        "signingReason": TEXT,
        "signerRole": many(strict_object({"claimedRole": TEXT})),
        "signatureProductionPlace": strict_object(
            dict.fromkeys(("countryName", "stateOrProvince", "city", "postalCode"), TEXT)
        ),
    }
)
NAMED = strict_object({"filename": TEXT})
REMARKS = many(strict_object({"content": TEXT}))
SIGNATURE = strict_object(
    {
        "id": TEXT,
        "signedBy": TEXT,
        "indication": one_of("TOTAL-PASSED", "TOTAL-FAILED", "INDETERMINATE"),
        "subIndication": TEXT,
        "signatureFormat": {"type": "string", "pattern": "^(PAdES|XAdES)(_BASELINE_(B|T|LT|LTA))?$"},
        "signatureLevel": one_of("QESEAL", "QESIG"),
        "signerSerialNumber": TEXT,
        "registrationNumber": TEXT,
        "errors": REMARKS,
        "warnings": REMARKS,
    },
    {
        "info": EVIDENCE,
        "signerExt": strict_object({"commonName": TEXT, "serialNumber": TEXT}),
        "signatureScopes": many(strict_object({"name": TEXT})),
    },
)
REPORT = strict_object(
    {
        "signatureForm": one_of("PAdES", "ASiC-E"),
        "signaturesExt": many(SIGNATURE, least=1),
        "validationTime": MOMENT,
        "signaturesCount": WHOLE,
        "validationLevel": TEXT,
        "validatedDocument": NAMED,
        "validSignaturesCount": WHOLE,
    },
    {"includedFiles": many(NAMED), "validationConclusion": one_of("POSITIVE", "NEGATIVE")},
)

SCHEMAS: dict[str, Schema] = {
    "SignApiError": strict_object({"error": strict_object({**ERROR, "details": many(TEXT)})}),
    "Started": envelope(
        either(strict_object({"sessionId": HEX64}), strict_object({"sessionIds": many(HEX64, least=1)}))
    ),
    "Said": envelope(TEXT),
    "IncludedDocument": _file(),
    "StoredFile": _file({"includedDocuments": many(ref("IncludedDocument"), least=1)}),
    "Stored": envelope(either(ref("StoredFile"), many(ref("StoredFile"), least=1))),
    "Listed": envelope(either(many(ref("StoredFile")), ref("StoredFile"))),
    "DocumentDigests": loose_object(
        {"files": many(HASH, least=1)},
        {"signatureIndex": {"type": ["string", "integer"]}},
    ),
    "DigestOrder": loose_object(
        {"sessions": many(SESSION, least=1), "certificate": BASE64}, {"signAsPdf": TRUTH, "createNewEdoc": TRUTH}
    ),
    "Digests": envelope(
        strict_object(
            {
                "sessionDigests": many(strict_object({"sessionId": HEX64, "digest": BASE64}), least=1),
                "digests_summary": BASE64,
                "algorithm": one_of("SHA256"),
            },
            {"signature_algorithm": TEXT},
        )
    ),
    "FinalizeOrder": loose_object(
        {
            "sessionSignatureValues": many(loose_object({"sessionId": TEXT, "signatureValue": BASE64}), least=1),
            "authCertificate": BASE64,
        }
    ),
    "ArchiveOrder": loose_object({"sessions": many(SESSION, least=1), "authCertificate": BASE64}),
    "Results": envelope(
        strict_object({"results": many(strict_object({"sessionId": TEXT}, {"error": strict_object(ERROR)}), least=1)})
    ),
    "Report": envelope(REPORT),
    "Configuration": envelope(
        strict_object(
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
