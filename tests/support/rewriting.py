"""Test modules as pytest rewrites them, made once by all workers together: each would make all of them for itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from _pytest.assertion import rewrite
from _pytest.assertion.rewrite import AssertionRewritingHook

WHOLE = 100  # with fewer modules nothing is won


def share_rewriting(config: pytest.Config) -> None:
    """Each worker begins at another module, leaves out what it finds done, and has gone round when nothing is left.

    Nothing is locked: a module is put in its place when it is whole, and one that two began at once is done twice.
    """
    told = getattr(config, "workerinput", None)
    hook: AssertionRewritingHook | None = getattr(config.pluginmanager, "rewrite_hook", None)
    if told is None or sys.dont_write_bytecode or not isinstance(hook, AssertionRewritingHook):
        return
    modules = sorted(module for place in config.args for module in Path(place).rglob("test_*.py"))
    if len(modules) < WHOLE:
        return
    share = int(told["workerid"].removeprefix("gw")) % told["workercount"]
    first = len(modules) * share // told["workercount"]
    for module in modules[first:] + modules[:first]:
        _rewrite(module, config)


def _rewrite(module: Path, config: pytest.Config) -> None:
    """As the import hook does it, without running the module; what cannot be read is told when it is imported."""
    state, folder = config.stash[rewrite.assertstate_key], rewrite.get_cache_dir(module)
    kept = folder / f"{module.stem}{rewrite.PYC_TAIL}"
    if kept.exists() or not rewrite.try_makedirs(folder):
        return  # whether what is kept fits the module is looked at when it is imported
    try:
        stat, code = rewrite._rewrite_test(module, config)
    except (SyntaxError, UnicodeDecodeError):
        return
    rewrite._write_pyc(state, code, stat, kept)
