# SPDX-License-Identifier: Apache-2.0
"""Where frames come from: pictures of a folder, of a pattern or by name, and films.

    from edgefirst_hal.sources import open_source

    with open_source("film.mp4") as source:
        for frame in source:
            picture = frame.load()

A source is read lazily and once; a frame knows its index, its name and, where the source tells,
its time. Films need the extra `video` (PyAV).
"""

from edgefirst_hal.sources.error import SourceError
from edgefirst_hal.sources.opening import open_source
from edgefirst_hal.sources.source import Frame, Source

__all__ = ["Frame", "Source", "SourceError", "open_source"]
