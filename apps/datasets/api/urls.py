from rest_framework.routers import SimpleRouter

from apps.datasets.api import contracts, erasures, holding, ingestions, tokens, transformations, validation, views

router = SimpleRouter(use_regex_path=False)
router.register("uploads", views.UploadViewSet, basename="upload")
router.register("datasets", views.DatasetViewSet, basename="dataset")
router.register("dataset-versions", views.DatasetVersionViewSet, basename="dataset-version")
router.register("transformations", transformations.TransformationViewSet, basename="transformation")
router.register("suites", validation.SuiteViewSet, basename="suite")
router.register("quarantines", validation.QuarantineViewSet, basename="quarantine")
router.register("contracts", contracts.ContractViewSet, basename="contract")
router.register("ingestions", ingestions.IngestionViewSet, basename="ingestion")
router.register("erasures", erasures.ErasureViewSet, basename="erasure")
router.register("legal-holds", holding.LegalHoldViewSet, basename="legal-hold")
router.register("column-tokens", tokens.ColumnTokenViewSet, basename="column-token")
api_patterns = router.urls
