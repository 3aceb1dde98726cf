"""What the practice vendor serves beside the two services."""

from pydantic.json_schema import models_json_schema

from sandbox.journal.entries import Act
from sandbox.openapi.calls import PAGE, PEM, json_of, json_response, operation, plain_response, query_parameter
from sandbox.openapi.schemas import HEX64, MOMENT, TEXT, TRUTH, WHOLE, Schema, either, many, one_of, ref, strict_object
from sandbox.people.renewal import Happening
from sandbox.variants import Variants
from sandbox.weather.rules import Weather

_NAMED, _DEFINED = models_json_schema(
    [(Weather, "validation"), (Weather, "serialization"), (Variants, "validation"), (Variants, "serialization")],
    ref_template="#/components/schemas/{model}",
)
SWITCH = strict_object({"about": TEXT, "choices": {"type": "object", "additionalProperties": TEXT, "minProperties": 2}})
OFFERED: Schema = {
    "type": "object",
    "properties": dict.fromkeys(Variants.model_fields, SWITCH),
    "required": list(Variants.model_fields),
    "additionalProperties": False,
}
PROBLEMS = many({"type": "object", "required": ["type", "loc", "msg"]}, least=1)
SCHEMAS: dict[str, Schema] = {
    **_DEFINED["$defs"],
    "Counters": strict_object(
        {
            **dict.fromkeys(
                ("authorizations", "signature_calls", "signatures", "finalizations", "sessions_open"), WHOLE
            ),
            "calls": {"type": "object", "additionalProperties": WHOLE},
            "held": {"type": "object", "additionalProperties": WHOLE},
        }
    ),
    "Chosen": strict_object({"variants": _NAMED[Variants, "serialization"], "offered": OFFERED}),
    "NoSuchVariant": strict_object({"error": PROBLEMS, "offered": OFFERED}),
    "ChangedSeal": strict_object({"id": TEXT, "name": TEXT}),
    "NoSuchHappening": strict_object({"error": TEXT, "offered": many(one_of(*Happening))}),
    "NoSuchWeather": strict_object({"error": PROBLEMS}),
    "CallEntry": strict_object(
        {
            **dict.fromkeys(("operation", "method", "path", "complaint", "weather"), TEXT),
            "number": WHOLE,
            "kind": one_of("call"),
            "at": MOMENT,
            "status": {"type": ["integer", "null"]},
            "milliseconds": {"type": "number", "minimum": 0},
        }
    ),
    "ConsentEntry": strict_object(
        {
            **dict.fromkeys(("client_id", "person", "seal", "summary"), TEXT),
            "number": WHOLE,
            "kind": one_of("consent"),
            "at": MOMENT,
            "act": one_of(*Act),
            "documents": {"type": ["integer", "null"]},
        }
    ),
    "OpenSession": strict_object(
        {
            "id": HEX64,
            "client_id": TEXT,
            "started_at": MOMENT,
            "files": many(TEXT),
            "digest_handed_out": TRUTH,
            "is_sealed": TRUTH,
        }
    ),
    "Journal": strict_object(
        {
            "last": WHOLE,
            "entries": many(either(ref("CallEntry"), ref("ConsentEntry"))),
            "sessions": many(ref("OpenSession")),
        }
    ),
}
WEATHER = json_response("The weather in force.", _NAMED[Weather, "serialization"])
CHOSEN = json_response("The choice in force, and what there is to choose.", ref("Chosen"))
AFTER = query_parameter("after", "The number of the last entry known.", schema=WHOLE)
NOT_FOUND = json_response("There is no such file.", ref("PlatformError"))

PATHS = {
    "/": {"get": operation("index", "Say what this is", {200: plain_response("A page.", PAGE)})},
    "/sandbox/counters": {
        "get": operation(
            "counters", "Tell what was done here", {200: json_response("Since the start.", ref("Counters"))}
        )
    },
    "/sandbox/root.pem": {
        "get": operation("root", "Give the root to trust", {200: plain_response("A certificate.", PEM)})
    },
    "/sandbox/cards/{login}.pem": {
        "get": operation(
            "card",
            "Give what a browser plugin reads from an eID card",
            {200: plain_response("The authentication certificate.", PEM), 404: NOT_FOUND},
        )
    },
    "/sandbox/static/{name}": {
        "get": operation(
            "static",
            "Give what the pages refer to",
            {200: plain_response("A file.", "text/css", "text/javascript", "image/svg+xml"), 404: NOT_FOUND},
        )
    },
    "/sandbox/journal": {
        "get": operation(
            "journal",
            "Tell calls, consents and sessions, the latest thousand entries",
            {200: json_response("What happened since.", ref("Journal"))},
            query=(AFTER,),
        )
    },
    "/sandbox/live": {
        "get": operation("live", "Show the same to people, as it happens", {200: plain_response("A page.", PAGE)})
    },
    "/sandbox/live/events": {
        "get": operation(
            "liveEvents",
            "Send what is new to that page",
            {200: plain_response("Server-sent events.", "text/event-stream")},
            query=(AFTER,),
        )
    },
    "/sandbox/weather": {
        "get": operation("weather", "Tell the weather in force", {200: WEATHER}),
        "post": operation(
            "orderWeather",
            "Replace the weather",
            {200: WEATHER, 400: json_response("A rule makes no sense.", ref("NoSuchWeather"))},
            body=json_of(_NAMED[Weather, "validation"]),
        ),
        "delete": operation("clearWeather", "Let the sun shine", {200: WEATHER}),
    },
    "/sandbox/variants": {
        "get": operation("variants", "Tell how this vendor behaves where sources differ", {200: CHOSEN}),
        "put": operation(
            "chooseVariants",
            "Choose; what is not named goes back to its default",
            {200: CHOSEN, 400: json_response("There is no such choice; this is what there is.", ref("NoSuchVariant"))},
            body=json_of(_NAMED[Variants, "validation"]),
        ),
    },
    "/sandbox/seals/{identity_id}": {
        "post": operation(
            "changeSeal",
            "Renew or revoke a seal, until the next restart",
            {
                200: json_response("The identity afterwards.", ref("ChangedSeal")),
                400: json_response("Nothing of the kind can happen.", ref("NoSuchHappening")),
                404: NOT_FOUND,
            },
            body=json_of(strict_object({"happens": one_of(*Happening)})),
        )
    },
    "/sandbox/openapi.json": {
        "get": operation("openapi", "Give this document", {200: json_response("OpenAPI 3.1.", {"type": "object"})})
    },
    "/sandbox/openapi": {
        "get": operation("openapiPage", "Show this document to people", {200: plain_response("A page.", PAGE)})
    },
}
