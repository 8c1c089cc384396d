"""A file of people as they come: a byte order mark, quotes, line ends in cells, lines in another
encoding, duplicates, bad addresses, ragged rows, formulas, NULs. The same seed makes the same file.

`python -m tests.journeys.messy_people 100000 > people.csv`
"""

import csv
import io
import random
import sys

HEAD = ["Full name", "E-Mail", "Job title", "CRM id", "Notes"]
_FIRST = ["Ada", "Jürgen", "Zoë", "Grace", "Łukasz", "José", "Mei", "Ólafur", "Anne-Marie", "李"]
_LAST = ["Lovelace", "Groß", "Hopper", "Nowak", "García", "Chen", "O'Brien", "Smith, Jr.", "Öztürk"]
_TITLES = ['Head of "Operations"', "Director", "", "Buyer\nNorth", '=HYPERLINK("http://x")', "R&D"]


def people(count: int, seed: int = 7) -> bytes:
    """Return a file of `count` rows; row n (from 1) has the external id `row-<n>` where it has one
    that can be read at all."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    parts = [b"\xef\xbb\xbf", _line(HEAD)]
    parts += [_row(chance, number) for number in range(1, count + 1)]
    return b"".join(parts)


def _row(chance: random.Random, number: int) -> bytes:
    name = f"{chance.choice(_FIRST)} {chance.choice(_LAST)}"
    mail = f"person{number}@example.com"
    cells = [name, mail, chance.choice(_TITLES), f"row-{number}", f"Line one,\nline {number}"]
    roll = chance.random()
    if roll < 0.01:
        cells[1] = chance.choice(["no address", "a@b", "x@@example.com", "@example.com", "ü@x.y"])
    elif roll < 0.02:
        cells[1] = f"PERSON{chance.randint(1, number)}@example.com "
    elif roll < 0.03:
        cells = cells[: chance.randint(1, 4)]
    elif roll < 0.035:
        cells[0] = f"Nul\0{number}"
    elif roll < 0.04:
        cells[0] = ""
    elif roll < 0.05:
        return f"J\xfcrgen {number},{mail},\xc4rztin,row-{number},\r\n".encode("cp1252")
    elif roll < 0.051:
        return f'"Open {number},{mail},,row-{number},"\r\n'.encode().replace(b',"\r', b",\r")
    return _line(cells)


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


if __name__ == "__main__":
    sys.stdout.buffer.write(people(int(sys.argv[1])))
