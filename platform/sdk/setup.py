"""The wheel carries the reader of features that the portal, the gateway and inference servers read by, too.

Its source lies once, in platform/runtime; in the wheel it is `sanad.runtime`, since a package called `runtime` would
meet those that people have. What pyproject.toml says beside this is all there is to say.
"""

from __future__ import annotations

import re
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SOURCE = Path(__file__).resolve().parent.parent / "runtime"
CARRIED = ("__init__.py", "entity_keys.py", "masks.py", "online/*.py", "expressions/*.py")
_IMPORT = re.compile(r"^(\s*(?:from|import) )runtime\b", re.MULTILINE)


class WithReader(build_py):
    """In a checkout the reader is imported from beside the SDK, so an editable install carries nothing."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        if not SOURCE.is_dir():
            raise SystemExit("The reader's source, platform/runtime, is not beside the SDK: build from a checkout.")
        for pattern in CARRIED:
            for path in sorted(SOURCE.glob(pattern)):
                target = Path(self.build_lib) / "sanad" / "runtime" / path.relative_to(SOURCE)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(_IMPORT.sub(r"\1sanad.runtime", path.read_text()))


setup(cmdclass={"build_py": WithReader})
