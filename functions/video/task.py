"""What the state machine hands to each step: one run of one video of one workspace."""

from pydantic import BaseModel, ConfigDict

from functions.video import keys


class Task(BaseModel):
    """A step's input. Steps that are given more extend it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    workspace: str
    video: str
    run: int
    source: int = keys.FIRST  # number of the file that the run reads

    resumes: int | None = None  # number of the run with whose work this one goes on

    @property
    def folder(self) -> int:
        """The number under which the run's renditions and chunks lie."""
        return self.resumes or self.run

    @property
    def prefix(self) -> str:
        """The prefix of the run's renditions, in the media bucket."""
        return keys.run_prefix(self.workspace, self.video, self.folder)

    @property
    def source_key(self) -> str:
        """The key of the file that the run reads, in the uploads bucket."""
        return keys.source(self.workspace, self.video, self.source)

    @property
    def request_id(self) -> str:
        """What stands for a request's id in the events of this run."""
        return f"{self.video}-{self.run}"
