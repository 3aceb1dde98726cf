"""What may be told of an error: our own sentences, the system's, and of anybody else's no more than its kind.

Other people's errors repeat what they were given: a full Redis quotes the whole command, with a one-time code in it.
"""

import builtins

_OURS = frozenset({"jobs", "config", "worker"})


def error_text(error: BaseException) -> str:
    """The error's own sentence where it is ours; of a foreign one its type, and what the system said."""
    kind = type(error)
    if kind.__module__.partition(".")[0] in _OURS:
        return str(error) or kind.__name__
    if isinstance(error, OSError) and kind.__module__ == builtins.__name__ and error.strerror:
        place = f": {error.filename}" if isinstance(error.filename, str) else ""
        return f"{error.strerror}{place}"
    return kind.__name__ if kind.__module__ == builtins.__name__ else f"{kind.__module__}.{kind.__qualname__}"
