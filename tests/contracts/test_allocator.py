import subprocess
import sys

_COUNT_POOLS = """
import ctypes, sys, threading
from worker.app.allocator import keep_few_pools

keep_few_pools()
together = threading.Barrier(9)

def take():
    taken = bytearray(4096).copy() + bytes(300)
    together.wait()
    del taken

threads = [threading.Thread(target=take) for _ in range(8)]
for thread in threads:
    thread.start()
together.wait()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.malloc_info(0, libc.fdopen(1, b"w"))
libc.fflush(None)
"""


def test_all_threads_take_from_two_pools() -> None:
    told = subprocess.run([sys.executable, "-c", _COUNT_POOLS], capture_output=True, text=True, check=True).stdout
    assert 1 <= told.count("<heap nr=") <= 2
