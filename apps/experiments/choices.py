from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class RunState(TextChoices):
    QUEUED = "queued", _("Queued")
    STARTING = "starting", _("Starting")
    RUNNING = "running", _("Running")
    SUCCEEDED = "succeeded", _("Succeeded")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


# A run whose worker died goes back to starting with the next attempt.
NEXT: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.STARTING, RunState.FAILED, RunState.CANCELLED}),
    RunState.STARTING: frozenset({RunState.STARTING, RunState.RUNNING, RunState.FAILED, RunState.CANCELLED}),
    RunState.RUNNING: frozenset({RunState.STARTING, RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED}),
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
}
ACTIVE = frozenset({RunState.QUEUED, RunState.STARTING, RunState.RUNNING})


class SplitKind(TextChoices):
    TIME = "time", _("By time")
    GROUP = "group", _("By group")
    RANDOM = "random", _("By chance")


# Words for the figures of a model; which one decides, and which way each is better, says `runtime.figures`.
METRICS: dict[str, object] = {
    "roc_auc": _("ROC AUC"),
    "log_loss": _("Log loss"),
    "average_precision": _("Average precision"),
    "rmse": _("RMSE"),
    "mae": _("MAE"),
    "r2": _("R²"),
    "f1": _("F1"),
    "f1_macro": _("F1, mean of classes"),
    "balanced_accuracy": _("Balanced accuracy"),
    "accuracy": _("Accuracy"),
    "brier": _("Brier score"),
}
RECIPES: dict[str, tuple[object, object]] = {
    "hist_gradient_boosting": (
        _("Gradient boosting"),
        _("Many small decision trees, each mending the errors of those before; the first choice for tables."),
    ),
    "torch_mlp": (
        _("Neural network"),
        _("A small feed-forward network with embeddings for categories; worth a try where relations are smooth."),
    ),
}
# Label and help of every parameter of every recipe; one name means one thing in all of them but for the learning rate.
PARAMETERS: dict[str, tuple[object, object]] = {
    "learning_rate": (_("Learning rate"), _("How large a step each tree or each round of learning takes.")),
    "max_iter": (_("Trees at most"), _("How many trees to grow at most.")),
    "max_leaf_nodes": (_("Leaves a tree"), _("How many leaves a tree may have.")),
    "min_samples_leaf": (_("Rows a leaf"), _("How many rows a leaf needs; lowered for small tables.")),
    "l2_regularization": (_("L2 regularisation"), _("How strongly leaf values are drawn to zero.")),
    "max_features": (_("Share of columns"), _("Share of the columns that each split may look at.")),
    "early_stopping": (_("Stop early"), _("Stop when the validation loss no longer falls.")),
    "n_iter_no_change": (_("Patience in trees"), _("How many trees to wait for a lower validation loss.")),
    "refit": (_("Fit once more"), _("On training and validation rows together, with the trees found best.")),
    "hidden_layers": (_("Hidden layers"), _("How many hidden layers the network has.")),
    "hidden_units": (_("Units a layer"), _("How many units each hidden layer has.")),
    "dropout": (_("Dropout"), _("Share of units left out at random while learning.")),
    "weight_decay": (_("Weight decay"), _("How strongly weights are drawn to zero.")),
    "batch_size": (_("Rows a step"), _("How many rows are learned from at once.")),
    "max_epochs": (_("Rounds at most"), _("How often the training rows are gone through at most.")),
    "patience": (_("Patience in rounds"), _("How many rounds to wait for a lower validation loss.")),
    "categories": (_("Categories"), _("How categories enter; one_hot holds for up to 64 values, then embedding.")),
}


def metric_label(name: str) -> object:
    return METRICS.get(name, name)


def recipe_label(name: str) -> object:
    return RECIPES[name][0] if name in RECIPES else name
