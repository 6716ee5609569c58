"""A tenant that is deleted leaves nothing behind in MLflow: its workspaces go with runs and files."""

from uuid import uuid4

from apps.experiments.adapters.tracking import MlflowServer, forget_workspace


def test_a_workspace_goes_with_its_experiments(mlflow_server, db):
    gone, stays = (MlflowServer(f"p-{uuid4().hex}") for _ in range(2))
    for server in (gone, stays):
        experiment = server.ensure_experiment("tracked")
        server.create_run(experiment, name="first", tags={})
    assert len(gone.search_runs()[0]) == 1

    for _again in range(2):
        forget_workspace(gone.workspace)
    from apps.experiments.adapters import tracking

    tracking.ensure_workspace.cache_clear()
    assert gone.search_runs() == ([], "")
    assert len(stays.search_runs()[0]) == 1
