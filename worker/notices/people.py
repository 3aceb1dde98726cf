"""Sending a message to people by apprise, which knows a hundred services. It blocks, and is slow to load.

It runs in a thread of its own that nobody waits for at the end: a mail server that says nothing for hours holds up
neither sealing nor the end of the process.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress

from pydantic import SecretStr

from jobs.model.text import Language
from worker.error_text import error_text
from worker.notices.failures import NotTold
from worker.notices.message import Message
from worker.translation import translate

_WITHIN = 60.0
"""Seconds, after which a message counts as not sent, whatever the service still does with it."""
_LOGGER = "apprise"


class PeopleAddress:
    """One address of people, as apprise has it; nothing of it is ever logged."""

    def __init__(self, url: SecretStr, language: Language, within: float = _WITHIN) -> None:
        self._url = url
        self._language = language
        self._within = within
        self._sending: Future[str] | None = None

    async def send(self, message: Message) -> None:
        """Send it in their language. Raises NotTold."""
        if self._sending is not None and not self._sending.done():
            raise NotTold("the service still has not answered to the last message")
        title = translate(message.title, self._language)
        body = "\n".join(translate(line, self._language) for line in message.lines)
        self._sending = _start_thread(lambda: _notify(self._url.get_secret_value(), title, body))
        try:
            async with asyncio.timeout(self._within):
                failure = await asyncio.shield(asyncio.wrap_future(self._sending))
        except TimeoutError:
            raise NotTold("the service does not answer in time") from None
        if failure:
            raise NotTold(failure)


def _notify(url: str, title: str, body: str) -> str:
    """Send by apprise; says what failed, without anything of the address."""
    # What it says of a failure may quote the address.
    logging.getLogger(_LOGGER).disabled = True
    import apprise  # noqa: PLC0415  it takes its time to load, and only who is told needs it

    try:
        services = apprise.Apprise()
        if not services.add(url):
            return "apprise does not understand the address"
        (service,) = services
        if services.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
            return ""
    except Exception as error:  # noqa: BLE001  a hundred services fail in as many ways
        return f"the service failed: {error_text(error)}"
    return f"{service.service_name} did not take the message"


def _start_thread(work: Callable[[], str]) -> "Future[str]":
    future: Future[str] = Future()

    def run() -> None:
        result = work()
        # Whoever waited for it may have gone.
        with suppress(InvalidStateError):
            future.set_result(result)

    threading.Thread(target=run, name="notices", daemon=True).start()
    return future
