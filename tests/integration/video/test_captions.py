"""Caption tracks: sent, read, edited, taken back, and shown to players in every language."""

import json
from typing import Any

import pytest

from functions.shared import aws
from functions.shared.events import envelope
from tests.integration.cloud import Calls
from tests.integration.video.conftest import MEDIA, OK_TRANSCRIPT, Cloud
from tests.integration.video.player import beside, follow, link
from tests.integration.video.renditions import manifest

FILE = "WEBVTT\n\n00:00:01.000 --> 00:00:03.500\nGuten <i>Tag</i>.\n"
SPOKEN = "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nGood day.\n"
GERMAN = {"language": "de", "label": "Deutsch", "kind": "subtitles", "file": FILE}


def talked(cloud: Cloud) -> Any:
    """Return a video that can be played, with an automatic track in English."""
    video = cloud.ready()
    cloud.put_media(video, "manifest.json", manifest())
    cloud.put_media(video, "captions.vtt", SPOKEN.encode())
    return video


def path_of(video: Any, language: str = "", act: str = "") -> str:
    return f"/v1/videos/{video['id']}/captions" + (language and f"/{language}") + act


def listed(cloud: Cloud, video: Any) -> list[tuple[str, str]]:
    page = cloud.api.get(path_of(video)).json
    assert page["next_cursor"] is None
    return [(each["language"], each["source"]) for each in page["data"]]


def test_a_track_is_sent_as_a_file_and_read_in_either_format(cloud: Cloud) -> None:
    video = talked(cloud)

    made = cloud.api.post(path_of(video), {**GERMAN, "language": "DE-at"})
    read = cloud.api.get(path_of(video, "de-AT"))
    files = [cloud.api.get(path_of(video, f"de-at.{ending}")) for ending in ("vtt", "srt")]

    assert (made.status, made.json["language"]) == (201, "de-AT")
    assert made.headers["location"] == path_of(video, "de-AT")
    assert made.headers["etag"] == read.headers["etag"]
    assert made.json.items() <= read.json.items()
    assert read.json["cues"] == [
        {"start_ms": 1_000, "end_ms": 3_500, "text": "Guten <i>Tag</i>.", "settings": ""}
    ]
    assert [each.body for each in files] == [
        FILE, "1\n00:00:01,000 --> 00:00:03,500\nGuten <i>Tag</i>.\n",
    ]  # fmt: skip
    assert files[1].headers["content-type"].startswith("application/x-subrip")
    for each, name in ((read, "de-AT"), (files[0], "de-AT.vtt")):
        again = cloud.api.get(path_of(video, name), **{"If-None-Match": each.headers["etag"]})
        assert again.status == 304
    assert listed(cloud, video) == [("de-AT", "uploaded"), ("en", "automatic")]


def test_each_language_is_a_track_in_the_playlist(cloud: Cloud) -> None:
    video = talked(cloud)
    for body in (GERMAN, {"language": "fr", "label": "Français", "default": True, "file": FILE}):
        assert cloud.api.post(path_of(video), body).status == 201
    url = link(cloud, video)

    master = follow(cloud, url).body
    lines = [each for each in master.splitlines() if "TYPE=SUBTITLES" in each]
    playlist = follow(cloud, beside(url, "captions-de.m3u8"))
    first = follow(cloud, beside(url, "captions.vtt"))
    second = follow(cloud, beside(url, "captions-de.vtt"))

    spoken = "public.accessibility.transcribes-spoken-dialog"
    sounds = "public.accessibility.describes-music-and-sound"
    entry = '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",'
    assert lines == [
        (
            f'{entry}NAME="Français",LANGUAGE="fr",'
            f'DEFAULT=YES,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="{spoken},{sounds}",'
            'URI="captions-fr.m3u8"'
        ),
        (
            f'{entry}NAME="Deutsch",LANGUAGE="de",'
            'DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="captions-de.m3u8"'
        ),
        (
            f'{entry}NAME="Captions (en)",LANGUAGE="en",'
            f'DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="{spoken}",URI="captions-en.m3u8"'
        ),
    ]
    assert master.count('SUBTITLES="captions"') == master.count("#EXT-X-STREAM-INF")
    assert "#EXTINF:12.000,\nhttps://" in playlist.body
    assert (first.status, second.status) == (302, 302)
    assert f"/{video['id']}/captions/fr-cap_" in first.headers["location"]
    assert f"/{video['id']}/captions/de-cap_" in second.headers["location"]
    for name in ("captions-es.m3u8", "captions-es.vtt", "captions-.m3u8", "captions.m3u8"):
        assert follow(cloud, beside(url, name)).status == 404


def test_an_edited_automatic_track_is_kept_whatever_a_later_run_hears(cloud: Cloud) -> None:
    video = talked(cloud)
    cues = [{"start_ms": 500, "end_ms": 2_000, "text": "Good day, Dana."}]
    automatic = cloud.api.get(path_of(video, "en"))

    edited = cloud.api.patch(
        path_of(video, "en"), {"cues": cues}, **{"If-Match": automatic.headers["etag"]}
    )
    cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "transcribe"})
    cloud.put_media(video, "captions.vtt", SPOKEN.replace("day", "evening").encode(), run=2)
    cloud.finish(video, "transcript", OK_TRANSCRIPT, run=2)
    after = cloud.api.get(path_of(video, "en.vtt"))
    reverted = cloud.api.post(path_of(video, "en", "/revert"))
    heard = cloud.api.get(path_of(video, "en.vtt"))

    assert (automatic.json["source"], automatic.json["updated_at"]) == ("automatic", None)
    assert (edited.status, edited.json["source"]) == (200, "edited")
    assert "Good day, Dana." in after.body
    assert (reverted.status, reverted.json["source"]) == (200, "automatic")
    assert "Good evening." in heard.body
    assert [each for each in cloud.objects(MEDIA) if "/captions/" in each] == []
    assert cloud.api.post(path_of(video, "en", "/revert")).headers["etag"] == '"0.2"'


def test_an_automatic_track_that_is_only_renamed_is_somebody_s_too(cloud: Cloud) -> None:
    video = talked(cloud)

    renamed = cloud.api.patch(path_of(video, "en"), {"label": "English"})
    back = cloud.api.patch(path_of(video, "en"), {"label": None})

    assert (renamed.json["label"], renamed.json["source"]) == ("English", "edited")
    assert (back.json["label"], back.json["kind"]) == ("en", "captions")
    assert cloud.api.get(path_of(video, "en.vtt")).body == SPOKEN


def test_a_deleted_automatic_track_stays_away_until_it_is_taken_back(cloud: Cloud) -> None:
    video = talked(cloud)

    assert cloud.api.delete(path_of(video, "en")).status == 204
    gone = [cloud.api.get(path_of(video, "en")), cloud.api.delete(path_of(video, "en"))]
    cloud.api.post(f"/v1/videos/{video['id']}/runs", {"from": "transcribe"})
    cloud.finish(video, "transcript", OK_TRANSCRIPT, run=2)
    silent = follow(cloud, link(cloud, video)).body
    back = cloud.api.post(path_of(video, "en", "/revert"))

    assert [(each.status, each.json["code"]) for each in gone] == [(404, "no_captions")] * 2
    assert "TYPE=SUBTITLES" not in silent
    assert back.status == 200
    assert listed(cloud, video) == [("en", "automatic")]


def test_a_change_leaves_one_file_and_tells_one_event(cloud: Cloud) -> None:
    video = talked(cloud)
    cloud.api.post(path_of(video), GERMAN)

    changed = cloud.api.patch(
        path_of(video, "de"), {"file": FILE.replace("Tag", "Abend"), "default": True}
    )
    record = cloud.record(video)
    told = envelope("wsp_one", record["_events"][0], record, None)
    files = [each for each in cloud.objects(MEDIA) if "/captions/" in each]

    assert changed.status == 200
    assert cloud.events(video) == ["video.captions_changed"]
    assert told["data"]["captions"] == [
        {"language": "de", "label": "Deutsch", "kind": "subtitles", "default": True,
         "source": "uploaded", "removed": False}
    ]  # fmt: skip
    assert len(files) == 1
    assert cloud.api.delete(path_of(video, "de")).status == 204
    assert [each for each in cloud.objects(MEDIA) if "/captions/" in each] == []


def test_a_stale_change_is_refused_and_writes_nothing(cloud: Cloud) -> None:
    video = talked(cloud)
    first = cloud.api.post(path_of(video), GERMAN).headers["etag"]
    stale = {"If-Match": first}
    assert cloud.api.patch(path_of(video, "de"), {"label": "German"}, **stale).status == 200
    before = cloud.objects(MEDIA)

    replies = [
        cloud.api.patch(path_of(video, "de"), {"file": FILE}, **stale),
        cloud.api.request("DELETE", path_of(video, "de"), None, stale),
        cloud.api.post(path_of(video, "en", "/revert"), None, **{"If-Match": '"9"'}),
    ]

    assert [each.status for each in replies] == [412, 412, 412]
    assert cloud.objects(MEDIA) == before
    title = cloud.api.patch(f"/v1/videos/{video['id']}", {"title": "Another"})
    assert title.status == 200
    newest = cloud.api.get(path_of(video, "de")).headers["etag"]
    fresh = cloud.api.patch(path_of(video, "de"), {"file": FILE}, **{"If-Match": newest})
    assert fresh.status == 200  # what became of the video besides is no conflict


def test_a_repeated_request_has_one_effect(cloud: Cloud) -> None:
    video = talked(cloud)
    key = {"Idempotency-Key": "once"}

    replies = [cloud.api.post(path_of(video), GERMAN, **key) for _ in range(2)]

    assert [each.status for each in replies] == [201, 201]
    assert replies[0].body == replies[1].body
    assert replies[1].headers["idempotency-replayed"] == "true"
    assert cloud.api.post(path_of(video), GERMAN).json["code"] == "captions_exist"


def test_labels_and_languages_are_each_there_once(cloud: Cloud) -> None:
    video = talked(cloud)
    cloud.api.post(path_of(video), GERMAN)
    taken = cloud.api.post(path_of(video), {**GERMAN, "language": "nl", "label": "deutsch"})
    for number in range(19):
        language = f"a{chr(ord('a') + number)}"
        body = {"language": language, "default": True, "file": FILE}
        assert cloud.api.post(path_of(video), body).status == 201

    full = cloud.api.post(path_of(video), {"language": "zz", "file": FILE})
    over = cloud.api.post(path_of(video), {"language": "en", "label": "Captions", "file": FILE})
    page = cloud.api.get(path_of(video) + "?limit=20").json
    rest = cloud.api.get(path_of(video) + f"?limit=20&cursor={page['next_cursor']}").json

    assert (taken.status, taken.json["code"]) == (409, "label_taken")
    assert (full.status, full.json["code"]) == (409, "too_many_tracks")
    assert (over.status, over.json["code"]) == (409, "too_many_tracks")
    tracks = [*page["data"], *rest["data"]]
    assert len(tracks) == 21
    assert [each["language"] for each in tracks if each["default"]] == ["as"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"file": "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<script>x</script>"}, "/file",
         "bad_tag"),
        ({"file": "WEBVTT\n\n02:00:01.000 --> 02:00:02.000\nlate"}, "/file", "after_end"),
        ({"file": "{\\rtf1}"}, "/file", "bad_block"),
        ({"file": "GIF89a\ufffd"}, "/file", "not_utf8"),
        ({"cues": [{"start_ms": 2, "end_ms": 1, "text": "x"}]}, "/cues/0", "bad_times"),
        ({"cues": [{"start_ms": 5, "end_ms": 9, "text": "x"},
                   {"start_ms": 1, "end_ms": 9, "text": "x"}]}, "/cues/1", "out_of_order"),
        ({"cues": [{"start_ms": 1, "end_ms": 9, "text": "a\n\n00:01.000 --> 00:02.000\nb"}]},
         "/cues/0", "blank_line"),
    ],
)  # fmt: skip
def test_captions_that_are_none_are_refused_and_leave_nothing(
    cloud: Cloud, body: dict[str, Any], pointer: str, code: str
) -> None:
    video = talked(cloud)
    before = cloud.objects(MEDIA)

    refused = cloud.api.post(path_of(video), {"language": "de", **body})

    assert (refused.status, refused.json["code"]) == (422, "captions_invalid")
    assert [(each["pointer"], each["code"]) for each in refused.json["errors"]] == [(pointer, code)]
    assert cloud.objects(MEDIA) == before
    assert listed(cloud, video) == [("en", "automatic")]


@pytest.mark.parametrize(
    "change",
    [
        {"language": "english"}, {"language": "d"}, {"language": "de_AT"}, {"language": 'de"'},
        {"label": 'a"\n#EXT-X-ENDLIST'}, {"label": " "}, {"kind": "forced"}, {"file": None},
        {"cues": [{"start_ms": 1, "end_ms": 2, "text": "x"}]}, {"file": "x" * 950_001},
    ],
)  # fmt: skip
def test_a_body_that_is_none_of_a_track_is_refused(cloud: Cloud, change: dict[str, Any]) -> None:
    video = talked(cloud)

    assert cloud.api.post(path_of(video), {**GERMAN, **change}).status == 422


def test_another_workspace_has_no_captions_of_it(cloud: Cloud, other: Cloud) -> None:
    video = talked(cloud)
    cloud.api.post(path_of(video), GERMAN)

    replies = [
        other.api.get(path_of(video)),
        other.api.get(path_of(video, "de")),
        other.api.get(path_of(video, "de.srt")),
        other.api.post(path_of(video), {**GERMAN, "language": "fr"}),
        other.api.patch(path_of(video, "de"), {"label": "Mine"}),
        other.api.delete(path_of(video, "de")),
        other.api.post(path_of(video, "de", "/revert")),
    ]

    assert [each.status for each in replies] == [404] * 7
    assert listed(cloud, video) == [("de", "uploaded"), ("en", "automatic")]


def test_the_transcript_stays_what_was_said(cloud: Cloud) -> None:
    """Evidence is held against the transcript: a track has a file of its own."""
    video = talked(cloud)
    cloud.put_media(video, "transcript.json", {"words": []})
    key = f"wsp_one/{video['id']}/1"
    cloud.api.patch(path_of(video, "en"), {"cues": [{"start_ms": 1, "end_ms": 2, "text": "No."}]})

    s3 = aws.client("s3")
    kept = {
        name: s3.get_object(Bucket=MEDIA, Key=f"{key}/{name}")["Body"].read()
        for name in ("transcript.json", "captions.vtt")
    }

    assert json.loads(kept["transcript.json"]) == {"words": []}
    assert kept["captions.vtt"].decode() == SPOKEN


def test_reading_and_writing_tracks_cost_what_they_are_said_to(cloud: Cloud, calls: Calls) -> None:
    video = talked(cloud)
    calls.take()

    cloud.api.post(path_of(video), GERMAN)
    assert calls.take() == ["Query", "TransactWriteItems"]
    cloud.api.get(path_of(video))
    cloud.api.get(path_of(video, "de"))
    assert calls.take() == ["Query", "Query"]
