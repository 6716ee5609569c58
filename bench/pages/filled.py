"""Runs under the launcher's `run`: makes one run and one dataset, copies them 10 000 times, and asks for their lists.

`python -m bench.pages.filled OUT` writes {case: seconds of each round}.
"""

from __future__ import annotations

import csv
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from sanad.client import Client

MANY, ROUNDS, PROJECT = 10_000, 7, "bench"
MEMBER = {"email": "member@demo.local", "password": uuid4().hex}
CASES = {
    "empty": "/t/demo/notifications/",
    "10 000 runs, newest first": "/t/demo/p/bench/experiments/",
    "10 000 runs, by a metric": "/t/demo/p/bench/experiments/?sort=-metric_accuracy",
    "10 000 runs, filtered by words and state": "/t/demo/p/bench/experiments/?q=77&state=succeeded",
    "10 000 runs, the last page": f"/t/demo/p/bench/experiments/?page={MANY // 25}",
    "10 000 datasets, by name": "/t/demo/p/bench/data/",
    "10 000 datasets, by rows": "/t/demo/p/bench/data/?sort=-rows",
    "10 000 datasets, filtered by words": "/t/demo/p/bench/data/?q=77",
    "10 000 datasets, the last page": f"/t/demo/p/bench/data/?page={MANY // 25}",
    "no feature view beside 10 000 datasets": "/t/demo/p/bench/features/",
}


# One person's 200 projects out of 10 000, which 200 members have through 20 groups and 10 of them alone.
PERMISSION_CASE, PERMISSION_ROUNDS = "permission list, 200 rows of 10 000 projects, 200 members, p95", 40
PROJECT_LIST = "/t/demo/projects/?per_page=250"


def main(out: Path) -> int:
    home, url = Path(os.environ["SANAD_HOME"]), os.environ["SANAD_URL"]
    person = next(
        one for one in json.loads((home / "credentials.json").read_text())["people"] if one["role"] == "scientist"
    )
    _one_of_each(Client(url, person["token"], PROJECT), home)
    _copy()
    _share()
    session = _signed_in(url, person)
    times: dict[str, list[float]] = {case: [] for case in CASES}
    for path in CASES.values():
        _seconds(session, url + path)
    for _round in range(ROUNDS):
        for case, path in CASES.items():
            times[case].append(_seconds(session, url + path))
    times[PERMISSION_CASE] = [_p95(_member_session(url), url + PROJECT_LIST)]
    times["permission limit"] = [_p95(_signed_in(url, _administrator(home)), url + PROJECT_LIST)]
    out.write_text(json.dumps(times))
    return 0


def _one_of_each(client: Client, home: Path) -> None:
    """A table of 120 rows goes the way of every table, as far as a run that has ended."""
    file = home / "tmp" / "table.csv"
    with file.open("w", newline="") as written:
        rows = csv.writer(written)
        rows.writerow(["size", "weight", "kind"])
        rows.writerows([n % 17, n % 23, "long" if n % 3 else "short"] for n in range(120))
    client.projects.ensure(PROJECT, name="Bench", purpose="Lists of many rows")
    version = client.datasets.push(file, name="table")
    client.datasets.classify(version["id"], {column["name"]: "public" for column in version["schema"]})
    made = client.training_sets.create("table", base_version=version["id"], label="kind", features=["size", "weight"])
    started = client.runs.submit(training_set=made["id"], recipe="hist_gradient_boosting", purpose="One of many")
    client.runs.wait(started["id"], timeout_s=300)


def _copy() -> None:
    import django

    django.setup()
    from apps.datasets.models import Dataset, DatasetVersion
    from apps.experiments.models import Run
    from foundation.tenancy import find_tenant, scope

    with scope(find_tenant("demo").pk):
        run = Run.objects.get(project__slug=PROJECT)
        accuracy = run.metrics["test"]["accuracy"]
        copies: list[Any] = []
        for number in range(2, MANY + 1):
            test = {**run.metrics["test"], "accuracy": accuracy - number / MANY / 10}
            said = {"purpose": f"One of many, number {number}", "metrics": {**run.metrics, "test": test}}
            copies.append(_copied(run, number=number, **said))
        Run.objects.bulk_create(copies, batch_size=1000)
        table = Dataset.objects.get(project__slug=PROJECT)
        version = DatasetVersion.objects.get(dataset=table)
        tables = [_copied(table, name=f"table_{n:05d}", slug=f"table_{n:05d}") for n in range(2, MANY + 1)]
        Dataset.objects.bulk_create(tables, batch_size=1000)
        versions = [_copied(version, dataset_id=one.pk, row_count=n) for n, one in enumerate(tables)]
        DatasetVersion.objects.bulk_create(versions, batch_size=1000)


def _share() -> None:
    """10 000 projects and 200 members of chosen ones: each in one of 20 groups with 200 projects, ten alone beside."""
    from django.contrib.auth.hashers import make_password

    from apps.projects.models import Project
    from foundation.access.models import Group, GroupMember, Membership, ProjectRole
    from foundation.identity.models import User
    from foundation.tenancy import find_tenant, scope

    tenant = find_tenant("demo")
    with scope(tenant.pk):
        model = Project.objects.get(slug=PROJECT)
        projects = [_copied(model, slug=f"p{n:05d}", name=f"Project {n:05d}") for n in range(MANY)]
        Project.objects.bulk_create(projects, batch_size=1000)
        hashed = make_password(MEMBER["password"])
        people = [User(email=f"m{n:03d}@demo.local", name=f"Member {n:03d}", password=hashed) for n in range(200)]
        people[0].email = MEMBER["email"]
        User.objects.bulk_create(people)
        Membership.objects.bulk_create([Membership(tenant=tenant, user=one, role="member") for one in people])
        groups = Group.objects.bulk_create([Group(tenant=tenant, name=f"Team {n:02d}") for n in range(20)])
        places = [GroupMember(tenant=tenant, group=groups[n % 20], user=one) for n, one in enumerate(people)]
        GroupMember.objects.bulk_create(places)
        shared = [
            ProjectRole(tenant=tenant, project_id=projects[(n * 200 + k) % MANY].pk, role="scientist", group=group)
            for n, group in enumerate(groups)
            for k in range(200)
        ]
        alone = [
            ProjectRole(tenant=tenant, project_id=projects[n * 37 % MANY + k].pk, role="viewer", user=one)
            for n, one in enumerate(people)
            for k in range(10)
        ]
        ProjectRole.objects.bulk_create([*shared, *alone], batch_size=1000)


def _member_session(url: str) -> requests.Session:
    return _signed_in(url, MEMBER)


def _administrator(home: Path) -> dict[str, str]:
    people = json.loads((home / "credentials.json").read_text())["people"]
    found: dict[str, str] = next(one for one in people if one["role"] == "admin")
    return found


def _p95(session: requests.Session, address: str) -> float:
    _seconds(session, address)
    times = sorted(_seconds(session, address) for _round in range(PERMISSION_ROUNDS))
    return times[int(0.95 * len(times)) - 1]


def _copied(row: Any, **changes: Any) -> Any:
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**{**kept, "id": uuid4(), **changes})


def _signed_in(url: str, person: dict[str, str]) -> requests.Session:
    session = requests.Session()
    form = session.get(f"{url}/accounts/login/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    if token is None:
        raise RuntimeError("the sign-in page carries no token")
    said = {"email": person["email"], "password": person["password"], "csrfmiddlewaretoken": token[1]}
    answer = session.post(f"{url}/accounts/login/", said, headers={"Referer": f"{url}/accounts/login/"})
    if "/t/" not in answer.url:
        raise RuntimeError(f"signing in led to {answer.url}")
    return session


def _seconds(session: requests.Session, address: str) -> float:
    began = time.perf_counter()
    answer = session.get(address)
    seconds = time.perf_counter() - began
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answers {answer.status_code}")
    return seconds


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
