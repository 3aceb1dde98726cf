"""Names and their addresses, as a test has them."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult


class MemoryResolver(AbstractResolver):
    """Knows these names; of several answers each is given once, and the last from then on, as in DNS rebinding."""

    def __init__(self, **answers: tuple[str, ...]) -> None:
        self._answers = {name.replace("_", "."): list(addresses) for name, addresses in answers.items()}
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        answers = self._answers.get(host)
        if not answers:
            raise OSError(socket.EAI_NONAME, "Name or service not known")
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
        ]

    async def close(self) -> None:
        """Nothing is open."""
