"""One report file, several commands that each write their part."""

from benchmarks.report import put, with_blocks_of


def test_a_block_is_added_once_and_then_replaced_in_its_place(tmp_path):
    path = tmp_path / "report.md"
    path.write_text("# Figures\n\nBy hand.\n")
    put(path, "speed", "old")
    put(path, "memory", "much")
    put(path, "speed", "new, with a \\1 and a\nsecond line")
    text = path.read_text()
    assert text.startswith("# Figures\n\nBy hand.\n\n<!-- begin speed -->\nnew, with a \\1 and a\nsecond line\n")
    assert text.endswith("<!-- begin memory -->\nmuch\n<!-- end memory -->\n")
    assert "old" not in text


def test_a_report_that_is_not_there_is_made(tmp_path):
    put(tmp_path / "new.md", "speed", "fast")
    assert (tmp_path / "new.md").read_text() == "<!-- begin speed -->\nfast\n<!-- end speed -->\n"


def test_who_writes_the_rest_anew_keeps_the_blocks(tmp_path):
    path = tmp_path / "report.md"
    assert with_blocks_of(path, "# New\n") == "# New\n"
    put(path, "speed", "fast")
    put(path, "memory", "much")
    path.write_text("# Old\n\n" + path.read_text())
    text = with_blocks_of(path, "# New\n")
    assert "# Old" not in text
    assert text == (
        "# New\n\n<!-- begin speed -->\nfast\n<!-- end speed -->\n\n<!-- begin memory -->\nmuch\n<!-- end memory -->\n"
    )
