"""What tests declare where size does not matter."""

from __future__ import annotations

from awa_infra.model import QueueStorage, Shape

ACME = QueueStorage("acme_jobs", Shape(6, 3, 2))
"""A third of the relations of the default shape, so a third of the time; each count is another one."""

EARLY = 22
"""The last version before queue storage: all up to it takes a twentieth of what a whole installation takes."""
