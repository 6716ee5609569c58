"""The folder that holds everything the portal keeps: its layout, its rights and its schema version."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from portal.launcher.errors import Refusal

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = 1
FOLDERS = (
    *("secrets", "secrets/signing", "logs", "valkey", "objects", "lake", "gateway", "engines", "mlflow", "models"),
    *("scratch", "tmp"),
)
# The kernel takes 107 bytes of path for a Unix socket; the longest name below `run` has to fit as well.
LONGEST_SOCKET_FOLDER = 80


@dataclass(frozen=True)
class Home:
    """Paths of one portal's state; reading one creates nothing."""

    root: Path

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def version_file(self) -> Path:
        return self.root / "version.json"

    @property
    def credentials(self) -> Path:
        return self.root / "credentials.json"

    @property
    def prepared(self) -> Path:
        return self.root / "prepared.json"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def sockets(self) -> Path:
        """Where `run` and PostgreSQL's socket lie: here, or in a short folder of ours where this path is too long."""
        if len(os.fsencode(self.root)) <= LONGEST_SOCKET_FOLDER:
            return self.root
        digest = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"sanad-{os.geteuid()}-{digest}"

    @property
    def run(self) -> Path:
        return self.sockets / "run"

    @property
    def postgres_sockets(self) -> Path:
        return self.sockets / "postgres"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def web_socket(self) -> Path:
        return self.run / "web.sock"

    @property
    def live_socket(self) -> Path:
        return self.run / "live.sock"

    @property
    def mlflow_socket(self) -> Path:
        return self.run / "mlflow.sock"

    @property
    def mlflow_callers(self) -> Path:
        """Whom MLflow answers; written anew with each start."""
        return self.secrets / "mlflow-callers.json"


def locate(path: str | None) -> Home:
    """The home named on the command line, else by SANAD_HOME, else `.sanad` beside the code."""
    return Home(Path(path or os.environ.get("SANAD_HOME") or ROOT / ".sanad").expanduser().resolve())


def check_version(home: Home) -> None:
    """Refuse what this code cannot read, before anything is written."""
    if not home.root.exists():
        return
    if not home.root.is_dir():
        raise Refusal(f"{home.root} is not a folder. Name another with SANAD_HOME.")
    if not home.version_file.exists():
        # The lock may be there already: a first start writes it before the version.
        if any(entry.name != home.lock.name for entry in home.root.iterdir()):
            raise Refusal(
                f"{home.root} is not empty and has no version.json, so it is not known to be a portal's state. "
                "Nothing was touched. Name an empty folder with SANAD_HOME, or put the missing file back from a backup."
            )
        return
    schema = _schema(home.version_file)
    if schema != SCHEMA:
        raise Refusal(_version_sentence(home, schema))


def _schema(path: Path) -> object:
    try:
        content = json.loads(path.read_text())
    except ValueError:
        return None
    except OSError as error:
        raise Refusal(f"{path} cannot be read ({error.strerror}). Start as the user who owns it.") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    return schema if type(schema) is int else None


def _version_sentence(home: Home, schema: object) -> str:
    if isinstance(schema, int) and schema > SCHEMA:
        return (
            f"The state in {home.root} has schema {schema}, and this code knows schema {SCHEMA}: "
            "a newer Sanad wrote it. Nothing was touched. "
            "Start that newer version, or name another folder with SANAD_HOME."
        )
    return (
        f"The state in {home.root} names a schema that this code does not know ({home.version_file.name}). "
        "Nothing was touched. Put the file back from a backup, or name another folder with SANAD_HOME."
    )


def create_root(home: Home) -> None:
    try:
        home.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(
            f"{home.root} cannot be created ({error.strerror}). Name a folder of yours with SANAD_HOME."
        ) from error


def furnish(home: Home) -> None:
    """Create the folders that are missing, close them to others, write the schema version. Call under the lock."""
    _close(home.root)
    for name in FOLDERS:
        _private(home.root / name)
    if home.sockets != home.root:
        _private(home.sockets)
        _owned(home.sockets)
        link = home.root / "run"
        if not link.is_symlink():
            link.symlink_to(home.run)
    _private(home.run)
    if not home.version_file.exists():
        write_private(home.version_file, json.dumps({"schema": SCHEMA}) + "\n")


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    _close(folder)


def _close(folder: Path) -> None:
    """Only the owner enters; whoever was let pass through (0711, for PostgreSQL's own user) still does."""
    mode = folder.stat().st_mode & 0o777
    if mode & ~0o711:
        folder.chmod(mode & 0o711 | 0o700)


def _owned(folder: Path) -> None:
    # The temporary folder belongs to everybody: a neighbour may have put a folder or link of this name there first.
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.geteuid():
        raise Refusal(f"{folder} belongs to somebody else. Name a folder with a shorter path with SANAD_HOME.")


def write_private(path: Path, content: str) -> None:
    """Replace a file whole or not at all; only its owner reads it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
