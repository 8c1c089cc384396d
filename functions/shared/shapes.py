"""What bodies and their parts are made of."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A model whose validator is built when it is first used, not when its module is imported: a
    function knows a hundred models, and a cold start needs a few of them."""

    model_config = ConfigDict(defer_build=True)
