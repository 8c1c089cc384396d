"""Names and settings of infra that need no synthesis."""

import json

import pytest
from pydantic import ValidationError

from functions.shared.settings import Settings
from infra.function import House
from infra.nag import _shown
from infra.names import Names
from infra.packaging import ROOT
from infra.stage import Stage

STAGES = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]


def stage(name: str = "local") -> Stage:
    return Stage(name=name, **STAGES[name])


def test_names_carry_the_stage_and_no_underscore() -> None:
    names = Names(stage())

    assert names.function("video", "encode_audio") == "reelate-local-video-encode-audio"
    assert names.of("crm") == "reelate-local-crm"
    assert names.bus == "reelate-local"


@pytest.mark.parametrize("name", STAGES)
def test_two_stages_share_no_name(name: str) -> None:
    mine = Names(stage(name))
    others = [Names(stage(each)) for each in STAGES if each != name]

    assert all(mine.of("crm") != each.of("crm") for each in others)
    assert all(mine.bucket("media") != each.bucket("media") for each in others)


def test_a_stage_with_an_unknown_setting_is_refused() -> None:
    with pytest.raises(ValidationError):
        Stage(name="x", **STAGES["local"], retian=True)


class Wants(Settings):
    crm_table: str
    limit: int = 5
    made_up: str | None = None


def house(**values: str) -> House:
    return House(Names(stage()), stage(), {}, values)


def test_a_function_is_given_its_settings_and_nothing_else() -> None:
    given = house(stage="local", crm_table="t", video_table="v").environment(Wants)

    assert given == {"STAGE": "local", "CRM_TABLE": "t"}


def test_a_setting_that_infra_has_no_value_for_stops_synthesis() -> None:
    with pytest.raises(KeyError, match="crm_table"):
        house(stage="local").environment(Wants)


def test_an_arn_is_shown_as_cdk_nag_writes_it() -> None:
    arn = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::name/*"]]}

    assert _shown(arn) == "arn:<AWS::Partition>:s3:::name/*"
