from tracker.analysis.segmentation import ParagraphKind, paragraphs, quotations


def quoted(text):
    return [[text[start:end] for start, end in q.spans] for q in quotations(text)]


def test_paragraphs_hold_every_word():
    text = "Town falls\n\nThe army took Ostrel.\nRebels fled.\n"
    assert [text[p.start : p.end] for p in paragraphs(text)] == ["Town falls", "The army took Ostrel.", "Rebels fled."]


def test_a_short_line_without_a_full_stop_is_a_heading():
    kinds = [p.kind for p in paragraphs("Roads cut\n\nThe army closed two roads.")]
    assert kinds == [ParagraphKind.HEADING, ParagraphKind.BODY]


def test_a_closing_line_of_thanks_is_a_credit():
    text = "The army left.\n\nPetra Lom in Dorn and Ivo Senk in Ostrel contributed reporting."
    assert paragraphs(text)[-1].kind is ParagraphKind.CREDIT


def test_a_dateline_is_not_part_of_the_prose():
    text = "DORN, Velmora (VNA) — The army left the town on Monday."
    block = paragraphs(text)[0]
    assert text[block.lead :].startswith("The army")


def test_hard_wrapped_lines_are_one_paragraph():
    text = (
        "The army said on Monday that it had taken the eastern quarter of\n"
        "Ostrel after three days of fighting in which the town's main road\n"
        "and both bridges were closed to traffic and the people of the\n"
        "Old Market had been told by loudspeaker to stay in their cellars\n"
        "until the shelling stopped."
    )
    assert len(paragraphs(text)) == 1


def test_every_style_of_marks_is_known():
    assert quoted("He said “we left”.") == [["“we left”"]]
    assert quoted('He said "we left".') == [['"we left"']]
    assert quoted("He said «we left».") == [["«we left»"]]
    assert quoted("He said ''we left''.") == [["''we left''"]]
    assert quoted("He said: 'We left the town.'") == [["'We left the town.'"]]


def test_an_apostrophe_opens_no_quotation():
    assert quoted("The troops' convoy didn't stop; the drivers' union protested.") == []


def test_marks_inside_marks_belong_to_the_outer_quotation():
    assert quoted("“They shouted ‘go’ at us,” she said.") == [["“They shouted ‘go’ at us,”"]]


def test_a_quotation_opened_anew_in_the_next_paragraph_goes_on():
    text = "“The road is open,” Vesk said. “People can leave.\n\n“We will let them go.”"
    assert quoted(text) == [["“The road is open,”"], ["“People can leave.", "“We will let them go.”"]]


def test_a_quotation_that_is_never_closed_ends_with_its_paragraph():
    assert quoted('"We left at dawn.\n\nThe army came later.') == [['"We left at dawn.']]


def test_a_stray_inch_mark_opens_nothing():
    assert quoted('The 12" shell hit a wall.') == []
