"""What the practice vendor serves beside the two services."""

from pydantic.json_schema import models_json_schema

from sandbox.openapi.calls import PAGE, PEM, answer, call, json_of, plain
from sandbox.openapi.schemas import TEXT, WHOLE, Schema, closed, many, ref
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
}
WEATHER = answer("The weather in force.", _NAMED[Weather, "serialization"])
CHOSEN = answer("The choice in force, and what there is to choose.", ref("Chosen"))
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
            {200: plain("A file.", "text/css", "text/javascript"), 404: NOT_FOUND},
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
