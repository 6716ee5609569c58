"""A view is removed, and with its days in the bin its rows go, once nothing in use rests on it."""

import pytest

from apps.deployments.models import Revision
from apps.features import selectors, services
from apps.features.choices import BuildState
from apps.features.models import Feature
from apps.features.services.holding import Resting
from foundation import lake
from foundation.errors import AccessDenied, Conflict, Invalid, NotFound
from foundation.web.chain import ChainNode
from tests.apps.features.stage import end_of_bin
from tests.apps.features.test_registry import by, deployed, service

__all__ = ["by", "deployed", "service"]


def test_a_view_goes_only_once_nothing_in_use_rests_on_it(deployed, view, service, admin, scientist, run_jobs):
    def remove(actor=admin, confirmation="carrier_delay v1", **words):
        return services.ask_to_remove_view(actor=actor, view=view, confirmation=confirmation, **words)

    with pytest.raises(AccessDenied, match="Only an administrator"):
        remove(actor=scientist)
    with pytest.raises(Invalid, match="Type carrier_delay v1"):
        remove(confirmation="carrier_delay")
    with pytest.raises(Conflict, match="models that answer predictions: Late flights r1"):
        remove(break_chain=True)
    Revision.objects.update(state="stopped")
    with pytest.raises(Conflict, match="part of feature services: late_flights v1"):
        remove(break_chain=True)
    with pytest.raises(Conflict, match=r"was used for .*Deprecate it instead"):
        services.remove_service(actor=scientist, service=service)
    deployed.model_version.run.training_set.__class__.objects.update(service=None)
    services.remove_service(actor=scientist, service=service)
    with pytest.raises(NotFound):
        selectors.get_service(actor=scientist, service_id=service.pk)
    with pytest.raises(Invalid, match="Made from carrier_delay v1: flights v1"):
        remove()
    remove(break_chain=True)
    run_jobs()
    view.refresh_from_db()
    assert view.state == BuildState.BINNED
    assert end_of_bin() == 2, "the service of before as well"
    run_jobs()

    view.refresh_from_db()
    assert (view.state, view.lake_table, view.online_keys) == (BuildState.DESTROYED, "", None)
    assert selectors.destroyed_in_words(view).startswith("Removed on ")
    assert not Feature.objects.filter(view=view, current=True).exists()
    assert f"fv_{view.pk.hex}" not in lake.for_tenant(view.tenant_id).sizes()
    with pytest.raises(Conflict, match="Removed on"):
        services.read_online(actor=scientist, view_ids=[view.pk], entities=[{"carrier": "AA"}])


def test_an_open_decision_holds_it_and_is_named_to_whoever_sees_it_alone(queued_view):
    case = ChainNode(kind="approval_case", name="Promotion of late v1", state="open", url="/cases/1/")
    [named] = Resting(queued_view, [case], [case], []).sentences()
    [hidden] = Resting(queued_view, [case], [], []).sentences()
    rest = "is open and rests on this version. Have it decided or withdrawn first."
    assert (named, hidden) == (f"“Promotion of late v1” {rest}", f"A decision that you do not see {rest}")
    with pytest.raises(Conflict, match="you do not see"):
        Resting(queued_view, [case], [], []).check(confirmed=True)
