"""The vendor's client as the settings describe it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from config.settings import Settings
from jobs.ports import VendorLimits
from worker.eparaksts.client import VendorClient, connect, observe_no_slots
from worker.eparaksts.congestion import Bounds
from worker.eparaksts.operations import Endpoints, Operation
from worker.eparaksts.retry import count_nothing
from worker.eparaksts.service import Bring, PathsOf, bring_nothing
from worker.eparaksts.tokens import Credentials
from worker.eparaksts.wire import ObserveCall, observe_nothing


def client_of(
    settings: Settings,
    paths_of: PathsOf,
    *,
    limits: VendorLimits,
    bring: Bring = bring_nothing,
    observe: ObserveCall = observe_nothing,
    observe_slots: Callable[[int], None] = observe_no_slots,
    on_retry: Callable[[Operation], None] = count_nothing,
) -> AbstractAsyncContextManager[VendorClient]:
    """A client for the time of a block; `paths_of` tells where a document's original and sealed file stand.

    `limits` is what was learned of it; `bring` has the original there before it is read.
    """
    vendor = settings.eparaksts
    return connect(
        Endpoints(vendor.platform_url, vendor.signapi_url),
        Credentials(vendor.client_id, vendor.client_secret),
        redirect_uri=settings.desk.redirect_uri,
        paths_of=paths_of,
        limits=limits,
        bring=bring,
        checks_consent=vendor.consenting_person == "checked",
        bounds=Bounds(vendor.concurrency, *vendor.concurrency_bounds),
        attempts=vendor.attempts,
        observe=observe,
        observe_slots=observe_slots,
        on_retry=on_retry,
    )
