"""The sample's model is loaded behind everybody's back: once, by requests, without anybody's password."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from portal.launcher import keys, processes
from portal.launcher.accounts import Account
from portal.launcher.console import Console
from portal.launcher.environment import Servers
from portal.launcher.home import Home, create_root, furnish
from portal.launcher.processes import Options
from portal.launcher.specs import Spec
from portal.launcher.supervisor import Supervisor
from tests.portal.launcher.conftest import until


def table(folder, options):
    home = Home(folder / "home")
    create_root(home)
    furnish(home)
    keys.ensure(home)
    servers = Servers(home, {"PATH": "/bin"}, 8000)
    return home, {spec.name: spec for spec in processes.table(servers, options)}


def test_it_waits_for_what_it_asks_and_nobody_waits_for_it(folder):
    home, specs = table(folder, Options())
    sample = specs["sample"]
    assert set(sample.after) <= set(specs)
    assert (sample.once, sample.background, sample.vital) == (True, True, False)
    assert not any("sample" in spec.after for spec in specs.values())
    words = " ".join(sample.environment.values())
    assert [name for name in keys.NAMES if keys.read(home, name) in words] == []


def test_beside_servers_alone_nothing_is_served_and_the_people_are_there(folder):
    _home, specs = table(folder, Options(portal=False))
    assert list(specs) == ["postgres", "valkey", "migrate", "check-ledger", "load-sample"]


@pytest.mark.parametrize("options", [Options(sample=False), Options(model=False)])
def test_it_can_be_left_out(folder, options):
    assert "sample" not in table(folder, options)[1]


def test_its_beginning_is_said_until_it_was_once_made_in_this_database(folder, monkeypatch):
    _home, specs = table(folder, Options())
    sample = specs["sample"]
    monkeypatch.setattr("portal.launcher.prepared.database_identity", lambda url: "first")
    assert "about a minute" in sample.begun()
    sample.then()
    assert sample.begun() == ""
    monkeypatch.setattr("portal.launcher.prepared.database_identity", lambda url: "another")
    assert "about a minute" in sample.begun()


@pytest.mark.parametrize(
    ("starts", "begun", "said"),
    [(True, lambda: "is being made", "is being made"), (True, lambda: "", ""), (False, None, "nothing to do")],
)
def test_a_step_says_that_it_begins_where_it_has_words_for_it(folder, capsys, starts, begun, said):
    spec = Spec("sample", (), {}, begun=begun)
    supervisor = Supervisor([spec], logs=folder, console=Console(), bell=SimpleNamespace(stops=0))
    supervisor._begin(SimpleNamespace(name="sample", spec=spec, start=lambda: starts))
    assert capsys.readouterr().out.split()[1:] == said.split()


def test_its_requests_go_to_the_port_of_this_start(folder):
    home = Home(folder / "home")
    create_root(home)
    furnish(home)
    keys.ensure(home)
    rows = processes.table(Servers(home, {"PATH": "/bin", "SANAD_PORT": "8140"}, 8140), Options())
    sample = next(spec for spec in rows if spec.name == "sample")
    assert sample.environment["SANAD_URL"] == "http://127.0.0.1:8140"
    assert "http://127.0.0.1:8140/t/demo" in sample.done
    assert {spec.environment.get("SANAD_PUBLIC_URL") for spec in rows} <= {None, "http://127.0.0.1:8140"}


def test_a_system_user_that_root_had_to_make_is_said_once():
    made = Account("sanad_postgres", 70, 70, made_now=True)
    for account, said in ((made, 1), (Account("sanad_postgres", 70, 70), 0), (None, 0)):
        postgres = SimpleNamespace(prepare=list, account=account)
        assert " ".join(processes._prepare_postgres(postgres)).count("the system user sanad_postgres was made") == said


@pytest.mark.slow
@pytest.mark.chaos
def test_the_start_is_over_before_a_step_in_the_background_is(start):
    stage = start(STAGE_BACKGROUND="1").wait_until_ready()
    assert "all is there" not in stage.said
    (stage.home.root / "go").touch()
    until(lambda: "all is there" in stage.said)
