"""feast's own environment: it wants other versions of what the portal pins, so it lives in `.bench/feast`."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PINS = ROOT / "requirements" / "feast.txt"
PLACE = ROOT / ".bench" / "feast"


def feast_python() -> Path:
    """The Python in which feast can be imported; made at the first use, and anew where the pins have changed."""
    python, made_of = PLACE / "bin" / "python", PLACE / "made-of"
    wanted = hashlib.sha256(PINS.read_bytes()).hexdigest()
    if not made_of.exists() or made_of.read_text() != wanted:
        print("features: installing feast into an environment of its own", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PLACE)], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", str(PINS)], check=True)
        made_of.write_text(wanted)
    return python
