"""The REST twin of the job component: what runs, how far it is, and a way to end it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from foundation import clock, jobs
from foundation.access import Permission
from foundation.jobs.models import Job
from foundation.jobs.waiting import waiting_because
from foundation.web.api import PortalViewSet


class JobSubjectSerializer(serializers.Serializer[Job]):
    kind = serializers.CharField(source="subject_kind")
    id = serializers.UUIDField(source="subject_id")


class JobSerializer(serializers.ModelSerializer[Job]):
    subject = serializers.SerializerMethodField()
    asked_by = serializers.CharField(source="actor_label")
    cancelled_by = serializers.CharField(source="cancel_requested_by", help_text="Who asked for its end; else empty.")
    waiting_because = serializers.SerializerMethodField(help_text="Why a queued job has not started, in one sentence.")
    seconds_elapsed = serializers.SerializerMethodField()
    seconds_left = serializers.SerializerMethodField(help_text="Estimated by proportion; null while nobody can say.")

    class Meta:
        model = Job
        fields = [
            "id",
            "name",
            "title",
            "queue",
            "project_id",
            "subject",
            "asked_by",
            "state",
            "attempt",
            "max_attempts",
            "step",
            "percent",
            "failure",
            "waiting_because",
            "created_at",
            "started_at",
            "finished_at",
            "cancel_requested_at",
            "cancelled_by",
            "seconds_elapsed",
            "seconds_left",
        ]

    @extend_schema_field(JobSubjectSerializer(allow_null=True))
    def get_subject(self, job: Job) -> dict[str, Any] | None:
        return {"kind": job.subject_kind, "id": str(job.subject_id)} if job.subject_id else None

    def get_waiting_because(self, job: Job) -> str:
        return waiting_because(job)

    def get_seconds_elapsed(self, job: Job) -> float | None:
        elapsed = job.elapsed(clock.now())
        return round(elapsed.total_seconds(), 1) if elapsed is not None else None

    def get_seconds_left(self, job: Job) -> float | None:
        left = job.time_left(clock.now())
        return round(left.total_seconds(), 1) if left is not None else None


class JobViewSet(PortalViewSet):
    """Work in the background. Whoever asked for a job may cancel it, and others with “job.cancel”."""

    serializer_class = JobSerializer
    permissions = {
        "list": Permission.JOB_VIEW,
        "retrieve": Permission.JOB_VIEW,
        "cancel": Permission.JOB_VIEW,
    }

    @extend_schema(
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, description="queued, running, succeeded, failed or cancelled"),
            OpenApiParameter("subject", OpenApiTypes.STR, description="kind:id, for example run: and the run's id"),
        ]
    )
    def list(self, request: Request) -> Response:
        rows = jobs.filtered_jobs(
            actor=self.actor,
            state=request.query_params.get("state", ""),
            subject=request.query_params.get("subject", ""),
        )
        return self.pages(rows, self.serializer_class)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, jobs.get_job(actor=self.actor, job_id=pk))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        return self.answer(self.serializer_class, jobs.cancel(actor=self.actor, job_id=pk))


router = SimpleRouter(use_regex_path=False)
router.register("jobs", JobViewSet, basename="job")
