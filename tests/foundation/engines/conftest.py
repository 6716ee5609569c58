"""A folder and an embedded engine that lies there."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest

from tests.foundation.engines.embedded import engine_at


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="sanad-p", dir="/tmp"))
    (folder / "run").mkdir(mode=0o700)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def engine(home):
    made = engine_at(home)
    yield made
    for name in made.list():
        made.remove(name)
