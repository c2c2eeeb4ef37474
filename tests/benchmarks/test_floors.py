"""The floors must be honest: they do what they say, in the form that the scorer reads."""

from benchmarks import floors


def spans(text, statement):
    return {role: text[slice(*statement[role]["spans"][0])] for role in ("source", "cue", "content")}


def statements(text):
    (answer,) = floors.attribution([{"id": "d", "text": text}])
    return [spans(text, one) for one in answer["statements"]]


def test_attribution_finds_who_said_what_after_the_verb():
    assert statements("Ilse Varn said that the ferry was late.") == [
        {"source": "Ilse Varn", "cue": "said", "content": "the ferry was late."}
    ]


def test_attribution_finds_a_quotation_before_the_verb_in_either_order():
    assert statements("“We had flour on board,” Varn said") == [
        {"source": "Varn", "cue": "said", "content": "“We had flour on board,”"}
    ]
    assert statements("“We had flour on board,” said Varn") == [
        {"source": "Varn", "cue": "said", "content": "“We had flour on board,”"}
    ]


def test_attribution_finds_nothing_without_a_verb_of_saying():
    assert statements("The ferry to Karsk was late.") == []


def test_stance_is_always_the_most_common_label():
    rows = [{"id": n, "stance": label} for n, label in enumerate(["refutes", "supports", "refutes"])]
    assert [answer["stance"] for answer in floors.stance(rows)] == ["refutes"] * 3


def test_matching_ranks_the_claim_with_the_rare_common_word_first():
    claims = [
        {"id": "a", "text": "the ferry to Karsk was late"},
        {"id": "b", "text": "the bridge at Osk was late"},
        {"id": "c", "text": "the mill was late"},
    ]
    (answer,) = floors.matching([{"id": "q", "text": "Was the Osk crossing late?"}], claims)
    assert answer["ranking"][0] == "b"
    assert set(answer["ranking"]) == {"a", "b", "c"}


def test_counts_takes_the_first_number_near_a_word_for_killing():
    def killed(text):
        (answer,) = floors.counts([{"id": "d", "title": "", "text": text}])
        return answer["killed"] and answer["killed"]["best"]

    assert killed("On Tuesday 1,200 people were killed and nine injured.") == 1200
    assert killed("The shelling killed at least seven villagers.") == 7
    assert killed("Twelve houses burnt down.") is None


def test_grouping_leaves_every_document_alone():
    groups = [answer["group"] for answer in floors.grouping([{"id": "x"}, {"id": "y"}])]
    assert len(set(groups)) == 2
