# SPDX-License-Identifier: Apache-2.0
"""Measures a model over pictures: stage times, throughput, precision; kept in a run folder.

The commands validate, profile, report and compare are thin faces of this package. Libraries beyond
numpy are the extra `profile`; each is imported where it is first needed.
"""

from __future__ import annotations
