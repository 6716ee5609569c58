"""The launcher from outside: real servers, real signals."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from portal.launcher import keys
from portal.launcher.environment import Servers
from portal.launcher.home import ROOT, Home
from portal.launcher.postgres import Postgres
from portal.launcher.valkey import Valkey
from tests.portal.launcher.conftest import until

pytestmark = [pytest.mark.slow, pytest.mark.chaos]


def ask(url: str, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, connect_timeout=5) as connection:
        return connection.execute(question).fetchall()


def test_a_second_start_finds_its_data_again(start):
    first = start().wait_until_ready()
    owner = Servers(first.home, {}, 0).database_url("owner")
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    identity = (first.home.postgres / "data" / "PG_VERSION").stat().st_ino
    assert first.stop() == 0
    assert first.left() == []

    start(first.home).wait_until_ready()
    assert ask(owner, "SELECT answer FROM kept") == [(42,)]
    assert (first.home.postgres / "data" / "PG_VERSION").stat().st_ino == identity


def test_nobody_gets_in_without_the_right_password(standing):
    home = standing.home
    folder = home.postgres_sockets
    for role, database in (("sanad_root", "postgres"), ("sanad_owner", "sanad"), ("sanad_portal", "sanad")):
        for credentials in (role, f"{role}:guess"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                ask(f"postgresql://{credentials}@/{database}?host={folder}", "SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        ask(Postgres(home).url("sanad_portal", "mlflow"), "SELECT 1")
    assert _valkey_says(home, "PING").startswith("-NOAUTH")
    assert _valkey_says(home, "AUTH guess").startswith("-WRONGPASS")
    assert Valkey(home).answers()


def _valkey_says(home: Home, words: str) -> str:
    import socket

    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(home.valkey_socket))
        connection.sendall(f"{words}\r\n".encode())
        return connection.recv(200).decode()


def test_the_servers_open_no_port_and_their_sockets_are_closed_to_others(standing):
    assert [each for each in standing.living() if each.net_connections("tcp")] == []
    home = standing.home
    for path in (home.postgres_sockets, home.run, home.root / "valkey", home.secrets):
        assert stat.S_IMODE(path.stat().st_mode) & 0o007 == 0


def test_no_password_stands_in_a_command_line(standing):
    words = " ".join(" ".join(each.cmdline()) for each in standing.living())
    assert [name for name in keys.NAMES if keys.read(standing.home, name) in words] == []


def test_the_portals_role_owns_nothing_and_is_bound_by_row_security(standing):
    servers = Servers(standing.home, {}, 0)
    rights = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles WHERE rolname = "
    for duty in ("portal", "owner", "lake", "mlflow"):
        assert ask(servers.database_url(duty), f"{rights} current_user") == [(False,) * 5]
    owned = """
        SELECT count(*) FROM (
          SELECT relowner AS owner FROM pg_class UNION ALL SELECT datdba FROM pg_database
          UNION ALL SELECT nspowner FROM pg_namespace UNION ALL SELECT proowner FROM pg_proc) AS things
        WHERE owner = (SELECT oid FROM pg_roles WHERE rolname = current_user)
    """
    assert ask(servers.database_url("portal"), owned) == [(0,)]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(servers.database_url("portal"), "CREATE TABLE mine (id int)")


def test_a_losing_statement_is_not_logged_with_its_text(standing):
    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(Servers(standing.home, {}, 0).database_url("owner"), "SELECT 'canary-7351' FROM nowhere")
    log = standing.home.logs / "postgres.log"
    until(lambda: "nowhere" in log.read_text())
    assert "canary-7351" not in log.read_text()


def test_a_second_launcher_says_where_the_first_one_is(standing):
    ours = [process.pid for process in standing.supervisor.children()]
    second = subprocess.run(
        [sys.executable, "-m", "portal.launcher", "--home", str(standing.home.root), "up"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "platform")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 0
    assert "Sanad runs here since" in second.stdout
    assert f"pid {standing.process.pid}" in second.stdout
    assert [process.pid for process in standing.supervisor.children()] == ours


def test_a_killed_child_is_started_again(start):
    stage = start().wait_until_ready()
    postgres, valkey = stage.find("pginstall"), stage.find("valkey-server")
    postgres.kill()
    valkey.kill()
    until(lambda: stage.said.count("ready in") >= 5)
    assert stage.find("pginstall").pid != postgres.pid
    assert Valkey(stage.home).answers()
    assert "postgres ended by signal SIGKILL; it starts again" in stage.said


def test_what_cannot_run_stays_down_with_a_sentence_and_the_rest_goes_on(start):
    stage = start(STAGE_BROKEN="1").wait_until_ready()
    assert "broken ended by exit code 1 3 times in quick succession, so it stays down." in stage.said
    assert (stage.home.logs / "broken.log").read_text().count("no disk") == 3
    assert Postgres(stage.home).answers()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything_in_order(start, number):
    stage = start().wait_until_ready()
    stage.process.send_signal(number)
    assert stage.process.wait(30) == 0
    assert stage.left() == []
    assert "database system is shut down" in (stage.home.logs / "postgres.log").read_text()
    assert not list(stage.home.run.glob("*.sock"))


def test_ctrl_c_during_the_start_stops_what_was_started(start):
    stage = start()
    until(lambda: "postgres" in stage.said)
    stage.process.send_signal(signal.SIGINT)
    assert stage.process.wait(30) in {0, 130}


@pytest.mark.parametrize("victim", ["guard", "supervisor"])
def test_a_killed_launcher_leaves_no_orphan(start, victim):
    stage = start().wait_until_ready()
    (stage.process if victim == "guard" else stage.supervisor).kill()
    until(lambda: stage.left() == [])
    until(lambda: stage.process.poll() is not None)
    start(stage.home).wait_until_ready()


def test_both_killed_at_once_leave_no_orphan(start):
    stage = start().wait_until_ready()
    supervisor = stage.supervisor
    supervisor.suspend()
    stage.process.kill()
    supervisor.kill()
    servers = [each for each in stage.family if _serves(each)]
    until(lambda: not any(each in stage.left() for each in servers))
    for hidden in stage.left():
        hidden.kill()  # a daemon that hides from everybody outlives a double kill; the test must not leave it


def _serves(process: psutil.Process) -> bool:
    try:
        return "sleep" not in " ".join(process.cmdline() or ["sleep"])
    except psutil.NoSuchProcess:
        return False  # it went with its parents while we looked


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.portal.launcher.stage", "run", "--", *command],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{ROOT}/platform:{ROOT}", "MINE": "kept"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_runs_against_servers_of_its_own_that_leave_nothing():
    tell = "import os, json; print('told', json.dumps(dict(os.environ)))"
    done = run(sys.executable, "-c", tell)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("told"))[5:])
    assert told["SANAD_URL"].startswith("http://127.0.0.1:")
    assert told["MINE"] == "kept"
    assert "DATABASE_OWNER_URL" not in told
    assert not Path(told["SANAD_HOME"]).parent.exists()


def test_a_command_that_fails_passes_its_code_on_and_keeps_the_logs():
    done = run(sys.executable, "-c", "raise SystemExit(7)")
    assert done.returncode == 7
    kept = Path(done.stdout.strip().splitlines()[-1].removeprefix("Its state and logs are kept in "))
    assert (kept / "logs" / "postgres.log").exists()
    shutil.rmtree(kept.parent)


def test_a_user_who_is_not_root_has_the_same(start, folder):
    if os.geteuid() != 0:
        pytest.skip("the other tests of this file have shown it: they ran as an ordinary user")
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    stage = start(Home(folder / "home"), python=_python_for(nobody.pw_uid), user=nobody.pw_uid).wait_until_ready()
    assert {each.uids().effective for each in stage.living()} == {nobody.pw_uid}
    assert stat.S_IMODE(stage.home.root.stat().st_mode) == 0o700
    assert stage.stop() == 0
    assert stage.left() == []


def _python_for(uid: int) -> str:
    """An interpreter of this version that the user can start; root's own may lie in a closed folder."""
    wanted = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    for candidate in (sys.executable, f"/usr/bin/python3.{sys.version_info[1]}"):
        try:
            if subprocess.run([candidate, "-c", wanted], user=uid, group=uid, check=False).returncode == 0:
                return candidate
        except OSError:
            continue
    pytest.fail("No Python of this version can be started by another user: install python3.11 for all users.")
    raise AssertionError


def test_a_closed_folder_above_is_opened_for_postgresqls_user_alone(start, folder):
    if os.geteuid() != 0:
        pytest.skip("an ordinary user's PostgreSQL is that user, and needs no way opened")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    stage = start(Home(closed / "home")).wait_until_ready()
    assert f"{closed} now lets PostgreSQL's own user pass through" in stage.said
    nobody = pwd.getpwnam("nobody").pw_uid
    listing = ["ls", str(closed / "home")]
    assert subprocess.run(listing, user=nobody, group=nobody, capture_output=True, check=False).returncode != 0
    assert subprocess.run(["ls", str(closed)], user=nobody, capture_output=True, check=False).returncode != 0
    stage.stop()
    assert "pass through" not in start(stage.home).wait_until_ready().said
