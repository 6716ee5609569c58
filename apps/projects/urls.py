from django.urls import path

from apps.projects.views import pages

app_name = "projects"
tenant_patterns = [
    path("projects/", pages.project_list, name="project_list"),
    path("projects/new/", pages.project_new, name="project_new"),
]
project_patterns = [path("settings/", pages.project_edit, name="project_edit")]
