"""A run's job for AWS Elemental MediaConvert: the plan's ladder as the API's CreateJob takes it.

The renditions are cut as FFmpeg's are: the plan's rate, one closed GOP to a segment, equal over all
rungs, so that the same playlists and the same sound fit them. What is left out is either what the
sound's own worker makes, or would move the job to the Professional tier, which HDR alone does.
"""

from collections.abc import Mapping
from typing import Any

from functions.video import keys
from functions.video.media import Rung, VideoPlan

_ROTATION = {0: "DEGREE_0", 90: "DEGREES_90", 180: "DEGREES_180", 270: "DEGREES_270"}
# The quality to aim at (QVBR, 1 to 10) under the rung's ceiling, by its short side: the user guide
# names 8 to 9 for the largest screens, 7 for computers and tablets, 6 for telephones.
_QUALITY = ((1080, 8), (480, 7), (0, 6))
_B_FRAMES = 2  # one of them is referred to: shown at most two frames later than decoded
_HIGHEST_LEVEL = 52


def request(
    video: VideoPlan, *, source: str, target: str, role: str, token: str, told: Mapping[str, str]
) -> dict[str, Any]:
    """Return the arguments of CreateJob. `source` is the recording's S3 URI and `target` that of
    the folder to write to, `token` makes a repeat harmless, `told` comes back with every event."""
    return {
        "Role": role,
        "ClientRequestToken": token,
        "UserMetadata": dict(told),
        "StatusUpdateInterval": "SECONDS_15",
        "AccelerationSettings": {"Mode": "DISABLED"},  # Professional tier
        "Settings": {
            "TimecodeConfig": {"Source": "ZEROBASED"},
            "Inputs": [_input(video, source)],
            "OutputGroups": [
                {
                    "Name": "CMAF",
                    "OutputGroupSettings": {
                        "Type": "CMAF_GROUP_SETTINGS",
                        "CmafGroupSettings": _group(video, f"{target}{keys.CONVERTED_NAME}"),
                    },
                    "Outputs": [_output(video, rung) for rung in video.rungs],
                }
            ],
        },
    }


def _input(video: VideoPlan, source: str) -> dict[str, Any]:
    return {
        "FileInput": source,
        "TimecodeSource": "ZEROBASED",
        # The inspected rotation: AUTO knows that of mp4 and mov alone.
        "VideoSelector": {"Rotate": _ROTATION[video.track.rotation], "ColorSpace": "FOLLOW"},
        "FilterEnable": "AUTO",
    }


def _group(video: VideoPlan, destination: str) -> dict[str, Any]:
    # Whole seconds that one GOP fills: rounded up to the next GOP's end, it is exactly one.
    length = max(1, int(video.timing.segment_frames / video.timing.rate))
    return {
        "Destination": destination,
        "SegmentControl": "SEGMENTED_FILES",
        "SegmentLength": length,
        "SegmentLengthControl": "GOP_MULTIPLE",
        "FragmentLength": length,
        "VideoCompositionOffsets": "SIGNED",  # the first picture is shown at 0, as the sound begins
        "WriteHlsManifest": "ENABLED",  # it has to write one of the two
        "WriteDashManifest": "DISABLED",
    }


def _output(video: VideoPlan, rung: Rung) -> dict[str, Any]:
    return {
        "NameModifier": f"_{rung.name}",
        "ContainerSettings": {
            "Container": "CMFC",
            "CmfcSettings": {
                "IFrameOnlyManifest": "EXCLUDE",
                "KlvMetadata": "NONE",
                "Scte35Esam": "NONE",
                "Scte35Source": "NONE",
                "TimedMetadata": "NONE",
            },
        },
        "VideoDescription": {
            "Width": rung.width,
            "Height": rung.height,
            "ScalingBehavior": "STRETCH_TO_OUTPUT",  # the rung has the picture's own shape
            "AntiAlias": "ENABLED",
            "TimecodeInsertion": "DISABLED",
            "AfdSignaling": "NONE",
            "RespondToAfd": "NONE",
            "ColorMetadata": "INSERT",
            **_preprocessors(video),
            "CodecSettings": {"Codec": "H_264", "H264Settings": _h264(video, rung)},
        },
    }


def _preprocessors(video: VideoPlan) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if video.track.interlaced:
        chosen["Deinterlacer"] = {
            "Mode": "DEINTERLACE",
            "Algorithm": "INTERPOLATE",
            "Control": "NORMAL",
        }
    if video.track.hdr is not None:
        chosen["ColorCorrector"] = {
            "ColorSpaceConversion": "FORCE_709",
            "HdrToSdrToneMapper": "PRESERVE_DETAILS",
        }
    return {"VideoPreprocessors": chosen} if chosen else {}


def _h264(video: VideoPlan, rung: Rung) -> dict[str, Any]:
    timing, short = video.timing, min(rung.width, rung.height)
    level = str(rung.level)
    level = f"LEVEL_{level[0]}" + (f"_{level[1]}" if level[1] != "0" else "")
    return {
        "CodecProfile": "HIGH",
        "CodecLevel": level if rung.level <= _HIGHEST_LEVEL else "AUTO",
        "InterlaceMode": "PROGRESSIVE",
        "FramerateControl": "SPECIFIED",
        "FramerateNumerator": timing.rate.numerator,
        "FramerateDenominator": timing.rate.denominator,
        "FramerateConversionAlgorithm": "DUPLICATE_DROP",
        "ParControl": "SPECIFIED",
        "ParNumerator": 1,
        "ParDenominator": 1,
        "GopSizeUnits": "FRAMES",
        "GopSize": float(timing.segment_frames),
        "GopClosedCadence": 1,
        "GopBReference": "ENABLED",
        "NumberBFramesBetweenReferenceFrames": _B_FRAMES,
        "SceneChangeDetect": "DISABLED",  # a segment's keyframe is its first picture
        "QualityTuningLevel": "SINGLE_PASS_HQ",  # two passes are Professional tier
        "RateControlMode": "QVBR",
        "QvbrSettings": {
            "QvbrQualityLevel": next(level for side, level in _QUALITY if short >= side)
        },
        "MaxBitrate": rung.max_kbps * 1_000,
        "HrdBufferSize": rung.buffer_kbits * 1_000,
        "EntropyEncoding": "CABAC",
        "RepeatPps": "DISABLED",
        "UnregisteredSeiTimecode": "DISABLED",
        "WriteMp4PackagingType": "AVC1",
    }
