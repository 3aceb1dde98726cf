"""What the practice vendor serves beside the two services."""

from pydantic.json_schema import models_json_schema

from sandbox.journal.entries import Act
from sandbox.openapi.calls import PAGE, PEM, answer, asked_in_query, call, json_of, plain
from sandbox.openapi.schemas import HEX64, MOMENT, TEXT, TRUTH, WHOLE, Schema, closed, either, many, one_of, ref
from sandbox.variants import Variants
from sandbox.weather.rules import Weather

_NAMED, _DEFINED = models_json_schema(
    [(Weather, "validation"), (Weather, "serialization"), (Variants, "validation"), (Variants, "serialization")],
    ref_template="#/components/schemas/{model}",
)
SWITCH = closed({"about": TEXT, "choices": {"type": "object", "additionalProperties": TEXT, "minProperties": 2}})
OFFERED: Schema = {
    "type": "object",
    "properties": dict.fromkeys(Variants.model_fields, SWITCH),
    "required": list(Variants.model_fields),
    "additionalProperties": False,
}
PROBLEMS = many({"type": "object", "required": ["type", "loc", "msg"]}, least=1)
SCHEMAS: dict[str, Schema] = {
    **_DEFINED["$defs"],
    "Counters": closed(
        {
            **dict.fromkeys(
                ("authorizations", "signature_calls", "signatures", "finalizations", "sessions_open"), WHOLE
            ),
            "calls": {"type": "object", "additionalProperties": WHOLE},
        }
    ),
    "Chosen": closed({"variants": _NAMED[Variants, "serialization"], "offered": OFFERED}),
    "NoSuchVariant": closed({"error": PROBLEMS, "offered": OFFERED}),
    "NoSuchWeather": closed({"error": PROBLEMS}),
    "CallEntry": closed(
        {
            **dict.fromkeys(("operation", "method", "path", "complaint", "weather"), TEXT),
            "number": WHOLE,
            "kind": one_of("call"),
            "at": MOMENT,
            "status": {"type": ["integer", "null"]},
            "milliseconds": {"type": "number", "minimum": 0},
        }
    ),
    "ConsentEntry": closed(
        {
            **dict.fromkeys(("client_id", "person", "seal", "summary"), TEXT),
            "number": WHOLE,
            "kind": one_of("consent"),
            "at": MOMENT,
            "act": one_of(*Act),
            "documents": {"type": ["integer", "null"]},
        }
    ),
    "OpenSession": closed(
        {
            "id": HEX64,
            "client_id": TEXT,
            "started_at": MOMENT,
            "files": many(TEXT),
            "digest_handed_out": TRUTH,
            "is_sealed": TRUTH,
        }
    ),
    "Journal": closed(
        {
            "last": WHOLE,
            "entries": many(either(ref("CallEntry"), ref("ConsentEntry"))),
            "sessions": many(ref("OpenSession")),
        }
    ),
}
WEATHER = answer("The weather in force.", _NAMED[Weather, "serialization"])
CHOSEN = answer("The choice in force, and what there is to choose.", ref("Chosen"))
AFTER = asked_in_query("after", "The number of the last entry known.", schema=WHOLE)
NOT_FOUND = answer("There is no such file.", ref("PlatformError"))

PATHS = {
    "/": {"get": call("index", "Say what this is", {200: plain("A page.", PAGE)})},
    "/sandbox/counters": {
        "get": call("counters", "Tell what was done here", {200: answer("Since the start.", ref("Counters"))})
    },
    "/sandbox/root.pem": {"get": call("root", "Give the root to trust", {200: plain("A certificate.", PEM)})},
    "/sandbox/cards/{login}.pem": {
        "get": call(
            "card",
            "Give what a browser plugin reads from an eID card",
            {200: plain("The authentication certificate.", PEM), 404: NOT_FOUND},
        )
    },
    "/sandbox/static/{name}": {
        "get": call(
            "static",
            "Give what the pages refer to",
            {200: plain("A file.", "text/css", "text/javascript", "image/svg+xml"), 404: NOT_FOUND},
        )
    },
    "/sandbox/journal": {
        "get": call(
            "journal",
            "Tell calls, consents and sessions, the latest thousand entries",
            {200: answer("What happened since.", ref("Journal"))},
            query=(AFTER,),
        )
    },
    "/sandbox/live": {"get": call("live", "Show the same to people, as it happens", {200: plain("A page.", PAGE)})},
    "/sandbox/live/events": {
        "get": call(
            "liveEvents",
            "Send what is new to that page",
            {200: plain("Server-sent events.", "text/event-stream")},
            query=(AFTER,),
        )
    },
    "/sandbox/weather": {
        "get": call("weather", "Tell the weather in force", {200: WEATHER}),
        "post": call(
            "orderWeather",
            "Replace the weather",
            {200: WEATHER, 400: answer("A rule makes no sense.", ref("NoSuchWeather"))},
            body=json_of(_NAMED[Weather, "validation"]),
        ),
        "delete": call("clearWeather", "Let the sun shine", {200: WEATHER}),
    },
    "/sandbox/variants": {
        "get": call("variants", "Tell how this vendor behaves where sources differ", {200: CHOSEN}),
        "put": call(
            "chooseVariants",
            "Choose; what is not named goes back to its default",
            {200: CHOSEN, 400: answer("There is no such choice; this is what there is.", ref("NoSuchVariant"))},
            body=json_of(_NAMED[Variants, "validation"]),
        ),
    },
    "/sandbox/openapi.json": {
        "get": call("openapi", "Give this document", {200: answer("OpenAPI 3.1.", {"type": "object"})})
    },
    "/sandbox/openapi": {"get": call("openapiPage", "Show this document to people", {200: plain("A page.", PAGE)})},
}
