from django.urls import path

from apps.experiments.views import mlflow

app_name = "experiments"
open_patterns = [
    path("mlflow/<slug:tenant>/<slug:project>/", mlflow.landing, name="tracked_landing"),
    path("mlflow/<slug:tenant>/<slug:project>/<path:path>", mlflow.relay, name="mlflow"),
]
