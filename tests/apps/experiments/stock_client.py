"""What a user's own script does with MLflow, whole; prints what it got back as one line of JSON."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path


def everything():
    import mlflow
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    client = mlflow.MlflowClient()
    mlflow.set_experiment("by hand")
    x, y = load_iris(return_X_y=True)
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        mlflow.log_param("depth", 3)
        for step, loss in enumerate((1.0, 0.5, 0.25)):
            mlflow.log_metric("loss", loss, step=step)
        mlflow.log_metrics({"auc": 0.9, "f1": 0.8})
        mlflow.set_tag("who", "me")
        words, nothing = Path(folder, "words of ours.txt"), Path(folder, "nothing.txt")
        words.write_text("words\n")
        nothing.write_text("")
        mlflow.log_artifact(str(words), "notes")
        mlflow.log_artifact(str(nothing), "notes")
        mlflow.sklearn.log_model(LogisticRegression(max_iter=200).fit(x, y), name="flower", input_example=x[:2])
        version = mlflow.register_model(f"runs:/{run.info.run_id}/flower", "iris")
    client.set_registered_model_alias("iris", "champion", version.version)
    model = mlflow.pyfunc.load_model("models:/iris@champion")
    data = client.get_run(run.info.run_id).data
    found = mlflow.search_runs(experiment_names=["by hand"], filter_string="metrics.auc > 0.5")
    notes = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="notes")
    with mlflow.start_run(experiment_id="0") as other:
        default = client.get_experiment(other.info.experiment_id).name
    return {
        "metrics": data.metrics,
        "params": data.params,
        "artifact": Path(notes, "words of ours.txt").read_text(),
        "empty": Path(notes, "nothing.txt").read_text(),
        "predicted": len(model.predict(x[:3])),
        "searched": len(found),
        "history": [m.value for m in client.get_metric_history(run.info.run_id, "loss")],
        "run_id": run.info.run_id,
        "experiment_id": run.info.experiment_id,
        "default_experiment": default,
    }


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]]()))
