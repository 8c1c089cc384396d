"""Docs: the API's description and the page that shows it."""

from aws_cdk import Duration
from constructs import Construct

from functions.docs.settings import ServeSettings
from infra.function import House, HouseFunction


class Docs(Construct):
    """functions/docs: reads files of its own zip and layer, and nothing of anybody's."""

    def __init__(self, scope: Construct, house: House) -> None:
        super().__init__(scope, "Docs")
        self.serve = HouseFunction(
            self,
            house,
            "docs",
            "serve",
            settings=ServeSettings,
            layers=["docs"],
            memory=512,
            timeout=Duration.seconds(10),
        )
