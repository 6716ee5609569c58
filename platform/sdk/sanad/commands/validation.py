"""What is expected of datasets, and the rows that were set aside."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, group, text_of
from sanad.output import show, table, tell

_RESULT = ("state", "severity", "expected", "failed_rows", "found")


def add_to(acts: Any) -> None:
    _suites(group(acts, "suite", "what is expected of a dataset's rows"))
    _contracts(group(acts, "contract", "what is promised of a dataset"))
    _quarantines(group(acts, "quarantine", "rows that were set aside"))


def _suites(suite: Any) -> None:
    for word, act, said in (
        ("show", suite_show, "what is expected now, as `sanad suite save` takes it"),
        ("list", suite_list, "all suites, the newest first"),
        ("suggest", suite_suggest, "what the newest version meets and nobody expects yet, as `save` takes it"),
    ):
        add(suite, word, act, said).add_argument("dataset", help="its name or id")
    save = add(suite, "save", suite_save, "expect this from now on")
    save.add_argument("--reason", default="", help="why it changes")
    attempt = add(suite, "try", suite_try, "what these expectations find in the newest version")
    for parser in (save, attempt):
        parser.add_argument("dataset", help="its name or id")
        parser.add_argument("file", help="a JSON list of expectations; - reads standard input")
    add(suite, "restore", suite_restore, "expect again what a suite said").add_argument("suite", help="its id")
    report = add(suite, "report", suite_report, "what came of a version's expectations")
    report.add_argument("version", help="its id, or a dataset's name (its newest version)")
    rows = add(suite, "rows", suite_rows, "rows of a version that fail: set aside, or the first that block it")
    rows.add_argument("version", help="its id")
    rows.add_argument("--limit", type=int, default=50)


def _contracts(contract: Any) -> None:
    for word, act, said in (
        ("list", contract_list, "what was promised, the newest first"),
        ("publish", contract_publish, "promise columns, expectations, owner and freshness as they are now"),
    ):
        add(contract, word, act, said).add_argument("dataset", help="its name or id")
    for word, act, said in (
        ("breach", contract_breach, "how a version breaks the contract, and who has to see it"),
        ("see", contract_see, "say that one has seen it"),
    ):
        add(contract, word, act, said).add_argument("version", help="its id")


def _quarantines(quarantine: Any) -> None:
    listed = add(quarantine, "list", quarantine_list, "what was set aside in the project")
    listed.add_argument("--dataset", default="", help="of this one alone, by name or id")
    rows = add(quarantine, "rows", quarantine_rows, "some rows with their numbers and reasons")
    rows.add_argument("quarantine", help="its id")
    rows.add_argument("--offset", type=int, default=0)
    rows.add_argument("--limit", type=int, default=50)
    fix = add(quarantine, "fix", quarantine_fix, "set a column in the chosen rows")
    fix.add_argument("column")
    fix.add_argument("value", nargs="?", help="without it, the value is missing")
    discard = add(quarantine, "discard", quarantine_discard, "give the chosen rows up for good")
    discard.add_argument("--why", required=True)
    replay = add(quarantine, "replay", quarantine_replay, "check the chosen rows anew, into the next version")
    for parser in (fix, discard, replay):
        _chosen(parser)
    export = add(quarantine, "export", quarantine_export, "all rows with their reasons, as CSV or Parquet")
    export.add_argument("quarantine", help="its id")
    export.add_argument("into", help="a file that ends with .csv or .parquet")


def _chosen(parser: ArgumentParser) -> None:
    parser.add_argument("--of", dest="quarantine", required=True, metavar="ID", help="the quarantine")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--row", action="append", type=int, metavar="NUMBER", help="one row, again for more")
    which.add_argument("--reason", default="", metavar="ID", help="all rows that fail this expectation")
    which.add_argument("--all", action="store_true", help="all rows")


def _rows(said: Namespace) -> dict[str, Any]:
    return {"numbers": said.row or [], "reason": said.reason, "everything": said.all}


def suite_show(client: Client, said: Namespace) -> None:
    newest = client.suites.newest(said.dataset)
    print(json.dumps(newest["expectations"] if newest else [], indent=1, ensure_ascii=False))


def suite_list(client: Client, said: Namespace) -> None:
    rows = client.suites.list(said.dataset)
    table(rows, ("id", "number", "reason", "created_by", "created_at"), as_json=said.json)


def suite_suggest(client: Client, said: Namespace) -> None:
    found = client.suites.suggestions(said.dataset)
    print(json.dumps([one["expectation"] for one in found], indent=1, ensure_ascii=False))


def suite_save(client: Client, said: Namespace) -> None:
    saved = client.suites.save(said.dataset, json.loads(text_of(said.file)), reason=said.reason)
    show(saved, as_json=said.json)


def suite_try(client: Client, said: Namespace) -> None:
    found = client.suites.attempt(said.dataset, json.loads(text_of(said.file)))
    table(found["results"], _RESULT, as_json=said.json)


def suite_restore(client: Client, said: Namespace) -> None:
    show(client.suites.restore(said.suite), as_json=said.json)


def suite_report(client: Client, said: Namespace) -> None:
    report = client.suites.report(client.datasets.newest(said.version))
    tell(f"{report['outcome']}: {report['row_count']} rows, suite {report['suite_number']}")
    table(report["results"], _RESULT, as_json=said.json)


def suite_rows(client: Client, said: Namespace) -> None:
    found = client.suites.rows(said.version, limit=said.limit)
    if found is None:
        tell("No row of this version was kept to be seen.")
        return
    _show_rows(found, as_json=said.json)


def contract_list(client: Client, said: Namespace) -> None:
    rows = client.contracts.list(said.dataset)
    table(rows, ("id", "number", "owner", "digest", "created_at"), as_json=said.json)


def contract_publish(client: Client, said: Namespace) -> None:
    show(client.contracts.publish(said.dataset), as_json=said.json)


def contract_breach(client: Client, said: Namespace) -> None:
    show(client.contracts.breach(said.version), as_json=said.json)


def contract_see(client: Client, said: Namespace) -> None:
    show(client.contracts.see(said.version), as_json=said.json)


def quarantine_list(client: Client, said: Namespace) -> None:
    rows = client.quarantines.list(said.dataset)
    table(rows, ("id", "version_name", "row_count", "first_count", "created_at"), as_json=said.json)


def quarantine_rows(client: Client, said: Namespace) -> None:
    found = client.quarantines.rows(said.quarantine, offset=said.offset, limit=said.limit)
    _show_rows(found, as_json=said.json)


def _show_rows(found: dict[str, Any], *, as_json: bool) -> None:
    names = [column["name"] for column in found["columns"]]
    rows = [
        {"#": row["number"], "fails": ", ".join(row["reasons"]), **dict(zip(names, row["values"], strict=True))}
        for row in found["rows"]
    ]
    table(rows, ("#", "fails", *names), as_json=as_json)


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


def quarantine_fix(client: Client, said: Namespace) -> None:
    count = client.quarantines.mend(said.quarantine, said.column, said.value, **_rows(said))
    tell(f"{_counted(count)} corrected; replay to have them checked anew")


def quarantine_discard(client: Client, said: Namespace) -> None:
    tell(f"{_counted(client.quarantines.discard(said.quarantine, said.why, **_rows(said)))} given up")


def quarantine_replay(client: Client, said: Namespace) -> None:
    show(client.quarantines.replay(said.quarantine, **_rows(said)), as_json=said.json)


def quarantine_export(client: Client, said: Namespace) -> None:
    form = "parquet" if said.into.endswith(".parquet") else "csv"
    tell(str(client.quarantines.export(said.quarantine, said.into, form=form)))
