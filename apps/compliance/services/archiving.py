"""What compliance gives to a tenant's archive: the ledger, with all that verifies it without the portal."""

from __future__ import annotations

from collections.abc import Iterator

from apps.compliance.services.handing_out import verifier
from apps.tenants import services as tenants
from foundation import ledger
from foundation.identity import Actor


def ledger_part(actor: Actor) -> Iterator[tenants.File]:
    yield "ledger/ledger.jsonl", ledger.export_ledger(actor.tenant)
    yield "ledger/anchor.jsonl", ledger.anchor_lines(actor.tenant)
    yield "ledger/key.pem", [ledger.public_keys()]
    yield "ledger/sanad_verify.py", [verifier()]
