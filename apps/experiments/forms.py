"""The form of a new run: what the recipe takes as fields of their own, what the data allows as choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.experiments.choices import PARAMETERS, RECIPES, SplitKind
from apps.experiments.models import Run
from apps.experiments.services import offered_resource_classes
from apps.features.choices import ColumnRole
from runtime.recipes.catalogue import CATALOGUE, Parameter

SLICES = 3
_LTR = {"dir": "ltr", "spellcheck": "false"}
_TIME_HELP = _("For a split by time. In UTC, like 2013-07-01T00:00:00Z.")


class BasisForm(forms.Form):
    """What the other questions depend on: the rows to learn from, and the recipe."""

    recipe = forms.ChoiceField(label=_("Recipe"), choices=[(name, RECIPES[name][0]) for name in CATALOGUE])
    field_order = ("training_set", "recipe")

    def __init__(self, *args: Any, training_sets: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sets = [(str(training_set.pk), str(training_set)) for training_set in training_sets]
        self.fields["training_set"] = forms.ChoiceField(label=_("Training set"), choices=sets)
        self.order_fields(self.field_order)


class RunForm(forms.Form):
    """`asked()` gives the words of `services.start_run`; fields are named as its refusals name them."""

    experiment = forms.CharField(
        label=_("Experiment"),
        max_length=120,
        required=False,
        help_text=_("Runs of one experiment are compared with each other. Empty: named after the training set."),
    )
    purpose = forms.CharField(
        label=_("What you want to learn"), max_length=200, required=False, widget=forms.TextInput()
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=2**32 - 1,
        help_text=_("The same seed on the same data gives the same figures to the last digit."),
    )
    resource_class = forms.ChoiceField(
        label=_("Resources"),
        choices=offered_resource_classes,
        help_text=_("What the run may use of the machine."),
    )

    def __init__(
        self, *args: Any, training_set: Any, recipe: str, typed: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        """`typed` was written into the form of another training set or recipe, and stays where it still has a place."""
        super().__init__(*args, **kwargs)
        self.training_set, self.recipe = training_set, recipe
        self._add_split()
        self._add_slices()
        for parameter in CATALOGUE[recipe].parameters:
            self.fields[f"params.{parameter.name}"] = parameter_field(parameter)
        self._keep(typed or {})

    def _keep(self, typed: Mapping[str, str]) -> None:
        for name, value in typed.items():
            field = self.fields.get(name)
            if isinstance(field, forms.BooleanField):
                self.initial[name] = value == "on"
            elif field and (not isinstance(field, forms.ChoiceField) or field.valid_value(value)):
                self.initial[name] = value

    def _columns(self, *roles: ColumnRole) -> list[str]:
        wanted = {role.value for role in roles}
        return [column["name"] for column in self.training_set.columns if not wanted or column["role"] in wanted]

    def _add_split(self) -> None:
        kinds = [SplitKind.RANDOM]
        groups = self._columns(ColumnRole.GROUP, ColumnRole.KEY, ColumnRole.FEATURE)
        if groups:
            kinds.insert(0, SplitKind.GROUP)
        if self.training_set.event_time:
            kinds.insert(0, SplitKind.TIME)
        self.fields["split.kind"] = forms.ChoiceField(
            label=_("How rows are parted"),
            choices=[(kind.value, kind.label) for kind in kinds],
            widget=forms.RadioSelect,
            help_text=_(
                "By time where the future is to be predicted; by group where rows of one thing belong together."
            ),
        )
        self._add_split_details(kinds, groups)

    def _add_split_details(self, kinds: list[SplitKind], groups: list[str]) -> None:
        """What the ways of parting that are offered want to know."""
        if SplitKind.TIME in kinds:
            text = forms.TextInput(attrs=_LTR)
            self.fields["split.validation_start"] = forms.CharField(
                label=_("Validation rows from"), required=False, widget=text, help_text=_TIME_HELP
            )
            self.fields["split.test_start"] = forms.CharField(
                label=_("Test rows from"), required=False, widget=text, help_text=_TIME_HELP
            )
        if SplitKind.GROUP in kinds:
            self.fields["split.column"] = forms.ChoiceField(
                label=_("Group"),
                required=False,
                choices=[("", "–"), *((name, name) for name in groups)],
                help_text=_("For a split by group: rows of one group stay together."),
            )
        self.fields["split.test_fraction"] = forms.FloatField(
            label=_("Share of test rows"),
            required=False,
            min_value=0.05,
            max_value=0.5,
            help_text=_("For a split by group or by chance: 0.05 to 0.5."),
        )

    def _add_slices(self) -> None:
        columns = [name for name in self._columns() if not name.startswith("__")]
        choices = [("", "–"), *((name, name) for name in columns)]
        words = (("name", _("Name")), ("column", _("Column")), ("from", _("From")), ("to", _("Up to")))
        for number in range(SLICES):
            for key, label in words:
                field = (
                    forms.ChoiceField(label=label, choices=choices, required=False)
                    if key == "column"
                    else forms.CharField(label=label, required=False, max_length=60)
                )
                self.fields[f"slices.{number}.{key}"] = field

    @property
    def parameters(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("params.")]

    @property
    def split(self) -> list[Any]:
        return [self[name] for name in self.fields if name.startswith("split.")]

    @property
    def slices(self) -> list[list[Any]]:
        """The rows of the table of slices."""
        return [[self[f"slices.{n}.{key}"] for key in ("name", "column", "from", "to")] for n in range(SLICES)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number in range(SLICES):
            if cleaned.get(f"slices.{number}.column") and not cleaned.get(f"slices.{number}.name"):
                self.add_error(f"slices.{number}.name", _("Give the slice a name."))
        return cleaned

    def asked(self) -> dict[str, Any]:
        """The words for `services.start_run`, but for actor and project."""
        given = self.cleaned_data
        return {
            "training_set_id": self.training_set.pk,
            "recipe": self.recipe,
            "params": {name[7:]: value for name, value in given.items() if name.startswith("params.")},
            "seed": given["seed"],
            "split": self._asked_split(),
            "slices": [part for n in range(SLICES) if (part := self._asked_slice(n))],
            "experiment": given["experiment"],
            "purpose": given["purpose"],
            "resource_class": given["resource_class"],
        }

    def _asked_split(self) -> dict[str, Any]:
        given = {name[6:]: value for name, value in self.cleaned_data.items() if name.startswith("split.") and value}
        wanted = {
            SplitKind.TIME: ("kind", "validation_start", "test_start"),
            SplitKind.GROUP: ("kind", "column", "test_fraction"),
            SplitKind.RANDOM: ("kind", "test_fraction"),
        }[SplitKind(given["kind"])]
        return {name: given[name] for name in wanted if name in given}

    def _asked_slice(self, number: int) -> dict[str, str]:
        given = {key: self.cleaned_data[f"slices.{number}.{key}"] for key in ("name", "column", "from", "to")}
        return {key: value for key, value in given.items() if value} if given["column"] else {}


def parameter_field(parameter: Parameter) -> forms.Field:
    """A recipe's parameter with its range, its default and its help."""
    label, words = PARAMETERS[parameter.name]
    common: dict[str, Any] = {"label": label, "help_text": words, "initial": parameter.default}
    if parameter.type == "boolean":
        return forms.BooleanField(required=False, **common)
    if parameter.type == "choice":
        return forms.ChoiceField(choices=[(choice, choice) for choice in parameter.choices], **common)
    common["help_text"] = _("%(words)s %(least)s to %(most)s.") % {
        "words": words,
        "least": f"{parameter.minimum:g}",
        "most": f"{parameter.maximum:g}",
    }
    kind = forms.IntegerField if parameter.type == "integer" else forms.FloatField
    bounds = {name: getattr(parameter, f"{name[:3]}imum") for name in ("min_value", "max_value")}
    widget = forms.NumberInput(attrs={"step": 1 if parameter.type == "integer" else "any"})
    return kind(widget=widget, **bounds, **common)


def initial_of(training_set: Any, split: dict[str, Any], repeated: Run | None) -> dict[str, Any]:
    """What the form begins with: the proposal for the data, or the words of an earlier run."""
    chosen = repeated.split if repeated else split
    values = {f"split.{name}": value for name, value in {"test_fraction": 0.2, **chosen}.items()}
    values |= {
        "seed": repeated.seed if repeated else 0,
        "resource_class": repeated.resource_class if repeated else "small",
    }
    if repeated is None:
        return {**values, "experiment": training_set.name}
    values |= {f"params.{name}": value for name, value in repeated.params.items()}
    for number, part in enumerate(repeated.slices[:SLICES]):
        values |= {f"slices.{number}.{name}": value for name, value in part.items()}
    return {**values, "experiment": repeated.experiment.name, "purpose": repeated.purpose}
