"""A replica that was started under a secret that no longer counts takes nobody's token: the caller hears why, and what
mends it, and never the replica's own 401, which would read as if their key were at fault."""

from __future__ import annotations

from tests.gateway.stage import Stage

FORMER = "the-secret-of-before"


def revisions(stage: Stage) -> dict[str, dict[str, int]]:
    """Statistics by the revision's id."""
    (deployment,) = stage.stats()["deployments"].values()
    found: dict[str, dict[str, int]] = deployment["revisions"]
    return found


def test_the_caller_is_told_to_have_it_restarted(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one", secret=FORMER)])
    stage.start_gateway()
    key = stage.key()
    answer = stage.infer(key)
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    assert "Revision 1 was started under a service secret that no longer counts; restart it." in answer.json()["error"]
    problem = stage.infer(key, path="/inference/acme/churn/invocations")
    assert problem.json()["type"].endswith("/docs/problems/replica-estranged")
    assert "does not take our token" in stage.log(), "whoever operates it finds it in the gateway's log"
    (counted,) = revisions(stage).values()
    assert (counted["requests"], counted["errors"]) == (2, 2)


def test_a_revision_that_knows_the_gateway_stands_in(stage: Stage) -> None:
    estranged = stage.start_replica("old", 1, 99, secret=FORMER)
    stage.route(revisions=[estranged, stage.start_replica("new", 2, 1, secret=stage.secret)])
    stage.start_gateway()
    key = stage.key()
    answers = [stage.infer(key) for _ in range(5)]
    assert {(answer.status, answer.json()["by"]) for answer in answers} == {(200, "new")}


def test_while_both_secrets_count_it_is_heard(stage: Stage) -> None:
    """As the operator changes it: the new one before the old one, until every deployment was started again."""
    stage.route(revisions=[stage.start_replica("one", secret=FORMER)])
    stage.publish(secret=f"{stage.secret} {FORMER}")
    stage.start_gateway(SANAD_GATEWAY_SECRET=f"{stage.secret} {FORMER}")
    assert stage.infer(stage.key()).json()["by"] == "one"


def test_a_refusal_of_the_models_own_is_passed_on(stage: Stage) -> None:
    stage.route(revisions=[stage.start_replica("one", secret=stage.secret)])
    stage.start_gateway()
    answer = stage.infer(stage.key(), {"wish": "stranger"})
    assert (answer.status, answer.json()) == (401, {"error": "The model knows nobody of this name."})
