from __future__ import annotations

from typing import TYPE_CHECKING

from sanad.errors import Failed, SanadError
from sanad.samples import flights
from sanad.samples.story.stage import Stage, must

if TYPE_CHECKING:
    from sanad.demo import Figures


class Models(Stage):
    """A run, the same run once more, and the model that somebody else lets into production."""

    def run(self) -> Figures:
        run = self.kept.run(self.made["set"]["id"], purpose=flights.GOAL) or self.scientist.runs.submit(
            training_set=self.made["set"]["id"],
            recipe="hist_gradient_boosting",
            split={
                "kind": "time",
                "column": flights.EVENT_TIME,
                "validation_start": "2013-06-01T00:00:00Z",
                "test_start": "2013-07-01T00:00:00Z",
            },
            slices=[
                {
                    "name": "jul_aug",
                    "column": flights.EVENT_TIME,
                    "from": "2013-07-01T00:00:00Z",
                    "to": "2013-09-01T00:00:00Z",
                }
            ],
            experiment="late flights",
            purpose=flights.GOAL,
            resource_class="medium",
        )
        self.made["run"] = self.scientist.runs.wait(run["id"], timeout_s=1200)
        figure = self.made["run"]["metrics"]["slices"]["jul_aug"]["roc_auc"]
        self.figures["roc_auc_jul_aug"] = round(figure, 4)
        must(figure >= flights.WANTED or not self.whole, f"ROC AUC on July and August is only {figure:.4f}")
        return {"roc_auc_jul_aug": round(figure, 4), "attempt": self.made["run"]["attempt"]}

    def repeat(self) -> Figures:
        again = self.scientist.runs.wait(self.scientist.runs.repeat(self.made["run"]["id"])["id"], timeout_s=1200)
        must(again["reproduced"] is True, "the repeated run gave other figures")
        return {"reproduced": True}

    def register(self) -> Figures:
        models, run = self.scientist.models, self.made["run"]["id"]
        kept = self.kept.version(run)
        version = models.wait(kept["id"]) if kept else models.register(run=run, name=flights.MODEL)
        self.made["version"] = version
        failed = [gate["gate"] for gate in version["gates"] if gate["state"] == "failed"]
        must(not failed, f"the gates {failed} failed")
        pinned = version["feature_service"]
        must(pinned and pinned["id"] == self.made["service"]["id"], f"the version pins {pinned}, not its features")
        return {
            "features": f"{pinned['name']} v{pinned['number']}",
            "onnx": version["onnx_state"],
            "gates": len(version["gates"]),
            "digest": version["artifact_digest"][:12],
        }

    def approve(self) -> Figures:
        version = self.made["version"]["id"]
        if self.made["version"]["stage"] == "production":
            return {"approved_before": True}
        case = self.kept.case(version) or self.scientist.models.promote(version)["approval"]
        try:
            self.scientist.approvals.decide(case, "granted", reason="I asked for it myself")
        except SanadError as refusal:
            refused = str(refusal)
        else:
            raise Failed("The requester could decide the own case.")
        self.officer.approvals.decide(case, "granted", reason="Gates passed; figures and purpose read.")
        self.scientist.models.wait_for_stage(version, "production")
        return {"requester_refused": bool(refused)}
