"""Nothing that runs code when it is read is loaded outside the isolated processes of runs and inference."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# `runtime` is what runs apart: as its own user, without network, with the files of one run alone.
PLACES = ("apps", "platform/portal", "platform/foundation", "platform/gateway", "platform/sdk")
MODULES = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "skops", "torch"}
CALLS = {
    "read_pickle": "pandas reads pickles with it",
    "full_load": "YAML makes objects with it",
    "unsafe_load": "YAML makes objects with it",
}


def faults_of(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (f"imports {found.name}" for found in names if found.name.split(".")[0] in MODULES)
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in MODULES:
                yield f"imports {module}"
            case ast.Call(func=ast.Attribute(attr=name)) if name in CALLS:
                yield f"calls {name}: {CALLS[name]}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id="yaml"), attr="load")):
                yield "calls yaml.load: use yaml.safe_load"
            case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                yield "allows pickle in an array"
            case ast.Call(func=ast.Name(id="eval" | "exec" as name)):
                yield f"calls {name}"
            case _:
                pass


def test_no_module_of_the_portal_loads_what_runs_code():
    files = [file for place in PLACES for file in sorted((ROOT / place).rglob("*.py"))]
    assert len(files) > 300
    found = [
        f"{file.relative_to(ROOT)} {fault}: do it in a run or a replica (platform/runtime)"
        for file in files
        for fault in faults_of(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "from joblib import load",
        "import torch.serialization",
        "np.load(path, allow_pickle=True)",
        "pd.read_pickle(path)",
        "yaml.load(text, Loader=yaml.Loader)",
        "eval(text)",
    ],
)
def test_each_way_is_seen(code):
    assert list(faults_of(ast.parse(code)))


@pytest.mark.parametrize("code", ["np.load(path)", "yaml.safe_load(text)", "json.load(file)", "model.evaluate()"])
def test_what_runs_nothing_is_let_be(code):
    assert not list(faults_of(ast.parse(code)))


def test_workers_take_messages_as_json_alone():
    from portal.celery import app

    assert app.conf.accept_content == ["json"]
    assert (app.conf.task_serializer, app.conf.result_serializer) == ("json", "json")


def test_sessions_are_kept_as_json():
    from django.conf import settings

    assert settings.SESSION_SERIALIZER == "django.contrib.sessions.serializers.JSONSerializer"
