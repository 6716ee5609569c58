"""What the documentation of features shows can be pasted: commands are of the command line, and files apply."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from apps.datasets import services as dataset_services
from apps.features import services
from apps.features.models import FeatureView
from sanad.cli import parser

DOCS = Path(__file__).parents[3] / "docs"
_BLOCKS = re.compile(r"```(?P<kind>sh|yaml)\n(?P<code>.*?)```", re.DOTALL)


def blocks(page, kind):
    return [found["code"] for found in _BLOCKS.finditer((DOCS / page).read_text()) if found["kind"] == kind]


def commands(code):
    """The words of each `sanad …` of a piece of shell, without what is piped, and not what stands in a file of it."""
    code = re.sub(r"<<'(\w+)'\n.*?\n\1\n", "\n", code, flags=re.DOTALL).replace("\\\n", " ")
    for line in code.splitlines():
        words = shlex.split(line, comments=True) if re.search(r"\bsanad ", line) else []
        while "sanad" in words:
            words = words[words.index("sanad") + 1 :]
            ends = [words.index(sign) for sign in ("&&", "|", ">", ";") if sign in words]
            yield [word.rstrip(";)") for word in words[: min(ends, default=len(words))]]


COMMANDS = parser()
PASTED = [
    (page, words)
    for page in ("data.md", "expectations.md", "features.md", "features-offline.md", "features-walk.md")
    for code in blocks(page, "sh")
    for words in commands(code)
]


def test_commands_of_the_pages_were_found():
    assert len(PASTED) > 30


@pytest.mark.parametrize(("page", "words"), PASTED)
def test_a_command_of_a_page_is_one_of_the_command_line(page, words):
    said = COMMANDS.parse_args(words)
    assert callable(said.command)


def test_the_walk_through_features_applies_as_it_is_pasted(scientist, project, ingested, run_jobs, tmp_path):
    code = "\n".join(blocks("features-walk.md", "sh"))
    # The tables and the file are made as a person makes them; the commands of the walk themselves are read above.
    shell = f"sanad() {{ :; }}; curl() {{ :; }}; touch known.csv\n{code}"
    subprocess.run(["bash", "-c", shell], cwd=tmp_path, stdin=subprocess.DEVNULL, check=True)
    by = {"actor": scientist, "project": project}
    for name in ("shop_payments", "shop_leavers"):
        file = tmp_path / f"{name}.csv"
        ingested(file.name, file.read_bytes(), dataset=dataset_services.create_dataset(**by, name=name))
    changed = (tmp_path / "shop.yaml").read_text()
    first = changed.replace(", amount_aed > 100 AS large", "")
    assert [step.action for step in services.apply_definitions(**by, text=first).steps] == ["new"] * 5
    run_jobs()
    assert set(FeatureView.objects.values_list("state", flat=True)) == {"ready"}
    plan = services.plan_definitions(**by, text=changed)
    assert [(step.name, step.number) for step in plan.changes] == [
        ("shop_payment", 2),
        ("shop_basket", 2),
        ("shop_leaving", 2),
    ]


def test_the_file_that_is_shown_holds_what_files_hold(scientist, project, ingested):
    (text,) = blocks("features.md", "yaml")
    delays = b"carrier,moment,known,delay\nAA,2026-01-01 09:00:00,2026-01-01 10:00:00,5\n"
    by = {"actor": scientist, "project": project}
    ingested("delays.csv", delays, dataset=dataset_services.create_dataset(**by, name="delays"))
    text = re.sub(r" *owner: .*\n", "", text).replace("version: 3", "version: 1")
    assert [step.action for step in services.plan_definitions(**by, text=text).steps] == ["new"] * 5
