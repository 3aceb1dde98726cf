"""How a call that is about too many things is refused, in the shape of either service."""

from sandbox.refusals import refusal_for
from sandbox.variants.limits import Limit, TooMany

STATUSES = {TooMany.CONTENT: 413, TooMany.UNPROCESSABLE: 422}


def require_few(count: int, limit: Limit, style: TooMany, path: str, code: str) -> None:
    """Raise the `Refusal` of the service that owns the path, where there are more than it takes."""
    if limit.most is None or count <= limit.most:
        return
    status = STATUSES.get(style, 400)
    raise refusal_for(path, status, code, explain(limit, style))


def explain(limit: Limit, style: TooMany) -> str:
    """Return the sentence, which names the figure in one style alone."""
    return f"At most {limit.most} are taken at once." if style is TooMany.COUNTED else "The request is refused."
