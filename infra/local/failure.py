"""What goes wrong on a laptop, said in one sentence with a way out."""


class CloudError(Exception):
    """The embedded cloud cannot do what was asked; `way_out` is what the person can do about it."""

    exit_code = 2

    def __init__(self, sentence: str, way_out: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.way_out = way_out

    def __str__(self) -> str:
        return f"{self.sentence} {self.way_out}".strip()
