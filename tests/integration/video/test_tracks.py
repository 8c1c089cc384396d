"""What lies behind a link besides picture and sound: I-frames, storyboard, captions."""

import pytest

from tests.integration.video.conftest import OK_TRANSCRIPT, Cloud
from tests.integration.video.player import beside, follow, link, playable
from tests.integration.video.renditions import manifest, plan


def test_a_link_leads_to_i_frames_and_the_storyboard_s_cues(cloud: Cloud) -> None:
    video = playable(cloud)
    url = link(cloud, video)

    master = follow(cloud, url)
    pictures = follow(cloud, beside(url, "720p-iframes.m3u8"))
    cues = follow(cloud, beside(url, "storyboard.vtt"))

    assert 'URI="720p-iframes.m3u8"' in master.body
    assert pictures.status == 200
    assert pictures.body.count("#EXT-X-BYTERANGE:400@0") == 3
    assert pictures.body.count("X-Amz-Signature") == 4  # the header, too
    assert cues.headers["content-type"].startswith("text/vtt")
    assert "00:00:08.000 --> 00:00:12.000\nstoryboard.jpg#xywh=0,90,160,90" in cues.body
    assert follow(cloud, beside(url, "480p-iframes.m3u8")).status == 404
    assert follow(cloud, beside(url, "audio-iframes.m3u8")).status == 404


def test_captions_are_a_track_as_soon_as_there_is_a_transcript(cloud: Cloud) -> None:
    video = cloud.running()
    cloud.put_media(video, "manifest.json", manifest())
    cloud.mark_ready(video)
    url = link(cloud, video)
    before = [follow(cloud, beside(url, name)) for name in ("captions-en.m3u8", "captions.vtt")]
    silent = follow(cloud, url)

    cloud.finish(video, "transcript", OK_TRANSCRIPT)
    master = follow(cloud, url)
    listed = follow(cloud, beside(url, "captions-en.m3u8"))
    file = follow(cloud, beside(url, "captions.vtt"))

    assert [(each.status, each.json["code"]) for each in before] == [(404, "not_playable_yet")] * 2
    assert "SUBTITLES" not in silent.body
    assert master.body.count('SUBTITLES="captions"') == 1
    assert 'TYPE=SUBTITLES,GROUP-ID="captions",NAME="Captions (en)",LANGUAGE="en"' in master.body
    assert "#EXTINF:12.000,\nhttps://" in listed.body
    assert f"/wsp_one/{video['id']}/1/captions.vtt?" in listed.body
    assert file.status == 302


@pytest.mark.parametrize(
    ("said", "shown"), [("pt-BR", "pt-BR"), ('x"\n#EXT-X-ENDLIST', "und"), (None, "und")]
)
def test_a_recogniser_s_word_for_a_language_cannot_break_the_playlist(
    cloud: Cloud, said: str | None, shown: str
) -> None:
    video = cloud.running()
    cloud.put_media(video, "manifest.json", manifest())
    cloud.mark_ready(video)
    summary = {**OK_TRANSCRIPT["summary"], "language": said}  # type: ignore[dict-item]
    cloud.finish(video, "transcript", {**OK_TRANSCRIPT, "summary": summary})

    assert f'LANGUAGE="{shown}",DEFAULT' in follow(cloud, link(cloud, video)).body


def test_there_are_no_cues_before_there_is_a_storyboard(cloud: Cloud) -> None:
    video = cloud.running()
    url = link(cloud, video)
    cloud.put_media(video, "plan.json", plan())

    cues = follow(cloud, beside(url, "storyboard.vtt"))

    assert (cues.status, cues.json["code"]) == (404, "not_playable_yet")
    assert follow(cloud, beside(url, "720p-iframes.m3u8")).status == 404
