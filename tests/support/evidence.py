"""A bundle of evidence, checked as its README says: with bash, openssl and sha256sum, and nothing of ours."""

import subprocess
from pathlib import Path

ALL_IS_WELL = (
    "all files are as they were exported",
    "the records name the certificate",
    "the batch is in the checkpoint",
    "the seal names the checkpoint",
    "Verified OK",
    "checkpoint/seal.pem: OK",
    "Verification: OK",
)
"""What the README's commands print of a bundle with a sealed checkpoint that is in order."""


def follow_readme(folder: Path) -> str:
    """Run every command of the README as it stands there; gives what they print."""
    lines = (folder / "README.txt").read_text().splitlines()
    commands = "\n".join(line[4:] for line in lines if line.startswith("    "))
    ended = subprocess.run(
        ["bash"], input=commands, cwd=folder, capture_output=True, text=True, check=False, timeout=180
    )
    return ended.stdout + ended.stderr
