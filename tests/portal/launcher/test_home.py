from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from portal.launcher import keys
from portal.launcher.errors import Refusal
from portal.launcher.home import LONGEST_SOCKET_FOLDER, Home, check_version, create_root, furnish, locate


def furnished(path: Path) -> Home:
    home = Home(path)
    create_root(home)
    furnish(home)
    return home


def everything(path: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        str(each): (each.stat().st_mode, each.stat().st_mtime_ns, each.read_bytes() if each.is_file() else b"")
        for each in [path, *path.rglob("*")]
    }


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_closed_to_others(tmp_path):
    home = furnished(tmp_path / "state")
    assert all(mode(path) & 0o077 == 0 for path in [home.root, *home.root.rglob("*")] if not path.is_symlink())


def test_a_home_that_was_opened_is_closed_again(tmp_path):
    home = furnished(tmp_path / "state")
    home.secrets.chmod(0o755)
    home.root.chmod(0o777)
    furnish(home)
    assert mode(home.secrets) & 0o044 == 0
    assert mode(home.root) == 0o711


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (json.dumps({"schema": 999}), "newer"),
        (json.dumps({"schema": 0}), "does not know"),
        (json.dumps({"schema": "1"}), "does not know"),
        (json.dumps({"schema": True}), "does not know"),
        (json.dumps([1]), "does not know"),
        ("{", "does not know"),
        ("", "does not know"),
    ],
)
def test_another_schema_is_refused_before_a_byte_is_touched(tmp_path, content, says):
    home = furnished(tmp_path / "state")
    home.version_file.write_text(content)
    before = everything(home.root)
    with pytest.raises(Refusal, match=says):
        check_version(home)
    assert everything(home.root) == before


def test_a_folder_of_other_things_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Refusal, match="not known to be a portal's state"):
        check_version(Home(tmp_path))


def test_a_file_is_no_home(tmp_path):
    (tmp_path / "state").write_text("")
    with pytest.raises(Refusal, match="not a folder"):
        check_version(Home(tmp_path / "state"))


def test_own_state_and_an_empty_folder_are_accepted(tmp_path):
    check_version(Home(tmp_path))
    check_version(furnished(tmp_path / "state"))
    check_version(Home(tmp_path / "not there"))


def test_sockets_move_to_a_short_folder_where_the_path_is_too_long_for_the_kernel(tmp_path):
    home = Home(tmp_path / ("deep" * 30))
    assert len(str(home.root)) > LONGEST_SOCKET_FOLDER
    assert len(str(home.postgres_sockets / ".s.PGSQL.5432")) < 107
    assert home.run != home.root / "run"


def test_a_short_folder_that_belongs_to_somebody_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    home = Home(tmp_path / ("deep" * 30))
    home.sockets.symlink_to(tmp_path)
    create_root(home)
    with pytest.raises(Refusal, match="somebody else"):
        furnish(home)


def test_secrets_are_made_once_and_closed(tmp_path):
    home = furnished(tmp_path / "state")
    keys.ensure(home)
    first = {name: keys.read(home, name) for name in keys.NAMES}
    (home.secrets / "gateway").chmod(0o644)
    keys.ensure(home)
    assert {name: keys.read(home, name) for name in keys.NAMES} == first
    assert len(set(first.values())) == len(keys.NAMES)
    assert all(mode(home.secrets / name) == 0o600 for name in keys.NAMES)


def test_the_home_is_the_argument_then_the_environment_then_beside_the_code(tmp_path, monkeypatch):
    monkeypatch.setenv("SANAD_HOME", str(tmp_path / "environment"))
    assert locate(str(tmp_path / "argument")).root == tmp_path / "argument"
    assert locate(None).root == tmp_path / "environment"
    monkeypatch.delenv("SANAD_HOME")
    assert locate(None).root.name == ".sanad"
