"""Who says what, in sentences about an invented country: Velmora, its towns Ostrel and Dorn, and the people there."""

import pytest

from tracker.analysis.pipeline import analyse
from tracker.analysis.types import Modality, Polarity, Quotation, SourceKind


def said(text):
    """(name, cue, content) of each statement."""
    return [(s.source.name if s.source else None, s.cue.text if s.cue else None, s.content.text) for s in analyse(text)]


def only(text):
    found = analyse(text)
    assert len(found) == 1, said(text)
    return found[0]


class TestSpans:
    def test_the_cue_stands_before_the_content(self):
        assert said("Danil Vesk said the rebels had left Dorn.") == [
            ("Danil Vesk", "said", "the rebels had left Dorn"),
        ]

    def test_the_cue_stands_after_the_content(self):
        assert said("The rebels had left Dorn, Danil Vesk said.") == [
            ("Danil Vesk", "said", "The rebels had left Dorn"),
        ]

    def test_the_cue_stands_inside_the_content(self):
        statement = only("The shelling, residents said, lasted three hours.")
        assert [statement.content.text, len(statement.content.spans)] == ["The shelling lasted three hours", 2]

    def test_according_to_attributes(self):
        assert said("According to Danil Vesk, the rebels withdrew on Monday.") == [
            ("Danil Vesk", "According to", "the rebels withdrew on Monday"),
        ]

    def test_according_to_attributes_at_the_end_as_well(self):
        assert said("The rebels withdrew on Monday, according to Danil Vesk.") == [
            ("Danil Vesk", "according to", "The rebels withdrew on Monday"),
        ]

    def test_a_quotation_over_two_sentences_is_one_content(self):
        statement = only('"We left at dawn. Nobody stopped us," Mirela Tovan said.')
        assert statement.content.text == '"We left at dawn. Nobody stopped us,"'
        assert statement.quotation is Quotation.DIRECT

    def test_a_quotation_broken_off_and_taken_up_is_one_statement(self):
        statement = only('"We left at dawn," said Mirela Tovan, a farmer. "There was nothing to eat."')
        assert statement.content.text == '"We left at dawn," "There was nothing to eat."'

    def test_a_quotation_goes_on_over_paragraphs(self):
        statement = analyse("“We waited,” Vesk said. “Then it began.\n\n“The bridge fell,” he added.")[-1]
        assert statement.content.text == "“Then it began. “The bridge fell,”"

    def test_a_quotation_after_a_colon_and_a_new_paragraph_is_attributed(self):
        assert said('Danil Vesk continued:\n\n"Nobody was hurt and nobody will be."') == [
            ("Danil Vesk", "continued", '"Nobody was hurt and nobody will be."'),
        ]

    def test_words_partly_quoted_are_a_mixed_quotation(self):
        assert only('Danil Vesk said the raid was "a grave mistake" by the army.').quotation is Quotation.MIXED

    def test_coordinated_cues_are_statements_of_one_source(self):
        text = "The Dorn Coalition said 300 civilians are still in Ostrel and expressed concern for their safety."
        assert said(text) == [
            ("Dorn Coalition", "said", "300 civilians are still in Ostrel"),
            ("Dorn Coalition", "expressed", "concern for their safety"),
        ]

    def test_a_participle_carries_a_statement_of_its_own(self):
        found = said("Danil Vesk warned that more raids would follow, saying that the army was ready.")
        assert found == [
            ("Danil Vesk", "warned", "that more raids would follow"),
            ("Danil Vesk", "saying", "that the army was ready"),
        ]

    def test_a_clause_strayed_behind_a_statement_is_found(self):
        text = "The main rebel group, the Ostrel Front, said in a statement posted online that its fighters had left."
        assert said(text) == [("Ostrel Front", "said in a statement posted online", "that its fighters had left")]

    def test_a_remark_of_the_writer_after_a_dash_is_left_out(self):
        text = "Danil Vesk said he will stay until the vote – effectively rejecting a demand of the rebels."
        assert said(text)[0][2] == "he will stay until the vote"

    def test_hearsay_has_no_source_and_is_hedged(self):
        statement = only("Rebels are believed to have left the town.")
        assert statement.source is None
        assert statement.content.text == "Rebels to have left the town"
        assert statement.modality is Modality.HEDGED

    @pytest.mark.parametrize(
        "text",
        [
            "Vesk did not say how many soldiers had died.",
            "Vesk declined to comment.",
            "Vesk neither confirmed nor denied that the town had fallen.",
            "The army did not deny that it had shelled the market.",
            "The army attacked Ostrel and backed its allies in Dorn.",
            "Vesk said nothing.",
            "The raid claimed twelve lives in Dorn.",
            "It rained in Dorn on Monday.",
        ],
    )
    def test_silence_and_deeds_are_no_statements(self, text):
        assert said(text) == []


class TestNesting:
    def test_a_chain_is_nested(self):
        outer, inner = analyse("Velmoran state television said that army troops said they had retaken Ostrel.")
        assert (outer.parent, inner.parent) == (None, 0)
        assert (outer.source.name, inner.source.name) == ("Velmoran state television", "army troops")

    def test_we_inside_a_quotation_is_its_speaker(self):
        outer, inner = analyse('"We believe that the bridge will hold," Mirela Tovan said.')
        assert inner.source.passage.text == "We"
        assert (outer.source.name, inner.source.name) == ("Mirela Tovan", "Mirela Tovan")

    def test_who_is_quoted_as_saying_is_the_source(self):
        assert said("The Daily Courier quoted officials as saying that the dam was safe.") == [
            ("unnamed officials", "saying", "that the dam was safe"),
        ]


class TestSources:
    def test_pronouns_are_the_one_who_spoke_last(self):
        assert [s.source.name for s in analyse("Ana Brod said the roof fell. She said two people were hurt.")] == [
            "Ana Brod",
            "Ana Brod",
        ]

    def test_a_last_name_is_the_full_name_given_before(self):
        found = analyse("Danil Vesk said the town was calm. No shots were heard, Vesk said.")
        assert found[1].source.name == "Danil Vesk"
        assert found[1].source.passage.text == "Vesk"

    def test_who_is_the_person_before_it(self):
        found = analyse("The report was denied by Danil Vesk, who said the town was calm.")
        assert found[-1].source.name == "Danil Vesk"

    def test_a_short_name_is_the_body_named_in_full(self):
        text = "The Velmoran Observatory for Civil Rights said 12 people died. The Observatory said 30 were wounded."
        assert [s.source.name for s in analyse(text)] == ["Velmoran Observatory for Civil Rights"] * 2

    def test_an_acronym_is_the_body_named_in_full(self):
        text = "The Ostrel Monitoring Group (OMG) said 12 people died. OMG said 30 others were wounded."
        assert [s.source.name for s in analyse(text)] == ["Ostrel Monitoring Group"] * 2

    def test_it_and_the_group_are_the_body_that_spoke_last(self):
        text = "The Ostrel Monitoring Group said 12 people died. It said 30 were hurt. The group said two were missing."
        assert [s.source.name for s in analyse(text)] == ["Ostrel Monitoring Group"] * 3

    def test_the_army_is_not_the_rebels(self):
        assert [
            s.source.name for s in analyse("Rebels said they took the airport. The army said it held the airport.")
        ] == [
            "rebels",
            "army",
        ]

    def test_a_title_is_no_part_of_a_name(self):
        assert only("Prime Minister Ivo Marek said the talks had failed.").source.name == "Ivo Marek"
        assert only("According to Col. Danil Vesk, the rebels withdrew.").source.name == "Danil Vesk"

    def test_a_place_is_not_a_body_named_after_it(self):
        text = "The Dorn Relief Group said two people died. Dorn said it was calm."
        assert [s.source.name for s in analyse(text)] == ["Dorn Relief Group", "Dorn"]

    def test_an_apposition_names_the_body(self):
        source = only("The main opposition group, the Dorn National Coalition, said the talks had failed.").source
        assert (source.name, source.kind) == ("Dorn National Coalition", SourceKind.ORGANISATION)

    def test_an_apposition_describes_the_person(self):
        source = only("Mirela Tovan, a farmer from Ostrel, said the road was closed.").source
        assert (source.name, source.description) == ("Mirela Tovan", "a farmer from Ostrel")

    def test_the_body_behind_a_person_is_kept(self):
        source = only("The UN's envoy, Lena Horvat, said that aid had reached the camp.").source
        assert (source.name, source.organisation) == ("Lena Horvat", "UN")

    def test_who_is_not_named_stays_so_with_number_and_wish(self):
        source = only("Two officials, speaking on condition of anonymity, said the talks had failed.").source
        assert (source.kind, source.name, source.number) == (SourceKind.UNNAMED, "unnamed officials", 2)
        assert source.anonymity == "speaking on condition of anonymity"

    def test_the_country_of_an_official_is_added_where_it_is_plain(self):
        text = (
            "Velmoran troops entered Dorn. Velmoran state television said the Velmoran army held the square.\n\n"
            "A government official said the road was open."
        )
        assert analyse(text)[-1].source.name == "unnamed Velmoran government official"

    def test_no_country_is_added_where_it_is_not_plain(self):
        assert only("A government official said the road was open.").source.name == "unnamed government official"

    def test_asking_for_anonymity_is_no_statement(self):
        source = only("A witness, who asked not to be named, said by phone that the shelling had stopped.").source
        assert (source.name, source.anonymity) == ("unnamed witness", "asked not to be named")

    def test_a_paper_speaks_for_its_author(self):
        assert only("The army's statement said two soldiers died.").source.name == "army"

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("Velmoran state media said the square was taken.", SourceKind.STATE_MEDIA),
            ("The Dorn Observatory for Peace said the square was taken.", SourceKind.MONITOR),
            ("The army said the square was taken.", SourceKind.ARMED_FORCE),
            ("The Foreign Ministry said the square was taken.", SourceKind.GOVERNMENT),
            ("The United Nations said the square was taken.", SourceKind.INTERNATIONAL_BODY),
            ("Mirela Tovan said the square was taken.", SourceKind.PERSON),
            ("A witness said the square was taken.", SourceKind.UNNAMED),
            ("The Velmoran News Agency said the square was taken.", SourceKind.NEWS_MEDIA),
            ("The Marek administration said the square was taken.", SourceKind.GOVERNMENT),
        ],
    )
    def test_the_kind_of_a_source_is_told_by_its_words(self, text, kind):
        assert only(text).source.kind is kind


class TestDenials:
    def test_a_denial_denies_its_content(self):
        statement = only("The Velmoran army denied that its planes had bombed the hospital.")
        assert statement.polarity is Polarity.DENIES
        assert statement.content.text == "that its planes had bombed the hospital"
        assert statement.decided_by == ("denied",)

    def test_a_claim_denied_by_another_points_back_and_that_other_says_more(self):
        text = (
            "A government official said the army left a road open to families, a claim denied by Danil Vesk, "
            "who said hundreds of people were trapped in Ostrel."
        )
        official, denial, own = analyse(text)
        assert official.content.text == "the army left a road open to families"
        assert (denial.source.name, denial.polarity) == ("Danil Vesk", Polarity.DENIES)
        assert denial.content.spans == official.content.spans
        assert (own.source.name, own.polarity) == ("Danil Vesk", Polarity.AFFIRMS)
        assert own.content.text == "hundreds of people were trapped in Ostrel"

    @pytest.mark.parametrize(
        "denial",
        [
            "The army denied this.",
            "The report was dismissed by the army.",
            "The army called the claim a lie.",
            "The army described the report as false.",
            "The army rejected the claim.",
            "The army said the claim was false.",
        ],
    )
    def test_a_denial_of_a_mere_pointer_denies_what_was_said_before(self, denial):
        claim, refusal = analyse(f"Rebels said they had taken the airport. {denial}")
        assert refusal.polarity is Polarity.DENIES
        assert refusal.content.spans == claim.content.spans

    @pytest.mark.parametrize(
        "remark",
        [
            "The branch was part of the League until the League disowned it in May.",
            "Norland dismisses the Chronicles reporting as biased.",
        ],
    )
    def test_what_points_back_to_no_assertion_denies_none(self, remark):
        claim, *others = analyse(f"The monitor said a strike on Dravik had killed 18 people. {remark}")
        assert all(other.content.spans != claim.content.spans for other in others)

    def test_who_says_that_reports_are_false_denies_them(self):
        statement = only("The army said reports that it had shelled the market were false.")
        assert (statement.polarity, statement.content.text) == (Polarity.DENIES, "that it had shelled the market")

    def test_reports_that_are_denied_are_named_by_their_clause(self):
        statement = only("President Ivo Marek rejected reports that he would resign.")
        assert (statement.polarity, statement.content.text) == (Polarity.DENIES, "that he would resign")


class TestModality:
    @pytest.mark.parametrize(
        ("text", "modality"),
        [
            ("Danil Vesk said the town was calm.", Modality.ASSERTED),
            ("Danil Vesk said the town may fall.", Modality.HEDGED),
            ("Danil Vesk urged both sides to stop firing.", Modality.APPEAL),
            ("Danil Vesk called on the army to withdraw.", Modality.APPEAL),
            ("Danil Vesk vowed to return.", Modality.INTENTION),
            ("Danil Vesk hopes that the talks succeed.", Modality.INTENTION),
            ("Danil Vesk believes that the town will fall.", Modality.BELIEF),
            ("Danil Vesk expressed concern for the families.", Modality.BELIEF),
            ("Danil Vesk condemned the raid.", Modality.BELIEF),
            ("Danil Vesk asked whether the bridge was open.", Modality.QUESTION),
            ('"Who opened fire on us?" asked Danil Vesk.', Modality.QUESTION),
        ],
    )
    def test_the_act_is_told_by_cue_and_content(self, text, modality):
        statement = only(text)
        assert statement.modality is modality
        assert statement.checkable is (modality in (Modality.ASSERTED, Modality.HEDGED))


class TestFigures:
    def test_the_figures_of_a_content_are_with_it(self):
        statements = analyse("Mirela Tovan said at least 17 houses were destroyed. The army said two soldiers died.")
        assert [[q.best for q in s.quantities] for s in statements] == [[17], [2]]
