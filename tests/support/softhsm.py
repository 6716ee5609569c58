"""A token of SoftHSM: a real PKCS#11 module that keeps its objects in files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.support.tools import needs

_PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
LABEL, PIN = "sanad-test", "87654321"


def make_token(home: Path) -> str:
    """A token of the test session, made once; answers with the module's library, which finds it by SOFTHSM2_CONF."""
    needs("softhsm2-util")
    folder = home / "softhsm"
    configuration = folder / "softhsm2.conf"
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    if not configuration.exists():
        (folder / "tokens").mkdir(mode=0o700, parents=True)
        settings = {"directories.tokendir": folder / "tokens", "objectstore.backend": "file", "log.level": "ERROR"}
        configuration.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
        command = ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN]
        subprocess.run(command, check=True, capture_output=True)
    return next(place for place in _PLACES if Path(place).exists())
