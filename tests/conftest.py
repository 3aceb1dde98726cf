"""What every test may ask for: programs of the system, and the collection of real invoices."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.object_storage import BucketServer, bucket_server
from tests.support.programs import required
from worker.objects.bucket import Bucket

# No test trusts the clock: an example takes as long as a busy machine makes it take.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

CORPUS = Path(__file__).parents[2] / "shared" / "corpus" / "invoices"


@pytest.fixture
def program() -> Callable[[str], str]:
    """Find a program of the system, or skip the test; ZIMOGS_REQUIRE_TOOLS=1 turns the skip into a failure."""
    return required


@pytest.fixture(scope="session")
def practice_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the practice vendor's keys lie: they are made once in a run, because that is slow."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def object_storage() -> Iterator[BucketServer]:
    """A storage that speaks the S3 protocol, started once for all who ask."""
    with bucket_server() as server:
        yield server


@pytest.fixture
def bucket(object_storage: BucketServer) -> Bucket:
    """What nothing stands in yet."""
    return object_storage.bucket(secrets.token_hex(4))


@pytest.fixture
def vendor_state(practice_keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder for practice vendors of this one test: no sessions in it yet, and the keys of the run."""
    state = tmp_path_factory.mktemp("vendor")
    (state / "keys").symlink_to(practice_keys)
    return state


@pytest.fixture
def corpus() -> Path:
    """Thirty real invoices, where the collection stands beside the project."""
    if not CORPUS.is_dir():
        pytest.skip("the collection of real invoices does not stand beside the project")
    return CORPUS
