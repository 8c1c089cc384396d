"""What is made is read, changed and deleted in sequences that the document's links allow."""

from tests.contract.fuzzing import described, sequences
from tests.contract.world import open_world

schema = described()


def test_sequences_of_operations_keep_to_the_document() -> None:
    sequences(schema, open_world)


def test_what_is_made_leads_to_what_can_be_done_with_it() -> None:
    links = described().raw_schema["paths"]["/v1/contacts"]["post"]["responses"]["201"]["links"]

    assert {"get_contact", "update_contact", "delete_contact"} <= set(links)
