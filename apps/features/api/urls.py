from rest_framework.routers import SimpleRouter

from apps.features.api import definitions, features, on_demand, retrievals, services, training_sets, views, windows

router = SimpleRouter(use_regex_path=False)
router.register("entities", views.EntityViewSet, basename="entity")
router.register("features", features.FeatureViewSet, basename="feature")
router.register("feature-views", views.FeatureViewViewSet, basename="feature-view")
router.register("feature-services", services.FeatureServiceViewSet, basename="feature-service")
router.register("feature-definitions", definitions.FeatureDefinitionViewSet, basename="feature-definition")
router.register("on-demand-views", on_demand.OnDemandViewViewSet, basename="on-demand-view")
router.register("feature-windows", windows.WindowsViewSet, basename="feature-windows")
router.register("training-sets", training_sets.TrainingSetViewSet, basename="training-set")
router.register("historical-features", retrievals.HistoricalFeatureViewSet, basename="historical-feature")
api_patterns = router.urls
