"""Where the requests of each adapter's table of patterns are counted: a file and its tests."""

_HERE = (
    "test_access_patterns.py",
    "test_a_pattern_costs_the_same_with_a_thousand_records_and_with_a_million",
)
_EACH_ACT = "test_each_act_costs_what_the_table_of_patterns_says"

COUNTED: dict[str, tuple[str, ...]] = {
    "dynamodb": _HERE,
    "dynamodb_acting": (
        "test_automation_trials.py", "test_a_turn_and_a_look_for_activities_cost_what_is_said",
    ),
    "dynamodb_associations": ("test_associations.py", _EACH_ACT),
    "dynamodb_automations": (
        "test_automations.py", "test_a_run_costs_what_the_table_of_patterns_says",
    ),
    "dynamodb_beside": (
        "test_merge_deals.py", "test_line_items_cost_a_read_and_a_write_of_the_merge_s_own",
    ),
    "dynamodb_board": (
        "test_board.py", "test_a_board_is_as_many_requests_however_many_cards_there_are",
    ),
    "dynamodb_born": _HERE,
    "dynamodb_bulk": ("test_bulk_costs.py", "test_rows_of_an_import_cost_what_is_said"),
    "dynamodb_bulk_types": (
        "test_bulk_costs.py", "test_turns_of_imported_leads_cost_what_is_said",
    ),
    "dynamodb_conversions": ("test_lead_return.py", "test_conversions_cost_what_is_said"),
    "dynamodb_deals": ("test_deals.py", "test_lines_cost_the_same_however_many_there_are"),
    "dynamodb_definitions": ("test_fields.py", "test_a_field_costs_what_its_patterns_say"),
    "dynamodb_duplicates": (
        "test_duplicates.py",
        "test_it_costs_a_query_for_each_key_and_one_read_of_those_who_share_one",
    ),
    "dynamodb_employers": (
        "test_employers.py", "test_a_link_costs_what_is_said_however_many_there_are",
    ),
    "dynamodb_index": (
        "test_index.py", "test_what_it_costs_does_not_depend_on_how_many_records_there_are",
        "test_a_hundred_repeats_change_nothing_and_cost_one_read_each",
    ),
    "dynamodb_jobs": ("test_bulk_costs.py", "test_rows_of_an_import_cost_what_is_said"),
    "dynamodb_keys": ("test_upsert.py", "test_a_lookup_costs_two_reads"),
    "dynamodb_labels": _HERE,
    "dynamodb_lead_sources": _HERE,
    "dynamodb_leads": (
        "test_lead_assignment.py", "test_an_assignment_costs_a_question_and_a_turn",
    ),
    "dynamodb_lifecycle": ("test_lifecycle.py", "test_the_end_costs_what_its_patterns_say"),
    "dynamodb_lists": (
        "test_lists.py", "test_a_page_costs_one_query_a_strand_and_one_read_of_its_records",
    ),
    "dynamodb_mergeable": (
        "test_merge_refusals.py",
        "test_ten_records_cost_what_two_do_and_what_moves_goes_forty_at_a_time",
    ),
    "dynamodb_merges": (
        "test_merge_refusals.py",
        "test_ten_records_cost_what_two_do_and_what_moves_goes_forty_at_a_time",
    ),
    "dynamodb_moving": (
        "test_merge_refusals.py",
        "test_ten_records_cost_what_two_do_and_what_moves_goes_forty_at_a_time",
    ),
    "dynamodb_pipelines": (
        "test_pipelines.py", "test_no_write_is_let_in_by_a_copy_older_than_is_said",
    ),
    "dynamodb_rates": _HERE,
    "dynamodb_record_settings": _HERE,
    "dynamodb_reindex": (
        "test_reindex.py", "test_fifty_records_cost_a_query_a_read_and_a_note",
    ),
    "dynamodb_rules": ("test_lead_scoring.py", "test_rules_cost_what_is_said"),
    "dynamodb_search": (
        "test_search.py", "test_a_page_costs_one_query_a_strand_and_one_read_of_its_records",
    ),
    "dynamodb_staged": (
        "test_pipelines.py", "test_a_move_costs_what_a_change_costs_beside_a_card_two_reads_more",
    ),
    "dynamodb_sweeping": ("test_lifecycle.py", "test_the_end_costs_what_its_patterns_say"),
    "dynamodb_timelines": (
        "test_timeline_kinds.py", "test_a_group_costs_a_look_at_the_record_and_a_query",
    ),
    "dynamodb_trials": (
        "test_automation_trials.py", "test_a_turn_and_a_look_for_activities_cost_what_is_said",
    ),
    "dynamodb_views": ("test_views.py", _EACH_ACT),
}  # fmt: skip
