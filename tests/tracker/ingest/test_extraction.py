"""Text and metadata come out of files and pages; anything else is a clear error."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tracker.ingest.errors import ErrorCode, IngestError
from tracker.ingest.extraction import Extracted, closing_credit, extract
from tracker.ingest.fetched import Fetched

MOMENT = datetime(2024, 3, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"
SEEDS = Path(__file__).resolve().parents[3] / "seeds"

PAGE = """<!doctype html>
<html lang="en-GB"><head><title>Mill burns in Orlen | Valley Mail</title>
<meta property="og:site_name" content="Valley Mail"><meta name="author" content="Ruta Hollin">
<meta property="og:title" content="Mill burns in Orlen"><meta name="description" content="A fire.">
<meta property="article:published_time" content="2024-03-12T10:05:00+02:00">
<meta property="article:modified_time" content="2024-03-12T12:00:00Z">
<link rel="canonical" href="https://mail.example/mill">
<style>p { color: red }</style></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>Mill burns in Orlen</h1>
<p>The mill
burned down on Monday,
the <b>mayor</b> said.</p>
<h2>Two hurt</h2>
<p>Two people were hurt,<br>said the fire brigade.</p>
<blockquote><p>\u201cWe lost everything,\u201d said the miller.</p></blockquote>
<ul><li>The dam held.</li><li>The road is closed.</li></ul></article>
<footer>Copyright Valley Mail</footer><script>track("reader")</script>
<noscript>Please enable JavaScript</noscript></body></html>"""


def file(payload: bytes | str, content_type: str = "text/plain", name: str = "a.txt") -> Fetched:
    payload = payload.encode() if isinstance(payload, str) else payload
    address = f"file:///desk/{name}"
    return Fetched(address, address, payload, content_type, MOMENT)


def page(payload: bytes | str, content_type: str = "text/html", address: str = "https://mail.example/mill") -> Fetched:
    payload = payload.encode() if isinstance(payload, str) else payload
    return Fetched(address, address, payload, content_type, MOMENT, status=200, reason="OK")


def markdown(text: str) -> Extracted:
    return extract(file(text, "text/markdown", "a.md"))


def failure(fetched: Fetched) -> IngestError:
    with pytest.raises(IngestError) as caught:
        extract(fetched)
    return caught.value


# Plain text


@pytest.mark.parametrize(
    "text",
    ["He said so.", "\n\nHe said\r\n\r\nso.\r", "Tab\tand form feed\x0c and \u2028.", "  \u00a0 He said so. \n\n"],
)
def test_plain_text_is_kept_to_the_character(text: str) -> None:
    assert extract(file(text)).text == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_the_encoding_is_found(encoding: str) -> None:
    text = "\u201cThe caf\u00e9 is gone,\u201d said the mayor of Orlen \u2013 and nobody was hurt."
    assert extract(file(text.encode(encoding))).text == text


def test_another_alphabet_is_not_taken_for_western() -> None:
    text = "Мэр сообщил, что мост через реку был закрыт для движения ещё в понедельник утром."
    assert extract(file(text.encode("cp1251"))).text == text
    assert extract(file(text.encode("utf-16"))).text == text


def test_the_encoding_that_the_server_names_is_believed() -> None:
    text = "Старый мост"
    assert extract(page(text.encode("koi8-r"), "text/plain; charset=KOI8-R")).text == text


@pytest.mark.parametrize("label", ["nonsense", "hex", "unicode_escape", "utf-7", "idna", "undefined", "utf-16"])
def test_an_encoding_that_cannot_be_is_not_believed(label: str) -> None:
    text = "He said \\u0041 so in a caf\u00e9."
    assert extract(page(text, f"text/plain; charset={label}")).text == text
    assert extract(page(text.encode("cp1252"), f"text/plain; charset={label}")).text == text


def test_latin_1_means_what_browsers_take_it_for() -> None:
    assert extract(page(b"\x93Yes,\x94 he said.", "text/plain; charset=ISO-8859-1")).text == "\u201cYes,\u201d he said."


def test_characters_that_cannot_be_stored_are_replaced_one_for_one() -> None:
    assert extract(file("He said\x00 so, and went away.")).text == "He said\ufffd so, and went away."


def test_broken_utf8_is_an_error_in_a_file_and_noted_on_a_page() -> None:
    broken = "Caf\u00e9, na\u00efve, fa\u00e7ade, he said: ".encode() + b"\xff."
    error = failure(file(broken))
    assert error.code is ErrorCode.BAD_ENCODING
    assert "/desk/a.txt" in str(error)
    extracted = extract(page(broken, "text/plain"))
    assert extracted.text.endswith("he said: \ufffd.")
    assert extracted.metadata == {"encoding": "utf-8", "replaced_bytes": 1}


@pytest.mark.parametrize("payload", [b"\xff\xfeH\x00i", b"\xef\xbb\xbfCaf\xe9", b"\xfe\xff\xd8\x00\x00A"])
def test_a_byte_order_mark_is_a_promise(payload: bytes) -> None:
    assert failure(file(payload)).code is ErrorCode.BAD_ENCODING


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Mill burns in Orlen\n\nThe mayor said so.", "Mill burns in Orlen"),
        ("\nMill burns: who did it?\r\n\r\nThe mayor said so.", "Mill burns: who did it?"),
        ("The mill burned down.\n\nThe mayor said so.", None),
        ("\u201cIt burned down.\u201d\n\nThe mayor said so.", None),
        ("Mill burns in Orlen\nThe mayor said so.", None),
        ("Mill burns in Orlen", None),
        ("x " * 100 + "\n\nThe mayor said so.", None),
    ],
)
def test_the_first_line_is_the_title_where_it_looks_like_one(text: str, title: str | None) -> None:
    assert extract(file(text)).title == title


@pytest.mark.parametrize(
    ("last", "credit"),
    [
        ("\u2013 Meridian Press", "Meridian Press"),
        ("\u2014\u00a0Meridian-AB", "Meridian-AB"),
        ("-- Meridian Press Agency", "Meridian Press Agency"),
        ("\u2013 and nobody said more", None),
        ("- The mayor said that the mill had burned down on Monday", None),
        ("Meridian Press", None),
    ],
)
def test_the_agency_after_a_dash_on_the_last_line_is_the_credit(last: str, credit: str | None) -> None:
    assert closing_credit(f"The mayor said so.\n{last}\n") == credit
    assert closing_credit(last) is None


# Markdown


def test_front_matter_is_read_and_cut_off() -> None:
    extracted = markdown(
        "---\nurl: https://mail.example/mill\ntitle: Mill burns\npublisher: Valley Mail\npublisher_kind: news media\n"
        "credit: Meridian Press\nbyline: Ruta Hollin\npublished_at: 2024-03-12T10:05:00+02:00\n"
        "updated_at: 2024-03-12 12:00\nlanguage: en\ndossier: orlen\nstate: corrected\nfictional: true\n"
        "tags: [fire, mill]\n---\n\nThe mayor said so.\n\nHe left.\n"
    )
    assert extracted == Extracted(
        text="The mayor said so.\n\nHe left.",
        title="Mill burns",
        publisher="Valley Mail",
        publisher_kind="news media",
        credit="Meridian Press",
        byline="Ruta Hollin",
        published_at=datetime.fromisoformat("2024-03-12T10:05:00+02:00"),
        updated_at=datetime(2024, 3, 12, 12, 0, tzinfo=UTC),
        language="en",
        dossier="orlen",
        state="corrected",
        url="https://mail.example/mill",
        metadata={"encoding": "utf-8", "fictional": True, "tags": ["fire", "mill"]},
        extractor="markdown",
    )


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-03-12", datetime(2024, 3, 12, tzinfo=UTC)),
        ("2024-03-12T10:05:00", datetime(2024, 3, 12, 10, 5, tzinfo=UTC)),
        ("'2024-03-12T10:05Z'", datetime(2024, 3, 12, 10, 5, tzinfo=UTC)),
        ("", None),
    ],
)
def test_a_moment_without_a_zone_is_in_utc(written: str, moment: datetime | None) -> None:
    assert markdown(f"---\npublished_at: {written}\n---\nHe said so.").published_at == moment


def test_the_language_code_of_norway_is_no_boolean() -> None:
    assert markdown("---\nlanguage: no\n---\nHan sa det.").language == "no"


def test_markdown_without_front_matter_is_kept_to_the_character() -> None:
    text = "# Mill burns\n\nThe mayor said so.\n"
    assert markdown(text).text == text
    assert markdown(text).title == "Mill burns"
    assert markdown("---\n\nA rule and a text.").text == "---\n\nA rule and a text."


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("title: [Mill", "line 3"),
        ("title: Mill: burns", "line 2"),
        ("- title\n- Mill", "name: value"),
        ("published_at: 2024-13-45", "month"),
        ("published_at: last Monday", "published_at"),
        ("published_at: [1]", "published_at"),
        ("title: {a: b}", "title"),
        ("title: 0x" + "f" * 5000, "title"),
        ("published_at: 9999-12-31T23:59:59-12:00", "published_at"),
        ("published_at: '9999-12-31T23:59:59-12:00'", "published_at"),
        ("published_at: 0001-01-01T00:00:00+12:00", "published_at"),
        ("published_at: 0001-01-01", "published_at"),
        ("publisher_kind: unnamed", "publisher_kind"),
        ("dossier: " + "d" * 101, "100"),
        ("dossier: My Dossier / 2", "dossier"),
        ("url: https://e.example/" + "u" * 3000, "2,000"),
        ("state: burned", "state"),
        ("a: &a [1]\nb: *a", "line 3"),
        ("a: !!python/object/apply:os.getcwd []", "python/object"),
        ("[" * 20_000, "YAML"),
        ("a: " + "x" * 70_000, "64,000"),
        ("? [a]\n: b", "unhashable"),
        ("\x07", "YAML"),
    ],
)
def test_front_matter_that_cannot_be_used_is_an_error_that_says_where(header: str, told: str) -> None:
    error = failure(file(f"---\n{header}\n---\nHe said so.", "text/markdown", "a.md"))
    assert error.code is ErrorCode.BAD_FRONT_MATTER
    assert "/desk/a.md" in str(error)
    assert told in str(error)
    assert len(str(error)) < 700


def test_front_matter_that_is_never_closed_is_an_error() -> None:
    assert failure(file("---\ntitle: Mill\n\nHe said so.", "text/markdown")).code is ErrorCode.BAD_FRONT_MATTER


def test_front_matter_alone_is_no_text() -> None:
    assert failure(file("---\ntitle: Mill\n---\n", "text/markdown")).code is ErrorCode.NO_TEXT


@pytest.mark.parametrize("path", sorted(SEEDS.glob("*-*.md")), ids=lambda path: path.stem)
def test_each_seed_is_read(path: Path) -> None:
    extracted = extract(file(path.read_bytes(), "text/markdown", path.name))
    assert extracted.url
    assert extracted.title
    assert extracted.publisher
    assert extracted.published_at
    assert not extracted.text.startswith("---")
    assert "url" not in extracted.metadata


# HTML


def test_a_page_gives_its_text_in_paragraphs_and_what_it_says_about_itself() -> None:
    extracted = extract(page(PAGE))
    assert extracted.text == (
        "Mill burns in Orlen\n\nThe mill burned down on Monday, the mayor said.\n\nTwo hurt\n\n"
        "Two people were hurt,\nsaid the fire brigade.\n\n\u201cWe lost everything,\u201d said the miller.\n\n"
        "The dam held.\n\nThe road is closed."
    )
    assert extracted.title == "Mill burns in Orlen"
    assert extracted.publisher == "Valley Mail"
    assert extracted.byline == "Ruta Hollin"
    assert extracted.published_at == datetime.fromisoformat("2024-03-12T10:05:00+02:00")
    assert extracted.updated_at == datetime(2024, 3, 12, 12, 0, tzinfo=UTC)
    assert extracted.language == "en"
    assert extracted.url == "https://mail.example/mill"
    assert extracted.metadata == {"encoding": "utf-8", "description": "A fire."}
    assert extracted.extractor == "trafilatura"


def test_reading_a_page_twice_gives_the_same() -> None:
    assert extract(page(PAGE)) == extract(page(PAGE))


def test_the_date_is_found_in_linked_data() -> None:
    linked = json.dumps({"@graph": [{"@type": "NewsArticle", "datePublished": "2024-03-11T08:00:00+01:00"}]})
    body = (
        f'<html><head><script type="application/ld+json">{linked}</script></head><body><p>He said so.</p></body></html>'
    )
    assert extract(page(body)).published_at == datetime.fromisoformat("2024-03-11T08:00:00+01:00")


def test_a_page_cannot_pass_itself_off_as_another_site() -> None:
    stolen = PAGE.replace("https://mail.example/mill", "https://famous.example/mill")
    assert extract(page(stolen)).url == "https://mail.example/mill"
    assert extract(page("---\nurl: https://famous.example/\n---\nHe said so.", "text/markdown")).url == (
        "https://mail.example/mill"
    )


def test_a_saved_page_keeps_the_address_that_it_names() -> None:
    assert extract(file(PAGE, "text/html", "a.html")).url == "https://mail.example/mill"
    assert extract(file("<html><body><p>He said so.</p></body></html>", "text/html")).url is None


def test_a_page_says_in_which_encoding_it_is() -> None:
    body = "<html><head><meta charset=windows-1251></head><body><p>Мэр сказал так.</p></body></html>"
    assert extract(page(body.encode("cp1251"))).text == "Мэр сказал так."
    xhtml = '<?xml version="1.0" encoding="utf-8"?><html><body><p>Мэр сказал так.</p></body></html>'
    assert extract(page(xhtml, "application/xhtml+xml")).text == "Мэр сказал так."


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", "", "text/html", "TEXT/HTML"])
def test_the_bytes_decide_what_is_a_page(content_type: str) -> None:
    assert extract(page(PAGE, content_type)).extractor == "trafilatura"
    assert extract(file(PAGE, "text/plain")).extractor == "trafilatura"


def test_text_that_is_called_a_page_is_text() -> None:
    assert extract(page("He said 1 < 2.", "text/html")).text == "He said 1 < 2."


@pytest.mark.parametrize(
    "body",
    [
        "<html><head><script>var a = 'He said so, and she too.'</script></head><body><div id=root></div></body></html>",
        "<!doctype html><body><noscript>Please enable JavaScript to read this.</noscript><script>go()</script></body>",
        "<html></html>",
        "<html><body><style>p { color: red }</style><img src=a.png></body></html>",
    ],
)
def test_a_page_that_only_scripts_fill_has_no_text(body: str) -> None:
    error = failure(page(body))
    assert error.code is ErrorCode.NO_TEXT
    assert "https://mail.example/mill" in str(error)


@pytest.mark.parametrize("depth", [50, 500])
def test_a_deeply_nested_page_is_read(depth: int) -> None:
    body = "<html><body>" + "<div>" * depth + "<p>He said so.</p>" + "</div>" * depth + "</body></html>"
    assert extract(page(body)).text == "He said so."


def test_a_page_nested_beyond_reason_does_no_harm() -> None:
    body = "<html><body>" + "<div>" * 50_000 + "<p>He said so.</p>"
    assert failure(page(body)).code is ErrorCode.NO_TEXT


# What is no document


@pytest.mark.parametrize(
    "payload",
    [
        PNG,
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        b"PK\x03\x04\x14\x00\x06\x00",
        gzip.compress(b"He said so.", mtime=0),
        b"RIFF\x24\x00\x00\x00WEBPVP8 ",
        bytes(range(256)) * 20,
        bytes(5_000),
    ],
)
@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "text/markdown"])
def test_a_binary_file_is_one_under_any_name(payload: bytes, content_type: str) -> None:
    error = failure(file(payload, content_type))
    assert error.code is ErrorCode.BINARY
    assert "/desk/a.txt" in str(error)


@pytest.mark.parametrize(
    "text", ["Colonel AVI Terr said so.", "ID3 is a format, he said.", "BZh9 said so.", "MZ said so."]
)
def test_a_text_that_starts_like_a_format_is_a_text(text: str) -> None:
    assert extract(file(text)).text == text


@pytest.mark.parametrize("content_type", ["application/json", "application/rss+xml", "image/svg+xml"])
def test_other_types_are_told_apart(content_type: str) -> None:
    assert failure(page('{"a": "He said so."}', content_type)).code is ErrorCode.UNSUPPORTED_TYPE


def test_a_feed_is_no_page() -> None:
    error = failure(page('<?xml version="1.0"?><rss><channel></channel></rss>', "text/html; charset=utf-8"))
    assert error.code in {ErrorCode.UNSUPPORTED_TYPE, ErrorCode.NO_TEXT}


def test_nothing_is_empty_and_blanks_are_no_text() -> None:
    assert failure(file(b"")).code is ErrorCode.EMPTY
    assert failure(file(" \n\t \u00a0")).code is ErrorCode.NO_TEXT
    assert failure(file(b"\xef\xbb\xbf")).code is ErrorCode.NO_TEXT


# Anything

CONTENT_TYPES = st.sampled_from(
    [
        *("text/plain", "text/markdown", "text/html", "application/xhtml+xml", "", "text/html; charset=utf-16"),
        *("image/png", "text/html; charset=\x00", "text/plain;charset=iso-2022-jp", "TEXT/X", "text/plain; charset='"),
    ]
)
FRAGMENTS = [
    *("<html>", "<body>", "<p>", "</p>", "<div ", "class='x'", ">", "<!--", "-->", "<script>", "</script>", "<br/>"),
    *("&#0;", "&#xD800;", "<table><tr><td>", "\x00", "<?xml?>", "<![CDATA[", "He said so. ", "<meta charset=", "é"),
    *("<html lang='-'>", '<script type="application/ld+json">{"datePublished":', "<time datetime='0001-01-01'>x"),
]
MARKUP = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=10)).map(
    lambda parts: ("<html>" + "".join(parts)).encode("utf-8", "replace")
)
HEADERS = st.tuples(
    st.text(max_size=60) | st.sampled_from(["title: x", "published_at: 0001-01-01T00:00:00+14:00"]),
    st.text(max_size=60),
).map(lambda parts: f"---\n{parts[0]}\n---\n{parts[1]}".encode("utf-8", "replace"))


@settings(deadline=None, max_examples=300)
@given(payload=st.binary(max_size=400) | MARKUP | HEADERS, content_type=CONTENT_TYPES, from_web=st.booleans())
@example(payload=b"\xff\xfe\x00\xd8", content_type="text/plain", from_web=True)
@example(payload=b"<html><p>&#xD800;", content_type="text/html", from_web=False)
@example(payload=b"---\na: .inf\nb: 1e999\nc: .nan\n---\nx", content_type="text/markdown", from_web=False)
def test_anything_is_text_that_can_be_stored_or_a_clear_error(
    payload: bytes, content_type: str, from_web: bool
) -> None:
    fetched = page(payload, content_type) if from_web else file(payload, content_type)
    try:
        extracted = extract(fetched)
    except IngestError:
        return
    assert extracted.text.strip()
    told = json.dumps(extracted.metadata, allow_nan=False)
    for value in (extracted.text, told, extracted.title or "", extracted.publisher or "", extracted.url or ""):
        value.encode("utf-8")
        assert "\x00" not in value
    for moment in (extracted.published_at, extracted.updated_at):
        assert moment is None or moment.utcoffset() is not None
