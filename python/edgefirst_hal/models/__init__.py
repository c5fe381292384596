# SPDX-License-Identifier: Apache-2.0
"""Trained models as files: what they are, how they run, how their outputs are decoded.

Inference libraries are imported when a model of their kind is opened, never by this package.
"""

from __future__ import annotations

from edgefirst_hal.models.error import ModelError, ModelNotFoundError
from edgefirst_hal.models.loader import ModelOptions, load_model
from edgefirst_hal.models.model import Detections, Model

__all__ = ["Detections", "Model", "ModelError", "ModelNotFoundError", "ModelOptions", "load_model"]
