"""The switch of a fresh database to queue storage."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from awa_infra.spec.base import Inputs
from awa_infra.spec.connection import Acting, Connected, Placed, Waiting
from awa_infra.spec.values import FIXED, ActiveSchema


class Active(Inputs):
    """Where queue storage is active."""

    schema_name: Annotated[ActiveSchema, FIXED] = Field(
        alias="schema", description="Where new jobs go from then on: awa, or a custom queue-storage schema."
    )


class ActivationInputs(Waiting, Acting, Active, Connected):
    """Inputs of ``StorageActivation``."""


class ActivationOutputs(Placed):
    """Outputs of ``StorageActivation``."""

    storage_state: str = Field(description="Awa's storage-transition state.")
    active_schema: str = Field(description="The queue-storage schema that new jobs go to.")
