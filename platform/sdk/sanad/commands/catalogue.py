"""Features: which there are, what is known of them, and which are like one another."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add
from sanad.output import show, table, tell

_COLUMNS = ("name", "view_name", "entity", "kind", "null_share", "newest_at", "training_sets", "owner", "id")
_RANGES = ("missing", "mean_from", "mean_to", "distinct_from", "distinct_to")
_FILTERS = ("kind", "entity", *_RANGES, "skewed", "within", "used", "owner", "tag", "made", "deprecated")
_NAME = "its id, or view:feature"


def add_to(features: Any) -> None:
    """To the commands of features as a file."""
    _filters(add(features, "list", features_list, "the features of the project"))
    search = add(features, "search", features_search, "features by words and by what is known of them")
    search.add_argument("words", help="of the name, description, view, entity, tags or owner")
    _filters(search)
    add(features, "show", features_show, "all that is known of one").add_argument("feature", help=_NAME)
    similar = add(features, "similar", features_similar, "features of other views that are like it")
    similar.add_argument("feature", help=_NAME)
    drift = add(features, "drift", features_drift, "how far it moved along its event time")
    drift.add_argument("feature", help=_NAME)
    drift.add_argument("period", nargs="?", help="one of its periods alone, like month-2013-03, with how it is spread")
    held = (
        "what is held against: first (the first full period), before (the one before), or a period like month-2013-03"
    )
    drift.add_argument("--against", default="first", help=held)
    describe = add(features, "describe", features_describe, "say what it means")
    describe.add_argument("feature", help=_NAME)
    describe.add_argument("description")


def _filters(parser: ArgumentParser) -> None:
    parser.add_argument("--kind", default="", choices=("number", "text", "boolean", "time", "other"))
    parser.add_argument("--entity", default="", help="the name of the entity")
    parser.add_argument("--missing", type=float, metavar="PERCENT", help="at most so many values are missing")
    parser.add_argument("--mean-from", type=float, metavar="NUMBER", help="its mean is no smaller")
    parser.add_argument("--mean-to", type=float, metavar="NUMBER", help="its mean is no larger")
    parser.add_argument("--distinct-from", type=int, metavar="COUNT", help="about so many distinct values at least")
    parser.add_argument("--distinct-to", type=int, metavar="COUNT", help="about so many distinct values at most")
    skewed = "without those that are served otherwise than models learned them, or those alone"
    parser.add_argument("--skewed", default="", choices=("no", "only"), help=skewed)
    parser.add_argument(
        "--within", default="", choices=("hour", "day", "week", "month"), help="how young the newest is"
    )
    used = ("nothing", "training_set", "run", "model", "deployment")
    parser.add_argument("--used", default="", choices=used, help="by what")
    parser.add_argument("--owner", default="", help="the name of whoever speaks for the view")
    parser.add_argument("--tag", default="", help="a tag of the view")
    parser.add_argument("--made", default="", choices=("ahead", "asked"), help="by a view, or when a request comes")
    parser.add_argument("--deprecated", default="", choices=("no", "only"), help="without those, or those alone")


def features_list(client: Client, said: Namespace) -> None:
    _found(client, said, "")


def features_search(client: Client, said: Namespace) -> None:
    _found(client, said, said.words)


def features_show(client: Client, said: Namespace) -> None:
    show(client.features.show(said.feature), as_json=said.json)


def features_drift(client: Client, said: Namespace) -> None:
    if said.period:
        one = client.features.drift_in(said.feature, said.period, against=said.against)
        show(one, as_json=said.json)
        if sys.stdout.isatty() and not said.json:
            table(one["bins"], ("name", "then", "now", "adds"), as_json=False)
        return
    found = client.features.drift(said.feature, against=said.against)
    if not found["periods"]:
        tell(
            "There are no rows along a time that you see: nothing is computed or learned of yet, or the time is masked."
        )
    elif found["masked"]:
        tell("You see its values masked: rows and missing values are told, and no index.")
    table(found["periods"], ("period", "rows", "missing", "mean", "against", "psi", "level"), as_json=said.json)


def features_similar(client: Client, said: Namespace) -> None:
    found = client.features.similar(said.feature)
    rows = [{**one["feature"], "score": one["score"], "reasons": ", ".join(one["reasons"])} for one in found]
    table(rows, ("name", "view_name", "score", "reasons", "id"), as_json=said.json)


def features_describe(client: Client, said: Namespace) -> None:
    show(client.features.describe(said.feature, said.description), as_json=said.json)


def _found(client: Client, said: Namespace, words: str) -> None:
    rows = client.features.search(words, **{name: getattr(said, name) for name in _FILTERS})
    table(rows, _COLUMNS, as_json=said.json)
