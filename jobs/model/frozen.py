from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: checked when it is made, never changed afterwards, equal when its parts are equal."""

    model_config = ConfigDict(frozen=True, extra="forbid")
