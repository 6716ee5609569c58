"""Runs under the launcher's `run`: fills a portal with a small sample, and keeps it up while the test session lives.

`python -m tests.browser.keeper NOTES PID`: what tests need to know is left in the folder NOTES, piece by piece, as soon
as it is there; when the last test that needs the portal is over, or process PID has gone, the keeper ends, and the
launcher stops and removes everything.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from sanad.client import Client
from sanad.demo import Walk, people
from sanad.samples import flights
from sanad.samples.story import Story
from sanad.transport import wait_for
from tests.browser import thin
from tests.browser.pages import ids_of
from tests.browser.portal import OVER

STRIDE = 20


def main(notes: Path, session: int) -> int:
    home, url = Path(os.environ["SANAD_HOME"]), os.environ["SANAD_URL"]
    known = json.loads((home / "credentials.json").read_text())["people"]
    leave(notes, "portal", {"url": url, "home": str(home), "people": [*known, *readers()]})
    prove_domain("demo", "lab.demo.local")
    leave(notes, "sign_up", {"link": newcomer(url)})
    leave(notes, "neighbour", neighbour(url))
    leave(notes, "world", world(home, url))
    while psutil.pid_exists(session) and not (notes / OVER).exists():
        psutil.wait_procs([psutil.Process(session)], timeout=1)
    return 0


def leave(notes: Path, name: str, content: Any) -> None:
    """A note that is seen whole or not at all."""
    draft = notes / f"{name}.draft"
    draft.write_text(json.dumps(content))
    draft.rename(notes / f"{name}.json")


def world(home: Path, url: str) -> dict[str, Any]:
    """The sample's way with fewer flights, so that every page has content; the ids of what was made."""
    who = people(home / "credentials.json", url, flights.PROJECT)
    story = Story(Walk(), who, home, files=thin.every_nth(home, STRIDE))
    story.begin()
    story.as_far_as_a_run()
    story.as_far_as_an_endpoint()
    story.replay(per_second=200, stride=2)
    story.officer.reports.create(model_version=story.made["version"]["id"])
    wait_for(
        lambda: {"alerts": story.scientist.monitoring.alerts()},
        lambda found: bool(found["alerts"]),
        failed=lambda _found: None,
        timeout_s=180,
        what="An alert",
    )
    # Enough has come: from here on the machine is the tests' own.
    story.scientist.monitoring.change_replay(story.made["replay"]["id"], state="paused", per_second=5)
    asked_for(story.scientist)
    program = who["admin"].service_accounts.create("nightly import", "scientist")
    who["admin"].service_accounts.create_token(program["id"], "cron")
    return ids_of(story.scientist) | {"service_account": program["id"]}


def asked_for(client: Client) -> None:
    """What the sample's way does without: a feature made of another when it is asked for, and features of the past."""
    weather = flights.VIEWS[0].name
    client.on_demand.define("warmth", features={"celsius": "(temp - 32) / 1.8"}, uses={weather: ["temp"]})
    rows = [{"origin": "EWR", "event_timestamp": datetime(2013, 7, 1, hour, tzinfo=UTC)} for hour in range(10, 14)]
    client.features.historical(rows, [f"{weather}:temp", "warmth:celsius"])


def readers() -> list[dict[str, str]]:
    """Two more administrators: one reads English, one Arabic; nobody else's language is changed meanwhile."""
    import django

    django.setup()
    from foundation.access import Role
    from foundation.access.models import Membership
    from foundation.identity.models import User
    from foundation.tenancy import find_tenant, scope

    tenant, made = find_tenant("demo"), []
    for language in ("en", "ar"):
        person = {"role": f"reader-{language}", "email": f"reader-{language}@demo.local", "password": uuid4().hex}
        with scope(tenant.pk):
            user = User(email=person["email"], name=f"Reader {language}", language=language)
            user.set_password(person["password"])
            user.save(force_insert=True)
            Membership.objects.create(tenant=tenant, user=user, role=Role.ADMIN)
        made.append(person)
    return made


def newcomer(url: str) -> str:
    """What the operator does for an organisation that signs up: a tenant, its proven domain, and the one link."""
    from apps.tenants import services as tenants
    from foundation.clock import now

    words = {"slug": "quay", "name": "Quay Bank", "name_ar": "بنك الرصيف", "plan": "smb", "zones": None}
    _tenant, secret = tenants.open_tenant(operator=None, email="noor@quay.demo.local", now=now(), **words)
    prove_domain("quay", "quay.demo.local")
    return f"{url}/accounts/invitations/{secret}/"


def prove_domain(slug: str, name: str) -> None:
    """A domain of a tenant, by the operator's word: for whoever signs in by an identity provider."""
    from apps.tenants import services as tenants
    from foundation.clock import now
    from foundation.identity import Actor
    from foundation.tenancy import find_tenant, scope

    tenant = find_tenant(slug)
    with scope(tenant.pk):
        tenants.single_sign_on.claim_domain(actor=Actor.system(tenant), name=name, now=now())
    tenants.single_sign_on.prove_by_operator(tenant=tenant, name=name, now=now())


def neighbour(url: str) -> dict[str, str]:
    """Another tenant on the same portal, with a project and a dataset that nobody else may see."""
    import django

    django.setup()
    from apps.projects import services as projects
    from apps.tenants import services as tenants
    from apps.tenants.choices import EVERYTHING
    from foundation.access import Role
    from foundation.access.actors import actor_for_user
    from foundation.access.models import Membership
    from foundation.clock import now
    from foundation.identity import Actor
    from foundation.identity.models import User
    from foundation.tenancy import scope

    tenant, moment = tenants.create_tenant(slug="harbour", name="Harbour"), now()
    with scope(tenant.pk):
        user = User(email="neighbour@harbour.local", name="Neighbour")
        user.set_unusable_password()
        user.save(force_insert=True)
        Membership.objects.create(tenant=tenant, user=user, role=Role.SCIENTIST)
        actor: Actor = actor_for_user(user=user, tenant=tenant)
        project = projects.create_project(actor=actor, slug="ships", name="Ships", purpose="Nobody else's business")
        _row, token = tenants.create_token(
            actor=actor, name="test", scopes=[EVERYTHING], expires_at=moment.replace(year=moment.year + 1), now=moment
        )
    version = Client(url, token, project.slug).datasets.push(flights.files()["airports"], name="ships")
    return {"tenant": tenant.slug, "project": project.slug, "version": version["id"], "dataset": version["dataset"]}


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), int(sys.argv[2])))
