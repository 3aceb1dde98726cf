"""A real exFAT file system, which knows neither hard links nor owners nor capitals: what a memory stick is."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.programs import required, run

_BYTES = 256 << 20  # sparse; what is copied leaves 64 MB free


@contextmanager
def mounted_exfat(folder: Path) -> Iterator[Path]:
    """Have one mounted below `folder` for the time of the block; skips where this machine lets nobody mount."""
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("mounting exFAT needs root and /dev/fuse")
    image, mounted = folder / "exfat.img", folder / "exfat"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(_BYTES)
    run("mkfs.exfat", image)
    device = run("losetup", "--find", "--show", image)
    if device.returncode:
        pytest.skip(f"there is no loop device: {device.stdout}")
    try:
        # Its driver stays behind as a process of its own, which must not hold our pipe.
        command: list[str | Path] = [required("mount.exfat-fuse"), device.stdout.strip(), mounted]
        if subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
            pytest.skip("the system does not let exFAT be mounted")
        try:
            yield mounted
        finally:
            run("umount", mounted)
    finally:
        run("losetup", "--detach", device.stdout.strip())
