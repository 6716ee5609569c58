from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sanad.samples.story.stage import Stage, must
from sanad.transport import wait_for

if TYPE_CHECKING:
    from sanad.demo import Figures


def _signed(file: Path) -> int:
    """How many entries the checkpoints in a file cover."""
    lines = [line for line in file.read_text().splitlines() if line.startswith('{"checkpoint":')]
    return max((int(json.loads(line)["checkpoint"]["tree_size"]) for line in lines), default=0)


class Proof(Stage):
    """What can be shown to others: report, ledger, cost, who sees what, keys."""

    def report(self) -> Figures:
        folder = self.home / "demo"
        folder.mkdir(exist_ok=True)
        made = self.officer.reports.create(model_version=self.made["version"]["id"])
        pdf = self.officer.reports.download(made["id"], folder / "report.pdf")
        self.officer.reports.download(made["id"], folder / "report.html", form="html")
        checked = self.officer.ledger.verify()
        must(checked["ok"], f"the ledger is not whole: {checked}")
        return {
            "pdf_kb": pdf.stat().st_size // 1024,
            "ledger_entries": checked["entries"],
            **self._verify_outside(folder),
        }

    def house(self) -> Figures:
        """What a run would cost and what was used; who sees the model; a new key, and all opens still."""
        estimate = self.scientist.runs.estimate(training_set=self.made["set"]["id"], resource_class="medium")
        summary = wait_for(
            lambda: self.admin.usage.summary(by="project"),
            lambda found: bool(found["lines"]),
            failed=lambda _found: None,
            timeout_s=120,
            what="What was used",
        )
        seeing = self.officer.transport.get(f"access/model_version/{self.made['version']['id']}/")
        must(len(seeing) >= len({"scientist", "officer", "admin"}), f"the model is seen by {seeing} alone")
        before = max(key["number"] for key in self.admin.keys.get()["keys"])
        rotated = max(key["number"] for key in self.admin.keys.rotate()["keys"])
        must(rotated == before + 1, f"the key after {before} is {rotated}")
        # What was sealed before is read, and what is made from here on is sealed under the new key.
        self.officer.reports.create(model_version=self.made["version"]["id"])
        return {
            "estimated_aed": estimate["cost"],
            "month_aed": summary["total"],
            "seen_by": len(seeing),
            "key": rotated,
        }

    def _verify_outside(self, folder: Path) -> Figures:
        """The export, checked by the single-file verifier in a Python of its own."""
        ledger = self.officer.ledger
        export, key = ledger.export(folder / "ledger.jsonl"), ledger.public_key(folder / "key.pem")
        anchor = folder / "anchor.jsonl"
        # The portal signs what it exports; the anchor has it at once, or when the sequencer's own delivery is through.
        wait_for(
            lambda: {"anchored": _signed(ledger.anchor(anchor))},
            lambda found: found["anchored"] >= _signed(export),
            failed=lambda _found: None,
            timeout_s=30,
            what="The anchor",
        )
        verifier = Path(__file__).resolve().parents[3] / "sanad_verify.py"
        proof = ["--key", str(key), "--anchor", str(anchor), "--json"]
        command = [sys.executable, "-I", str(verifier), str(export), *proof]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        must(done.returncode == 0, f"sanad-verify says: {done.stdout} {done.stderr}")
        return {"verified_outside": json.loads(done.stdout).get("entries", True)}
