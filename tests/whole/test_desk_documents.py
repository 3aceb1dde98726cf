"""The quarantine, single documents and seals on the desk: what they show, to whom, and what a person decides there.

One desk over real folders, put together as in an installation; nothing of it is connected. Each test has documents of
its own.
"""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
