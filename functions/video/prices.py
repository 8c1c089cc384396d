"""What AWS charges for a video's processing, as published on a stated day: pure data, so that a
script can check its age. US dollars, us-east-1, without volume tiers or free tiers. Models and
Transcribe are priced where they are called (`insight/prices.py`)."""

AS_OF = "2026-11-22"
REGION = "us-east-1"

GB_SECOND = 0.0000133334  # Lambda, arm64
LAMBDA_REQUEST = 0.0000002
TRANSITION = 0.000025  # Step Functions, standard
EXPRESS_REQUEST = 0.000001  # Step Functions, express
EXPRESS_GB_SECOND = 0.00001667
S3_PUT = 0.000005
S3_GB_MONTH = 0.023  # standard class
# MediaConvert, a normalized minute of H.264 in one pass: Basic tier, and Professional
MEDIACONVERT_BASIC_MINUTE, MEDIACONVERT_PROFESSIONAL_MINUTE = 0.0075, 0.012
MEDIACONVERT_MINIMUM_SECONDS = 10  # of each output
TRANSCRIBE_MINUTE, TRANSCRIBE_MINIMUM_SECONDS = 0.024, 15
INPUT_TOKEN, OUTPUT_TOKEN = 0.00000006, 0.00000024  # Bedrock, Nova Lite
