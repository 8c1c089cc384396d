"""Amazon Transcribe as a SpeechRecogniser: one batch job per run, asked until it is done.

The job writes into our own media bucket: an account that opted out of AI data use gets no
transcript from Transcribe's own bucket. The job's name follows from the run, so a repeated call
finds the job instead of starting (and paying for) another.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.insight.keys import recogniser_key
from functions.insight.model import Reason, TranscriptSource, Usage
from functions.insight.ports import (
    Audio,
    DocumentStore,
    Failed,
    Pending,
    ProviderError,
    Recognised,
    Recognition,
    SpeechJob,
)
from functions.insight.prices import speech_cost
from functions.insight.turns import HeardWord, transcript

PROVIDER = "amazon-transcribe"
MAX_OUTPUT_BYTES = 256 * 1024 * 1024
POLL_SECONDS = 15
BUSY_SECONDS = 60
_FORMATS = frozenset(("mp3", "mp4", "wav", "flac", "ogg", "amr", "webm", "m4a"))
_BUSY = frozenset(("LimitExceededException", "ThrottlingException", "TooManyRequestsException"))


class AmazonTranscribe:
    """Batch transcription with speaker labels and language identification.

    `languages` narrows the identification; exactly one fixes the language.
    """

    def __init__(
        self,
        client: Any,
        documents: DocumentStore,
        *,
        stage: str,
        output_bucket: str,
        languages: Sequence[str] = (),
        max_speakers: int = 10,
    ) -> None:
        self._client = client
        self._documents = documents
        self._stage = stage
        self._output_bucket = output_bucket
        self._languages = tuple(languages)
        self._max_speakers = max_speakers

    @property
    def identity(self) -> str:
        """Provider and options."""
        return f"{PROVIDER}/{','.join(self._languages)}/{self._max_speakers}"

    def recognise(self, job: SpeechJob, audio: Audio) -> Recognition:
        """Start the run's job, or fetch what became of it; raises ProviderError."""
        try:
            found = self._find(job)
            if found is None:
                return self._start(job, audio)
        except ClientError as error:
            if error.response["Error"]["Code"] in _BUSY:
                return Pending(BUSY_SECONDS)  # too many jobs at once: a queue, not a fault
            raise _fault(error) from error
        except BotoCoreError as error:
            raise ProviderError("unavailable", "no answer", provider=PROVIDER) from error
        match found["TranscriptionJobStatus"]:
            case "COMPLETED":
                return self._finished(job, audio)
            case "FAILED":
                why = str(found.get("FailureReason", ""))[:300]
                return Failed(
                    Reason(
                        code="transcription_failed",
                        detail=f"The speech service could not transcribe the recording. {why}",
                        step="transcribe",
                    )
                )
            case _:
                return Pending(POLL_SECONDS)

    def _name(self, job: SpeechJob) -> str:
        return f"reelate-{self._stage}-{job.workspace}-{job.video}-{job.run}"

    def _find(self, job: SpeechJob) -> Mapping[str, Any] | None:
        try:
            reply = self._client.get_transcription_job(TranscriptionJobName=self._name(job))
        except ClientError as error:
            # Transcribe says BadRequestException "The requested job couldn't be found."
            code = error.response["Error"]["Code"]
            message = error.response["Error"].get("Message", "")
            if code == "NotFoundException" or (
                code == "BadRequestException" and "found" in message
            ):
                return None
            raise
        job_found: Mapping[str, Any] = reply["TranscriptionJob"]
        return job_found

    def _start(self, job: SpeechJob, audio: Audio) -> Pending:
        extension = audio.key.rpartition(".")[2]
        arguments: dict[str, Any] = {
            "TranscriptionJobName": self._name(job),
            "Media": {"MediaFileUri": f"s3://{audio.bucket}/{audio.key}"},
            "OutputBucketName": self._output_bucket,
            "OutputKey": recogniser_key(job.workspace, job.video, job.run),
            "Settings": {"ShowSpeakerLabels": True, "MaxSpeakerLabels": self._max_speakers},
        }
        if extension in _FORMATS:
            arguments["MediaFormat"] = extension
        if len(self._languages) == 1:
            arguments["LanguageCode"] = self._languages[0]
        else:
            arguments["IdentifyLanguage"] = True
            if self._languages:
                arguments["LanguageOptions"] = list(self._languages)
        try:
            self._client.start_transcription_job(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConflictException":
                raise  # a conflict means a twin of this call started the job just now
        return Pending(POLL_SECONDS)

    def _finished(self, job: SpeechJob, audio: Audio) -> Recognised:
        raw = self._documents.read(
            recogniser_key(job.workspace, job.video, job.run), limit=MAX_OUTPUT_BYTES
        )
        if raw is None:
            raise ProviderError("unavailable", "the output is not there yet", provider=PROVIDER)
        words, language = heard(raw)
        source = TranscriptSource(provider=PROVIDER, model=PROVIDER)
        result = transcript(words, language=language, duration_ms=audio.duration_ms, source=source)
        seconds = result.duration_ms / 1000
        usage = Usage(
            provider=PROVIDER,
            model=PROVIDER,
            audio_seconds=seconds,
            calls=1,
            cost_usd=speech_cost(PROVIDER, seconds),
        )
        return Recognised(result, usage)


def heard(raw: bytes) -> tuple[list[HeardWord], str]:
    """Words and language code of Transcribe's output file; raises ProviderError `malformed`."""
    try:
        results = json.loads(raw)["results"]
        speakers = {
            item["start_time"]: item["speaker_label"]
            for segment in results.get("speaker_labels", {}).get("segments", ())
            for item in segment["items"]
        }
        words: list[HeardWord] = []
        for item in results["items"]:
            best = item["alternatives"][0]
            if item["type"] == "punctuation":
                if words:
                    words[-1] = _with_mark(words[-1], best["content"])
                continue
            words.append(
                HeardWord(
                    text=best["content"],
                    start_ms=round(float(item["start_time"]) * 1000),
                    end_ms=round(float(item["end_time"]) * 1000),
                    speaker=item.get("speaker_label") or speakers.get(item["start_time"]),
                    confidence=float(best["confidence"]),
                )
            )
        language = str(results.get("language_code") or "und")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise ProviderError(
            "malformed", f"unreadable output ({type(error).__name__})", provider=PROVIDER
        ) from error
    return words, language


def _with_mark(word: HeardWord, mark: str) -> HeardWord:
    return HeardWord(word.text + mark, word.start_ms, word.end_ms, word.speaker, word.confidence)


def _fault(error: ClientError) -> ProviderError:
    code = error.response["Error"]["Code"]
    if code == "InternalFailureException":
        return ProviderError("unavailable", code, provider=PROVIDER)
    return ProviderError("misconfigured", code, provider=PROVIDER)
