"""The labels of associations: a workspace's own, beside those that are built in."""

import pytest

from functions.crm import dynamodb_labels
from tests.integration.crm.joining import body, join, listed
from tests.integration.gateway import Api

LABEL = {
    "name": "mentors", "title": "Mentors", "inverse_name": "mentored_by",
    "inverse_title": "Mentored by", "from_types": ["contact"], "to_types": ["contact"],
}  # fmt: skip


def test_a_workspace_makes_labels_of_its_own_and_uses_them_at_once(
    api: Api, setup: Api, other: Api
) -> None:
    one, two = (api.make("/v1/contacts", {"name": name})["id"] for name in ("Ada", "Eve"))
    wanted = body(("contact", one), ("contact", two), "mentors")
    assert api.post("/v1/associations", wanted).json["code"] == "unknown_label"

    label = setup.make("/v1/association-labels", LABEL)
    made = join(api, ("contact", one), ("contact", two), "mentors")

    assert made["inverse_label"] == "mentored_by"
    assert listed(api, f"/v1/contacts/{two}/associations") == [("mentored_by", one)]
    names = [each["name"] for each in setup.get("/v1/association-labels").json["data"]]
    assert names[0] == "related"
    assert names[-1] == "mentors"
    assert other.post("/v1/associations", wanted).json["code"] == "unknown_label"
    changed = setup.patch(f"/v1/association-labels/{label['id']}", {"title": "Mentor of"})
    assert (changed.status, changed.json["title"]) == (200, "Mentor of")
    assert setup.patch(f"/v1/association-labels/{label['id']}", {"name": "x"}).status == 422
    assert setup.delete(f"/v1/association-labels/{label['id']}").status == 204
    dynamodb_labels.forget()  # as in any other process, at the latest 30 seconds later
    turned = body(("contact", two), ("contact", one), "mentors")
    assert api.post("/v1/associations", turned).json["code"] == "unknown_label"
    assert listed(api, f"/v1/contacts/{one}/associations?label=mentors") == [("mentors", two)]


@pytest.mark.parametrize(
    ("names", "field"),
    [
        ({"name": "mentors"}, "name"),
        ({"name": "mentored_by", "inverse_name": "x"}, "name"),
        ({"name": "x", "inverse_name": "mentors"}, "inverse_name"),
        ({"name": "works_at"}, "name"),
        ({"name": "x", "inverse_name": "employs"}, "inverse_name"),
    ],
)
def test_a_name_means_one_label_whichever_way_it_is_read(
    setup: Api, names: dict[str, str], field: str
) -> None:
    made = setup.make("/v1/association-labels", LABEL)
    reply = setup.post("/v1/association-labels", {"title": "Another", **names})
    assert (reply.status, reply.json["code"]) == (409, "duplicate_name")
    assert reply.json["errors"][0]["pointer"] == f"/{field}"
    setup.delete(f"/v1/association-labels/{made['id']}")
    if names["name"] == "mentors":
        assert setup.post("/v1/association-labels", {"title": "Again", **names}).status == 201
