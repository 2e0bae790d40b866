"""Features: numbers per party that tell how its money moves, for comparing it with its peers."""

from pipelines.features.build import build_features
from pipelines.features.catalogue import FEATURES, Feature

__all__ = ["FEATURES", "Feature", "build_features"]
