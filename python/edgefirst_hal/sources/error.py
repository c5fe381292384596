# SPDX-License-Identifier: Apache-2.0
"""What a source raises."""

from __future__ import annotations


class SourceError(Exception):
    """What cannot be read; the text is one line that says what is wrong and what to do."""
