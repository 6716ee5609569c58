from __future__ import annotations

import psycopg
import pytest

from portal.launcher import elsewhere, environment, keys, processes
from portal.launcher.environment import Servers
from portal.launcher.errors import Refusal
from portal.launcher.home import Home, create_root, furnish

CALLER = {"PATH": "/bin", "HOME": "/home/me", "SANAD_LOG_LEVEL": "DEBUG", "PRIVATE_TOKEN": "mine", "PGPASSWORD": "mine"}


@pytest.fixture
def home(folder) -> Home:
    home = Home(folder / "home")
    create_root(home)
    furnish(home)
    keys.ensure(home)
    return home


def secrets_in(told: dict[str, str], home: Home) -> set[str]:
    words = " ".join(told.values())
    return {name for name in keys.NAMES if keys.read(home, name) in words}


def test_each_process_knows_the_passwords_it_needs_and_no_other(home):
    servers = Servers(home, CALLER, 8000)
    assert secrets_in(environment.server(servers), home) == set()
    assert secrets_in(environment.gateway(servers), home) == {"valkey"}
    assert secrets_in(environment.mlflow(servers), home) == {"database-mlflow"}
    assert secrets_in(environment.portal(servers), home) == {"database-portal", "database-lake", "valkey"}
    assert secrets_in(environment.migration(servers), home) - secrets_in(environment.portal(servers), home) == {
        "database-owner"
    }


def test_the_callers_own_environment_stays_with_the_caller(home):
    servers = Servers(home, CALLER, 8000)
    for told in (environment.portal(servers), environment.gateway(servers), environment.mlflow(servers)):
        assert "mine" not in told.values()
    assert environment.portal(servers)["SANAD_LOG_LEVEL"] == "DEBUG"


def test_a_callers_secret_is_used_instead_of_the_made_one(home):
    given = environment.portal(Servers(home, {"SANAD_SECRET_KEY": "theirs"}, 8000))
    assert given["SANAD_SECRET_KEY"] == "theirs"
    assert "SANAD_SECRET_KEY_FILE" not in given
    made = environment.portal(Servers(home, {}, 8000))
    assert made["SANAD_SECRET_KEY_FILE"] == str(home.secrets / "secret-key")


def test_servers_named_in_the_environment_are_not_started(home, tmp_path):
    url = tmp_path / "url"
    url.write_text("postgresql://portal:p@db/sanad\n")
    servers = Servers(home, {"DATABASE_URL_FILE": str(url), "REDIS_URL": "redis://cache:6379/0"}, 8000)
    assert servers.postgres is None
    assert servers.valkey is None
    names = {spec.name for spec in processes.table(servers, processes.Options())}
    assert not names & {"postgres", "valkey"}
    assert servers.database_url("owner") == "postgresql://portal:p@db/sanad"
    assert servers.database_url("mlflow") == "postgresql://portal:p@db/sanad?options=-csearch_path%3Dmlflow"
    assert environment.portal(servers)["DATABASE_PORTAL_ROLE"] == "portal"
    assert environment.portal(servers)["REDIS_URL"] == "redis://cache:6379/0"


def test_owner_lake_and_mlflow_may_be_named_apart(home):
    caller = {"DATABASE_URL": "postgresql://a@db/x", "DATABASE_OWNER_URL": "postgresql://b@db/x"}
    caller |= {"LAKE_DATABASE_URL": "postgresql://c@db/l", "MLFLOW_DATABASE_URL": "postgresql://d@db/m"}
    servers = Servers(home, caller, 8000)
    assert [servers.database_url(duty)[13] for duty in ("portal", "owner", "lake", "mlflow")] == ["a", "b", "c", "d"]
    assert "postgresql://b@db/x" not in environment.portal(servers).values()


def test_a_server_elsewhere_that_does_not_answer_is_one_sentence(home, folder):
    database = Servers(home, {"DATABASE_URL": f"postgresql://me@/sanad?host={folder}", "REDIS_URL": "unix:///no"}, 8000)
    with pytest.raises(Refusal, match="DATABASE_URL does not lead to a PostgreSQL"):
        elsewhere.prepare(database)
    valkey = Servers(home, {"REDIS_URL": f"unix://{folder}/none.sock"}, 8000)
    with pytest.raises(Refusal, match="REDIS_URL names a server that does not answer"):
        elsewhere.prepare(valkey)


@pytest.mark.slow
def test_servers_elsewhere_are_used_as_they_are(start, home):
    running = Servers(start().wait_until_ready().home, {}, 0)
    caller = {"DATABASE_URL": running.database_url("owner"), "REDIS_URL": running.redis_url}
    servers = Servers(home, caller, 8000)
    assert processes.prepare(servers) == []
    with psycopg.connect(servers.database_url("mlflow")) as connection:
        assert connection.execute("SELECT current_schema()").fetchone() == ("mlflow",)
