from django.urls import path

from apps.projects.views import archive, pages, people

app_name = "projects"
tenant_patterns = [
    path("projects/", pages.project_list, name="project_list"),
    path("projects/new/", pages.project_new, name="project_new"),
]
project_patterns = [
    path("settings/", pages.project_edit, name="project_edit"),
    path("settings/archive/", archive.project_archive, name="project_archive"),
    path("settings/archive/restore/", archive.project_restore, name="project_restore"),
    path("settings/archive/delete/", archive.project_delete, name="project_delete"),
    path("settings/archive/keep/", archive.project_keep, name="project_keep"),
    path("settings/people/", people.project_people, name="project_people"),
    path("settings/people/<uuid:role_id>/take-back/", people.role_take_back, name="role_take_back"),
]
