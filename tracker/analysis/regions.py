"""Which state a text speaks of, in the three ways that news of the United States names one: "Ohio", "Ala.", "TX".

Towns are compared by name alone; there is no gazetteer. But the same town's name in two states, and the same sort of
event in two states on one day, are common, and two reports that each name states and share none are hardly of one
event. Elsewhere in the world nothing is found, and nothing is concluded from that.
"""

from __future__ import annotations

import re
from collections import Counter

# Name, the abbreviation of news agencies, that of the post.
_STATES = """
    Alabama,Ala.,AL|Alaska,,AK|Arizona,Ariz.,AZ|Arkansas,Ark.,AR|California,Calif.,CA|Colorado,Colo.,CO
    Connecticut,Conn.,CT|Delaware,Del.,DE|Florida,Fla.,FL|Georgia,Ga.,GA|Hawaii,,HI|Idaho,,ID|Illinois,Ill.,IL
    Indiana,Ind.,IN|Iowa,,IA|Kansas,Kan.,KS|Kentucky,Ky.,KY|Louisiana,La.,LA|Maine,,ME|Maryland,Md.,MD
    Massachusetts,Mass.,MA|Michigan,Mich.,MI|Minnesota,Minn.,MN|Mississippi,Miss.,MS|Missouri,Mo.,MO|Montana,Mont.,MT
    Nebraska,Neb.,NE|Nevada,Nev.,NV|New Hampshire,N.H.,NH|New Jersey,N.J.,NJ|New Mexico,N.M.,NM|New York,N.Y.,NY
    North Carolina,N.C.,NC|North Dakota,N.D.,ND|Ohio,,OH|Oklahoma,Okla.,OK|Oregon,Ore.,OR|Pennsylvania,Pa.,PA
    Rhode Island,R.I.,RI|South Carolina,S.C.,SC|South Dakota,S.D.,SD|Tennessee,Tenn.,TN|Texas,,TX|Utah,,UT
    Vermont,Vt.,VT|Virginia,Va.,VA|Washington,Wash.,WA|West Virginia,W.Va.,WV|Wisconsin,Wis.,WI|Wyoming,Wyo.,WY
"""


def _rows() -> list[tuple[str, str, str]]:
    rows = []
    for row in re.split(r"[|\n]", _STATES.strip()):
        name, agency, post = row.strip().split(",")
        rows.append((name, agency, post))
    return rows


_NAMED = {name: name for name, _, _ in _rows()}
_ABBREVIATED = {short: name for name, agency, post in _rows() for short in (agency, post) if short}
_REGION = re.compile(
    # Abbreviations are common words, too ("Miss.", "OR"): only after a town's name and a comma.
    r"\b[A-Z][\w.’'-]*, ?(?P<short>"
    + "|".join(sorted(map(re.escape, _ABBREVIATED), key=len, reverse=True))
    + r")(?!\w)"
    r"|\b(?P<name>" + "|".join(sorted(map(re.escape, _NAMED), key=len, reverse=True)) + r")\b"
)


def regions_in(text: str) -> Counter[str]:
    """Return how often the text names each region, by its full name."""
    return Counter(
        _NAMED[match["name"]] if match["name"] else _ABBREVIATED[match["short"]] for match in _REGION.finditer(text)
    )
