from rest_framework.routers import SimpleRouter

from apps.datasets.api import erasures, ingestions, views

router = SimpleRouter(use_regex_path=False)
router.register("uploads", views.UploadViewSet, basename="upload")
router.register("datasets", views.DatasetViewSet, basename="dataset")
router.register("dataset-versions", views.DatasetVersionViewSet, basename="dataset-version")
router.register("ingestions", ingestions.IngestionViewSet, basename="ingestion")
router.register("erasures", erasures.ErasureViewSet, basename="erasure")
api_patterns = router.urls
