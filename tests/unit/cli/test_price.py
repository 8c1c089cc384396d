"""The bill: units times the dated price file."""

from pathlib import Path

import pytest

from infra.cli import price


def test_a_bill_is_the_sum_of_units_times_prices() -> None:
    prices = price.load()
    lines = {line.what: line for line in price.bill(prices, seconds=120, source_bytes=0)}
    assert lines["Transcript (Transcribe)"].dollars == pytest.approx(2 * 0.024)
    encode = lines["Encoding (Lambda, arm64)"]
    assert encode.dollars == pytest.approx(encode.count * 0.0000133334)
    assert encode.count == pytest.approx(2 * 32 * 1.769)
    assert price.total(list(lines.values())) == pytest.approx(
        sum(line.dollars for line in lines.values())
    )


def test_a_short_clip_pays_the_recognisers_minimum() -> None:
    lines = price.bill(price.load(), seconds=4, source_bytes=0)
    (spoken,) = [line for line in lines if line.what.startswith("Transcript")]
    assert spoken.dollars == pytest.approx(15 / 60 * 0.024)


def test_the_price_file_says_when_and_where_it_was_read() -> None:
    prices = price.load()
    assert prices["date"].year >= 2026
    assert prices["region"] == "us-east-1"


def test_the_readme_shows_what_the_script_computes() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    assert price.table(price.load()) in readme
