"""How the offline model server is started, and how to tell that it is ready."""

from pathlib import Path

from infra.local.ports import get_status

# The media stack's parameters that point it at this server; the names are the server's own.
PARAMETERS = {
    "SpeechProvider": "openai",
    "SpeechModel": "reelate-whisper-base",
    "LanguageProvider": "openai",
    "LanguageModel": "reelate-extractive-1",
    "EmbeddingModel": "reelate-minilm-l6-v2",
}


def command(python: Path, port: int, cache: Path) -> list[str]:
    """Return the command line of the model server."""
    return [str(python), "-m", "infra.local.models", "--port", str(port), "--cache", str(cache)]


def fetch_command(python: Path, cache: Path) -> list[str]:
    """Return the command line that puts the model weights into `cache`."""
    return [str(python), "-m", "infra.local.models.fetch", "--cache", str(cache)]


def is_ready(port: int) -> bool:
    """Say whether the model server answers its health check."""
    try:
        return get_status(port, "/healthz") == 200
    except OSError:
        return False
