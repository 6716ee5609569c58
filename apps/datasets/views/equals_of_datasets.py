"""What the pages of datasets, versions and quarantines do, as curl, Python and command line."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from foundation.web.equals import Act

_REGION = {"kind": "in_set", "columns": ["region"], "parameters": {"values": ["north", "south"]}, "severity": "block"}
_SUITE = Act(
    _("Say what is expected"),
    "POST",
    "suites/",
    'client.suites.save({dataset.pk}, [{{"kind": "not_null", "columns": ["id"], "severity": "block"}}])',
    "suite save {dataset.pk} expectations.json",
    {"dataset": "{dataset.pk}", "expectations": [_REGION]},
)
_CONTRACT = Act(
    _("Publish the contract"),
    "POST",
    "contracts/",
    "client.contracts.publish({dataset.pk})",
    "contract publish {dataset.pk}",
    {"dataset": "{dataset.pk}"},
)
_RETENTION = Act(
    _("Keep the newest versions"),
    "PUT",
    "datasets/{dataset.pk}/retention/",
    "client.datasets.set_retention({dataset.pk}, keep_newest=10)",
    "dataset retention {dataset.pk} --keep-newest 10",
    {"keep_newest": 10},
)
_LOOK = Act(
    _("See which versions would go"),
    "POST",
    "datasets/{dataset.pk}/retention/preview/",
    "client.datasets.set_retention({dataset.pk}, keep_newest=10, preview=True)",
    "dataset retention {dataset.pk} --keep-newest 10 --preview",
    {"keep_newest": 10},
)
_HOLD = Act(
    _("Place a legal hold"),
    "POST",
    "legal-holds/",
    'client.datasets.hold({version.pk}, reason="Case 12")',
    "dataset hold {version.pk} --reason 'Case 12'",
    {"version": "{version.pk}", "reason": "Case 12"},
)
_FRESH = Act(
    _("Promise a version a day"),
    "PATCH",
    "datasets/{dataset.pk}/",
    "client.datasets.edit({dataset.pk}, freshness_s=86_400)",
    "dataset edit {dataset.pk} --fresh-within 24",
    {"freshness_s": 86_400},
)
_CARD = Act(
    _("Read its card"),
    "GET",
    "datasets/{dataset.pk}/card/",
    "client.datasets.card({dataset.pk})",
    "dataset card {dataset.pk}",
)

EQUALS = {
    "datasets:dataset_list": (
        Act(
            _("Make a dataset"),
            "POST",
            "datasets/",
            'client.datasets.push("orders.csv", name="orders")',
            "--project {project.slug} dataset push orders.csv --name orders",
            {"project": "{project.slug}", "name": "orders"},
        ),
    ),
    "datasets:dataset_detail": (
        Act(
            _("Add a version"),
            "POST",
            "datasets/{dataset.pk}/versions/",
            'client.datasets.push("rows.csv", name={dataset.name})',
            "--project {project.slug} dataset push rows.csv --name {dataset.name}",
            {"upload": "…"},
        ),
        _CARD,
        _FRESH,
        _SUITE,
    ),
    "datasets:dataset_edit": (_FRESH,),
    "datasets:suite_edit": (_SUITE,),
    "datasets:suite_history": (_SUITE,),
    "datasets:contract_detail": (_CONTRACT,),
    "datasets:dataset_retention": (_LOOK, _RETENTION),
    "datasets:version_detail": (
        Act(
            _("Commit version"),
            "POST",
            "dataset-versions/{version.pk}/commit/",
            "client.datasets.commit({version.pk})",
            "dataset commit {version.pk}",
        ),
        Act(
            _("See the rows that fail"),
            "GET",
            "dataset-versions/{version.pk}/validation/",
            "client.suites.rows({version.pk})",
            "suite rows {version.pk}",
        ),
        Act(
            _("Tag it"),
            "POST",
            "dataset-versions/{version.pk}/tag/",
            'client.datasets.tag({version.pk}, "production")',
            "dataset tag {version.pk} production",
            {"tag": "production"},
        ),
        Act(
            _("Roll back to it"),
            "POST",
            "dataset-versions/{version.pk}/roll-back/",
            "client.datasets.roll_back({version.pk})",
            "dataset roll-back {version.pk}",
        ),
    ),
    "datasets:version_hold": (_HOLD,),
    "datasets:quarantine_detail": (
        Act(
            _("See the rows"),
            "GET",
            "quarantines/{quarantine.pk}/rows/",
            "client.quarantines.rows({quarantine.pk})",
            "quarantine rows {quarantine.pk}",
        ),
        Act(
            _("Set a value"),
            "POST",
            "quarantines/{quarantine.pk}/mend/",
            'client.quarantines.mend({quarantine.pk}, "region", "north", numbers=[1, 2])',
            "quarantine fix region north --of {quarantine.pk} --row 1 --row 2",
            {"column": "region", "value": "north", "numbers": [1, 2]},
        ),
        Act(
            _("Replay into the next version"),
            "POST",
            "quarantines/{quarantine.pk}/replay/",
            "client.quarantines.replay({quarantine.pk}, everything=True)",
            "quarantine replay --of {quarantine.pk} --all",
            {"everything": True},
        ),
    ),
    "datasets:transformation_list": (
        Act(
            _("Set up a transformation"),
            "POST",
            "transformations/",
            'client.transformations.create("totals", output="totals", sql="SELECT city, count(*) AS n FROM orders GROUP'
            ' BY city")',
            "--project {project.slug} transform create totals totals.sql --output totals",
            {"project": "{project.slug}", "name": "totals", "output": "…", "sql": "SELECT …", "inputs": {}},
        ),
    ),
    "datasets:transformation_detail": (
        Act(
            _("Make it now"),
            "POST",
            "transformations/{transformation.pk}/run/",
            "client.transformations.run({transformation.pk})",
            "transform run {transformation.pk}",
            {"below": False},
        ),
        Act(
            _("Pause"),
            "POST",
            "transformations/{transformation.pk}/pause/",
            "client.transformations.pause({transformation.pk})",
            "transform pause {transformation.pk}",
        ),
    ),
}
