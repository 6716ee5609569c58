"""The sample's model is loaded behind everybody's back: once, by requests, without anybody's password."""

from __future__ import annotations

import pytest

from portal.launcher import keys, processes
from portal.launcher.environment import Servers
from portal.launcher.home import Home, create_root, furnish
from portal.launcher.processes import Options
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


@pytest.mark.parametrize("options", [Options(sample=False), Options(model=False)])
def test_it_can_be_left_out(folder, options):
    assert "sample" not in table(folder, options)[1]


@pytest.mark.slow
@pytest.mark.chaos
def test_the_start_is_over_before_a_step_in_the_background_is(start):
    stage = start(STAGE_BACKGROUND="1").wait_until_ready()
    assert "all is there" not in stage.said
    (stage.home.root / "go").touch()
    until(lambda: "all is there" in stage.said)
