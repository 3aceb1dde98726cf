"""Command hooks: a program of this machine is run for each event, which it reads as JSON from its standard input."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from contextlib import suppress

import structlog

from config.notices import HookSettings
from jobs.model.events import Event
from worker.notices.failures import NotTold, Unreachable
from worker.notices.payload import encode_event
from worker.storage.names import escape_controls

log = structlog.get_logger()

_MOST_OUTPUT = 4096
"""Bytes of what a program prints that are kept: the last ones, where an error stands."""
_KEPT = ("PATH", "TZ")


class Hook:
    """One program. It runs without a shell, in a session of its own, and its environment holds nothing of ours."""

    def __init__(self, name: str, settings: HookSettings) -> None:
        self._name = name
        self._command = settings.command
        self._within = settings.within.total_seconds()

    async def send(self, event: Event) -> None:
        """Run it, to its end or the end of its time. Raises NotTold, and Unreachable where it cannot be run at all."""
        starting = asyncio.ensure_future(self._start())
        try:
            process = await asyncio.shield(starting)
        except OSError as error:
            raise Unreachable(f"the command cannot be run: {error.strerror}") from None
        except asyncio.CancelledError:
            # It may run already and have started others before we hear of it.
            with suppress(OSError):
                await _end(await starting)
            raise
        output = bytearray()
        try:
            async with asyncio.timeout(self._within):
                await asyncio.gather(_feed(process, encode_event(event)), _listen(process, output))
                code = await process.wait()
        except TimeoutError:
            raise NotTold(f"the command did not end within {self._within:.0f} seconds") from None
        finally:
            if sys.exception() is not None:
                await _end(process)
            told = escape_controls(output.decode(errors="replace").strip())
            log.info("hook ran", hook=self._name, notice=event.id, code=process.returncode, output=told)
        if code:
            raise NotTold(f"the command ended with exit code {code}")

    async def _start(self) -> Process:
        environment = {"LANG": "C.UTF-8"} | {name: os.environ[name] for name in _KEPT if name in os.environ}
        return await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, stderr=STDOUT, env=environment, cwd="/", start_new_session=True
        )


async def _end(process: Process) -> None:
    """End it and whatever it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _feed(process: Process, content: bytes) -> None:
    assert process.stdin is not None  # noqa: S101  it is a pipe
    # A program that does not read its input is not at fault.
    with suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(content)
        await process.stdin.drain()
    process.stdin.close()


async def _listen(process: Process, output: bytearray) -> None:
    assert process.stdout is not None  # noqa: S101  it is a pipe
    while part := await process.stdout.read(_MOST_OUTPUT):
        output += part
        del output[:-_MOST_OUTPUT]
