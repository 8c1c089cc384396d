"""What the insight routes show: the stored documents with their head."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from functions.insight.model import Analysis, Transcript, Usage

_EVIDENCE: dict[str, Any] = {
    "quote": "we could sign by Friday",
    "start_ms": 61_200,
    "end_ms": 62_900,
    "speaker": "S2",
    "confidence": 0.97,
}
_HEAD: dict[str, Any] = {
    "video_id": "vid_06b1qz3v1w7g2m5n8p0r4t6x9y",
    "run": 1,
    "created_at": "2026-11-22T21:59:17.123Z",
    "version": 1,
}


class _Head(BaseModel):
    video_id: str
    run: int
    created_at: str
    usage: Usage


class TranscriptView(_Head, Transcript):
    """A transcript of one run of a video."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "transcript",
                    **_HEAD,
                    "language": "en",
                    "duration_ms": 74_000,
                    "speakers": [{"id": "S1", "label": "Speaker 1"}],
                    "words": [
                        {
                            "i": 0,
                            "text": "Hello.",
                            "start_ms": 120,
                            "end_ms": 480,
                            "speaker": "S1",
                            "confidence": 0.98,
                        }
                    ],
                    "turns": [
                        {
                            "speaker": "S1",
                            "start_ms": 120,
                            "end_ms": 480,
                            "text": "Hello.",
                            "first_word": 0,
                            "last_word": 0,
                        }
                    ],
                    "source": {
                        "provider": "amazon-transcribe",
                        "model": "amazon-transcribe",
                        "word_times": "measured",
                        "diarised": True,
                    },
                    "usage": {"audio_seconds": 74.0, "calls": 1, "cost_usd": 0.0296},
                }
            ]
        }
    )

    object: Literal["transcript"] = "transcript"


class AnalysisView(_Head, Analysis):
    """An analysis of one run of a video."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "object": "analysis",
                    **_HEAD,
                    "summary": [{"text": "They agree on a trial.", "evidence": [_EVIDENCE]}],
                    "action_items": [
                        {
                            "text": "Sign the trial agreement",
                            "owner": "S2",
                            "due_on": "2026-11-27",
                            "due_text": "by Friday",
                            "evidence": [_EVIDENCE],
                        }
                    ],
                    "topics": [{"name": "trial", "evidence": [_EVIDENCE]}],
                    "objections": [],
                    "next_steps": [],
                    "sentiment": {"label": "positive", "evidence": [_EVIDENCE]},
                    "source": {
                        "provider": "bedrock",
                        "model": "us.amazon.nova-lite-v1:0",
                        "prompt_version": "analyse_call/1",
                        "parts": 1,
                        "covered_ms": 73_100,
                    },
                    "dropped": 1,
                    "truncated": 0,
                    "usage": {"input_tokens": 2_431, "output_tokens": 402, "calls": 1},
                }
            ]
        }
    )

    object: Literal["analysis"] = "analysis"
