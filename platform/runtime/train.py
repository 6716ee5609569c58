"""The trainer: asks the portal what to do, does it, and hands the model to MLflow. Start: python -m runtime.train"""

from __future__ import annotations

import sys
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path

from runtime.loading import at_rest

with at_rest():
    import pyarrow as pa
    import requests
    from threadpoolctl import threadpool_limits

    from runtime.config import TrainConfig
    from runtime.failures import WorkloadFailure, announce
    from runtime.training.flow import THREADS, train
    from runtime.training.spec import RunSpec, read_spec
    from runtime.training.tracking import Tracker

TIMEOUT_SECONDS = 60


def say(line: str) -> None:
    print(line, flush=True)


def _get(config: TrainConfig, what: str, *, stream: bool = False) -> requests.Response:
    url = f"{config.url}/api/v1/runs/{config.run_id}/{what}"
    headers = {"Authorization": f"Bearer {config.token}"}
    try:
        response = requests.get(url, headers=headers, timeout=TIMEOUT_SECONDS, stream=stream)
    except requests.RequestException as error:
        raise WorkloadFailure(f"The portal cannot be reached for the run's {what}: {type(error).__name__}.") from error
    if response.status_code != requests.codes.ok:
        raise WorkloadFailure(f"The portal answered {response.status_code} when asked for the run's {what}.")
    return response


def fetch_spec(config: TrainConfig) -> RunSpec:
    return read_spec(_get(config, "spec").json())


def fetch_table(config: TrainConfig) -> pa.Table:
    with _get(config, "data", stream=True) as response:
        response.raw.decode_content = True
        try:
            return pa.ipc.open_stream(response.raw).read_all()
        except (pa.ArrowInvalid, OSError) as error:
            raise WorkloadFailure("The training set broke off while it was being read; start the run again.") from error


def run(config: TrainConfig) -> None:
    say(f"Run {config.run_id}: asking for its specification.")
    spec = fetch_spec(config)
    table = fetch_table(config)
    say(f"Recipe {spec.recipe}, seed {spec.seed}; {table.num_rows} rows, {table.nbytes / 1e6:.1f} MB.")
    tracker = Tracker(config.mlflow_run_id)
    tracker.params({"recipe": spec.recipe, "seed": spec.seed, **spec.params})

    def on_step(number: int, figures: Mapping[str, float]) -> None:
        tracker.step(number, figures)
        say(f"Step {number}: " + ", ".join(f"{name} {value:.5f}" for name, value in figures.items()))

    with tempfile.TemporaryDirectory(prefix="sanad-model-") as folder, threadpool_limits(THREADS):
        _one_torch_thread(spec)
        directory = Path(folder) / "model"
        outcome = train(spec, table, directory, on_step, say)
        tracker.close()
        figures = outcome.flat_metrics()
        tracker.metrics(figures)
        say("Metrics: " + ", ".join(f"{name} {value:.5f}" for name, value in figures.items()))
        tracker.artifacts(directory, "model")
    say("The model is stored; the run is done.")


def _one_torch_thread(spec: RunSpec) -> None:
    if spec.recipe.startswith("torch"):
        import torch

        torch.set_num_threads(THREADS)


def _explain(error: BaseException) -> str:
    if isinstance(error, WorkloadFailure):
        return error.sentence
    if isinstance(error, MemoryError):
        return "The run needs more memory than its resource class gives; choose a larger class or fewer columns."
    return f"The trainer stopped on an unexpected {type(error).__name__}: {error}"


def main() -> int:
    try:
        run(TrainConfig.from_environment())
    except Exception as error:  # noqa: BLE001  the last door: every reason becomes the line that the portal reads
        if not isinstance(error, WorkloadFailure):
            traceback.print_exc(file=sys.stdout)
        announce(_explain(error))
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
