"""The vendor's client as the settings describe it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from config.settings import Settings
from worker.eparaksts.endpoints import Credentials, Endpoints
from worker.eparaksts.opening import Client, opened
from worker.eparaksts.operations import Operation
from worker.eparaksts.retrying import unheard
from worker.eparaksts.service import Place
from worker.eparaksts.wire import Observe, unobserved


def client_of(
    settings: Settings,
    place: Place,
    *,
    observe: Observe = unobserved,
    on_retry: Callable[[Operation], None] = unheard,
) -> AbstractAsyncContextManager[Client]:
    """A client for the time of a block; `place` tells where a document's original and sealed file stand."""
    vendor = settings.eparaksts
    return opened(
        Endpoints(vendor.platform_url, vendor.signapi_url),
        Credentials(vendor.client_id, vendor.client_secret),
        redirect_uri=settings.desk.redirect_uri,
        place=place,
        concurrency=vendor.concurrency,
        attempts=vendor.attempts,
        observe=observe,
        on_retry=on_retry,
    )
