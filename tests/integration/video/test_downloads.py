"""Whole files behind a link: saved under the video's title, never opened as something else."""

from urllib.parse import parse_qs, urlsplit

import requests

from functions.shared import aws
from functions.video.s3 import S3Store
from tests.integration.video.conftest import MEDIA, Cloud
from tests.integration.video.player import beside, follow, link
from tests.integration.video.renditions import manifest

PAGE = b"<script>alert(1)</script>"


def test_whole_files_are_saved_under_the_title_and_of_a_fixed_type(cloud: Cloud) -> None:
    video = cloud.ready(title='Gespräch "x"\u202e; <script>')
    cloud.put_media(video, "manifest.json", manifest())
    store = S3Store(aws.client("s3"), MEDIA, f"wsp_one/{video['id']}/1/")
    url = link(cloud, video)
    for name, kind in (("video.mp4", "video/mp4"), ("audio.m4a", "audio/mp4")):
        store.put_bytes(name, PAGE, kind)
        location = follow(cloud, beside(url, name)).headers["location"]

        served = requests.get(location, timeout=5)

        ending = name.rpartition(".")[2]
        assert (served.status_code, served.content) == (200, PAGE)
        assert served.headers["content-type"] == kind
        assert served.headers["content-disposition"] == (
            f'attachment; filename="Gespr_ch x ; script.{ending}"; '
            f"filename*=UTF-8''Gespr%C3%A4ch%20x%20%3B%20script.{ending}"
        )
        assert urlsplit(location).netloc.startswith(MEDIA)  # not where the API is


def test_what_a_player_shows_in_a_page_is_not_saved(cloud: Cloud) -> None:
    video = cloud.ready()
    cloud.put_media(video, "manifest.json", manifest())
    url = link(cloud, video)

    for name in ("poster.jpg", "storyboard.jpg", "waveform.json"):
        location = follow(cloud, beside(url, name)).headers["location"]
        assert "response-content-disposition" not in parse_qs(urlsplit(location).query)
