"""Where the desk sends what people decide, in memory."""

from jobs.model.names import RouteName
from jobs.model.seals import Authorization


class MemoryApprovals:
    def __init__(self) -> None:
        self.authorizations: list[Authorization] = []

    async def enqueue_sealing(self, authorization: Authorization) -> None:
        self.authorizations.append(authorization)


class MemoryGathering:
    def __init__(self) -> None:
        self.gathered: list[RouteName] = []

    async def gather_now(self, route: RouteName) -> None:
        if route not in self.gathered:
            self.gathered.append(route)
