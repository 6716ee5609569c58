from django.urls import path

from apps.experiments.views import files, mlflow, pages

app_name = "experiments"
open_patterns = [
    path("mlflow/<slug:tenant>/<slug:project>/", mlflow.landing, name="tracked_landing"),
    path("mlflow/<slug:tenant>/<slug:project>/<path:path>", mlflow.relay, name="mlflow"),
]
project_patterns = [
    path("experiments/", pages.run_list, name="run_list"),
    path("experiments/new/", pages.run_new, name="run_new"),
    path("experiments/<uuid:run_id>/", pages.run_detail, name="run_detail"),
    path("experiments/<uuid:run_id>/cancel/", pages.run_cancel, name="run_cancel"),
    path("experiments/<uuid:run_id>/repeat/", pages.run_repeat, name="run_repeat"),
    path("experiments/<uuid:run_id>/charts/<slug:name>.json", files.run_chart, name="run_chart"),
    path("experiments/<uuid:run_id>/files/<path:path>", files.run_file, name="run_file"),
    path("experiments/tracked/", files.tracked_list, name="tracked_list"),
    path("experiments/tracked/<slug:mlflow_run_id>/", files.tracked_detail, name="tracked_detail"),
    path("experiments/tracked/<slug:mlflow_run_id>/curves.json", files.tracked_chart, name="tracked_chart"),
    path("experiments/tracked/<slug:mlflow_run_id>/files/<path:path>", files.tracked_file, name="tracked_file"),
]
