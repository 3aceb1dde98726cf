"""Rules and latencies in one line each, for a command line."""

from pydantic import TypeAdapter

from sandbox.weather.latency import Constant, Exponential, Latency, LogNormal, Normal, Uniform
from sandbox.weather.rules import Kind, Rule

LATENCY: TypeAdapter[Constant | Uniform | Normal | LogNormal | Exponential] = TypeAdapter(Latency)
EVERYWHERE = "all"
KINDS = frozenset(Kind)


def read_rule(text: str) -> Rule:
    """Read `finalize status=504 after_work times=1`, or with another kind `sign wrong_value`.

    First the operation; then its kind, left out for `status`; then fields, those that are just true without a value.
    Raises ValidationError.
    """
    operation, words = _words(text)
    kind = next((word for word in words if word in KINDS), Kind.STATUS)
    fields = {name: value or True for name, value in words.items() if name != kind or value}
    return Rule.model_validate({"operation": operation, "kind": kind, **fields})


def read_latency(text: str) -> Constant | Uniform | Normal | LogNormal | Exponential:
    """Read `finalize lognormal median=0.8 sigma=0.5`, with `all` for every operation. Raises ValidationError."""
    operation, words = _words(text)
    distribution = next((word for word, value in words.items() if not value), "")
    fields = {name: value for name, value in words.items() if value}
    concerned = {} if operation == EVERYWHERE else {"operation": operation}
    return LATENCY.validate_python({"distribution": distribution, **concerned, **fields})


def _words(text: str) -> tuple[str, dict[str, str]]:
    first, _, rest = text.strip().partition(" ")
    pairs = (word.partition("=") for word in rest.split())
    return first, {name: value for name, _, value in pairs}
