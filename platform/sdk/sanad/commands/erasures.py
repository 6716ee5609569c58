"""People who are erased from a project."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from sanad.client import Client
from sanad.commands.arguments import add, chosen, group, text_of
from sanad.errors import Failed
from sanad.output import show, table, tell

ERASURE = ("id", "state", "column", "version_count", "row_count", "summary_digest", "failure")
THING = ("kind", "name", "row_count", "successor_id", "left_to_people", "erased_at", "note")


def add_to(acts: Any) -> None:
    erasure = group(acts, "erasure", "people who are erased from the --project; for administrators")
    preview = add(erasure, "preview", erasure_preview, "where a person is, as counts alone")
    _person(preview)
    _projects(preview)
    start = add(erasure, "start", erasure_start, "erase a person and wait until it is done")
    _person(start)
    _projects(start)
    start.add_argument("--break-chain", action="store_true", help="although runs or models learned from the rows")
    start.add_argument("--no-wait", action="store_true", help="leave it to its job")
    go_on = add(erasure, "go-on", erasure_go_on, "have one that failed go on where it stopped")
    go_on.add_argument("erasure", help="its id")
    _value(go_on)
    add(erasure, "watch", erasure_watch, "wait until it is done, and say what was erased").add_argument("erasure")
    add(erasure, "list", erasure_list, "erasures, newest first")
    summary = add(erasure, "summary", erasure_summary, "what was erased where, as the ledger's digest names it")
    summary.add_argument("erasure")
    summary.add_argument("into", help="the file to write")
    certificate = add(erasure, "certificate", erasure_certificate, "what certifies that a person was erased")
    certificate.add_argument("erasure")
    certificate.add_argument(
        "--out", required=True, metavar="FILE", help="the file to write; its ending says whether pdf, html or json"
    )


def _person(parser: ArgumentParser) -> None:
    parser.add_argument("column", help="the column that names people")
    _value(parser)
    parser.add_argument("--dataset", help="one dataset alone, by name or id; without it, all of the project")


def _projects(parser: ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--in-project", action="append", metavar="SLUG", help="in this project; once more for each of several"
    )
    where.add_argument("--every-project", action="store_true", help="in all projects that you may erase from")


def _value(parser: ArgumentParser) -> None:
    # An argument stands in the shell's history and in the list of processes.
    parser.add_argument(
        "--value-file", default="-", help="a file with the value that names the person; - reads it typed"
    )


def erasure_preview(client: Client, said: Namespace) -> None:
    if _of_several(said):
        found = client.erasures.preview_in_projects(**_in_projects(said))
        rows = [{**one, "rows": sum(each["rows"] or 0 for each in one["reached"])} for one in found]
        table(rows, ("project", "state", "rows", "sentence"), as_json=said.json)
        return
    table(
        client.erasures.preview(**_asked(client, said)), ("kind", "name", "rows", "left_to_people"), as_json=said.json
    )


def erasure_start(client: Client, said: Namespace) -> None:
    if _of_several(said):
        _start_in_projects(client, said)
        return
    begun = client.erasures.start(**_asked(client, said), break_chain=said.break_chain)
    _shown(begun if said.no_wait else client.erasures.wait(begun["id"]), said)


def _start_in_projects(client: Client, said: Namespace) -> None:
    """Wait for each that was begun; Failed at the end where one failed, Refused where a project refused."""
    answers = client.erasures.start_in_projects(**_in_projects(said), break_chain=said.break_chain)
    rows, wrong = [], ""
    for one in answers:
        row = {**one, "erasure": one["erasure"] and one["erasure"]["id"]}
        if one["state"] == "begun" and not said.no_wait:
            try:
                row["state"] = client.erasures.wait(row["erasure"])["state"]
            except Failed as failure:
                row |= {"state": "failed", "sentence": failure.sentence}
        if row["state"] in {"failed", "refused"}:
            wrong = wrong or f"{row['project']}: {row['sentence']}"
        rows.append(row)
    table(rows, ("project", "state", "erasure", "sentence"), as_json=said.json)
    if wrong:
        raise Failed(wrong)


def erasure_go_on(client: Client, said: Namespace) -> None:
    client.erasures.go_on(said.erasure, value=text_of(said.value_file).strip("\r\n"))
    _shown(client.erasures.wait(said.erasure), said)


def erasure_watch(client: Client, said: Namespace) -> None:
    done = client.erasures.wait(said.erasure)
    show(done, as_json=said.json)
    if sys.stdout.isatty() and not said.json:
        table(done["things"], THING, as_json=False)


def erasure_list(client: Client, said: Namespace) -> None:
    table(client.erasures.list(), ("created_at", *ERASURE), as_json=said.json)


def erasure_summary(client: Client, said: Namespace) -> None:
    tell(f"Written to {client.erasures.summary(said.erasure, said.into)}")


def erasure_certificate(client: Client, said: Namespace) -> None:
    form = Path(said.out).suffix[1:].lower() or "pdf"
    tell(f"Written to {client.erasures.certificate(said.erasure, said.out, form=form)}")


def _of_several(said: Namespace) -> bool:
    return bool(said.in_project or said.every_project)


def _in_projects(said: Namespace) -> dict[str, Any]:
    if said.dataset:
        raise ValueError("--dataset is of one project: leave it out, or leave out --in-project and --every-project.")
    value = text_of(said.value_file).strip("\r\n")
    return {"column": said.column, "value": value, "projects": said.in_project}


def _asked(client: Client, said: Namespace) -> dict[str, Any]:
    dataset = client.datasets.get(said.dataset)["id"] if said.dataset else None
    return {"column": said.column, "value": text_of(said.value_file).strip("\r\n"), "dataset": dataset}


def _shown(erasure: dict[str, Any], said: Namespace) -> None:
    show(chosen(erasure, ERASURE), as_json=said.json)
