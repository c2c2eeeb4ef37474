"""What a mask covers, and what it leaves: pure, without a database."""

from uuid import uuid4

import pytest

from claims.masking import MASK, Masker, Protected, parts_of


def masker(*names: str, words: tuple[str, ...] = (), **uids: frozenset[str]) -> Masker:
    return Masker(Protected(names=frozenset(names), words=frozenset(words), **uids))


KARIM = masker("Karim Haddad", "Haddad", "Abu Lail")
COVERED = {
    "as it is written": "Karim Haddad spoke.",
    "in capitals": "KARIM HADDAD SPOKE.",
    "in small letters": "by karim haddad",
    "over two lines": "said Karim\nHaddad",
    "with two spaces": "Karim  Haddad",
    "with a hard space": "Karim\u00a0Haddad",
    "with an accent": "Kàrim Haddâd",
    "with a letter and its accent apart": "Ka\u0300rim Haddad",
    "with a letter of no width": "Karim\u200bHaddad",
    "in an address": "https://outlet.example/2031/karim-haddad-speaks",
    "as a handle": "@KarimHaddad wrote",
    "with underlines": "karim_haddad",
    "in the genitive": "Haddad's shop",
    "in the German genitive": "Haddads Laden",
    "by the surname": "Mr Haddad said",
    "by the other name": "Abu-Lail",
    "in the plural of a family": "the Haddads",
}


@pytest.mark.parametrize("text", COVERED.values(), ids=COVERED)
def test_a_name_is_covered_however_it_is_written(text):
    shown = KARIM.text(text)
    assert len(shown) == len(text)
    for name in ("karim", "haddad", "lail"):
        assert name not in shown.casefold()
    assert MASK in shown


@pytest.mark.parametrize("text", ["Haddadi said", "shaddad", "tomorrow", "Kar", "", "12 dead", "Karimov"])
def test_other_words_stay(text):
    assert KARIM.text(text) == text


def test_every_other_character_keeps_its_place():
    text = "On Monday Karim Haddad said the mill burnt down."
    assert KARIM.text(text) == f"On Monday {MASK * 12} said the mill burnt down."
    assert KARIM.text(text).index("the mill") == text.index("the mill")


def test_names_that_share_letters_are_covered_whole():
    assert masker("Anna Maria", "Maria Theresa").text("Anna Maria Theresa") == MASK * 18


@pytest.mark.parametrize(
    "cut", ["… reported by Karim Had", "according to Haddad, the", "m Haddad told us", "im Haddad"]
)
def test_what_is_cut_off_is_covered_as_far_as_it_is_there(cut):
    shown = KARIM.text(cut)
    assert "had" not in shown.casefold().replace("haddad", "")
    assert "Haddad" not in shown


def test_the_first_word_of_a_body_is_no_name_by_itself():
    front = masker("National Front of Oster")
    assert front.text("The museum is national") == "The museum is national"
    assert front.text("a member of the National Fro") == "a member of the " + MASK * 12


@pytest.mark.parametrize("name", ["A", "Al", "", "—"])
def test_a_name_too_short_to_be_looked_for_blanks_no_text(name):
    assert masker(name).text("A man from Al Rif — said") == "A man from Al Rif — said"


def test_a_name_too_short_is_covered_where_it_stands_as_a_name():
    value = {"names": ["A", "B"], "reliability": "A", "discounted": [{"source": "A", "reason": "copy"}]}
    assert masker("A").value(value) == {
        "names": [MASK, "B"],
        "reliability": "A",
        "discounted": [{"source": MASK, "reason": "copy"}],
    }


@pytest.mark.parametrize(
    ("name", "text"), [("王伟", "记者王伟报道说"), ("كريم حداد", "وقال كريم حدّاد أمس"), ("كريم", "وكريم")]
)
def test_scripts_without_capitals_are_searched_inside_words(name, text):
    shown = masker(name).text(text)
    assert len(shown) == len(text)
    assert name not in shown
    assert MASK in shown


WORDS = "the depot behind the school was empty that night"


def test_protected_words_are_covered_whole_cut_off_and_in_part():
    saying = masker(words=(WORDS,))
    assert WORDS not in saying.text(f"He said {WORDS}, and left.")
    assert saying.text("He said the depot behind the sch") == "He said " + MASK * 24
    assert saying.text("was empty that night, he added") == MASK * 20 + ", he added"
    assert saying.text("behind the school was") == MASK * 21
    assert saying.text("The depot was empty.") == "The depot was empty."


def test_what_is_not_touched_is_the_same_value():
    value = {"results": [{"text": "The mill burnt down.", "n": 3, "none": None}]}
    assert KARIM.value(value) is value


def test_keys_lists_and_nested_values_are_covered():
    value = {"Karim Haddad": [["said", ("Abu Lail",)]], "n": 1.5}
    assert KARIM.value(value) == {MASK * 12: [["said", [MASK * 8]]], "n": 1.5}


def test_the_row_of_a_protected_source_says_nothing_of_it():
    uid = uuid4()
    hidden = masker("Karim Haddad", sources=frozenset({str(uid)}))
    row = {"uid": uid, "name": "K", "description": "Baker", "wikidata_id": "Q1", "kind": "person", "aliases": ["Bo"]}
    assert hidden.value([row]) == [
        {
            "uid": uid,
            "name": MASK,
            "description": MASK * 5,
            "wikidata_id": MASK * 2,
            "kind": "person",
            "aliases": [MASK * 2],
        }
    ]


def test_the_row_of_a_protected_statement_and_its_events_say_nothing_of_its_words():
    uid = str(uuid4())
    hidden = masker(statements=frozenset({uid}))
    state = {"content_text": "5 fell", "quantities": [{"best": 5}], "place": "Oster", "when": ["2031-05-04", None]}
    shown = {"content_text": MASK * 6, "quantities": [], "place": MASK * 5, "when": [None, None]}
    assert hidden.value({"uid": uid, **state, "state": "confirmed"}) == {"uid": uid, **shown, "state": "confirmed"}
    assert hidden.value({"object_uid": uid, "state": state}) == {"object_uid": uid, "state": shown}


def test_a_person_is_also_known_by_parts_of_the_name():
    assert set(parts_of("General Karim al-Haddad")) == {"Karim al-Haddad", "Karim", "al-Haddad", "Haddad"}
    assert set(parts_of("Jo Li")) == {"Jo Li"}
