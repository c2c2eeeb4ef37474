"""What a web page says beside its story: sign-in forms, sharing buttons, newsletters, rights, the site's name.

Two pages of one site share their furniture, whatever they report, so it must go before pages are compared. Lines are
told by what they say, or because pages of different weeks carry the very same one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date

from tracker.analysis.measures import word_set

# A line that stands on this many pages whose days are further apart than DAYS_APART is the site's, not the story's:
# a wire story, too, stands on many pages in the same words, but not for weeks.
REPEATED = 3
DAYS_APART = 10

# Words of which a line must hold one before it is searched for the phrases below: most lines hold none.
_HINTS = word_set(
    """
    javascript java script cookies cookie adblock blocker blockers rights published reproduced redistributed copyright
    sign signing signed log logged login logout newsletter newsletters subscribe subscriber subscribers subscription
    subscriptions terms privacy policy confirmation verification mail email notification notifications spam junk
    registering subscribing account clicks articles stories zip zipcode digital delivery saving location trouble
    contributed check developing breaking embed skip loginwidget
    """
)
_LETTERS = re.compile(r"[a-z]+")
_SAYS_SO = re.compile(
    r"""
      \b(?:enable|requires?|turn\ on)\ (?:java ?script|cookies)\b | \bad[- ]?block
    | \ball\ rights\ reserved\b | \bmay\ not\ be\ (?:published|reproduced|redistributed)\b | ^\W*copyright\b
    | \bsign(?:ing)?[- ](?:in|up|out)\b.{0,60}
      \b(?:account|profile|newsletters?|e-?mails?|alerts?|digital|access|us|today|free)\b
    | \blog(?:ged)?[- ]?(?:in|out)\b | \bnewsletters?\b | \bsubscri(?:be|ber|bers|bing|ption|ptions)\b
    | \bterms\ (?:of\ (?:service|use)|and\ conditions)\b | \b(?:privacy|cookies?)\ policy\b
    | \b(?:confirmation|verification)\ (?:e-?mail|message|link)\b | \be-?mail\ (?:notifications?|alerts?|address)\b
    | \bspam\ (?:or\ junk|folder)\b | \bthank\ you\ for\ (?:registering|signing)\b
    | \b(?:already|don't)\ have\ an\ account\b | \b(?:clicks|articles|stories)\ (?:used|left|remaining)\ this\ month\b
    | \bzip\ ?code\b | \b(?:digital\ access|home\ delivery)\b | \{\*
    | \bnotification\ has\ been\b | \bproblem\ saving\b | \btweets?\ with\ a\ location\b | \ba\ location\ to\ your\b
    | \bhaving\ trouble\ (?:viewing|watching)\b | \bcontributed\ to\ this\ (?:report|story|article)\b
    | \bcheck\ back\ (?:for|later|soon)\b | \bthis\ is\ a\ (?:developing|breaking)\ (?:story|news)\b
    | ^\W*(?:skip|x\ embed|embed\ x)\b.{0,60}$
    """,
    re.VERBOSE,
)
# Lines that begin by asking the reader to do something, and say where.
_ASKS = re.compile(
    r"^\W*(?:follow|like|join|find|visit|download|watch|listen|click|share|read more|get|stay|send|text|scroll)\b"
    r".{0,160}\b(?:facebook|twitter|instagram|youtube|apps?|mobile|inbox|alerts?|below|here)\b"
    r"|^\W*(?:read|more|related|also|watch|see|don't miss)\s*(?:more|also|stories|from [\w.]+)?\s*[:|]"
    r"|^\W*[\w.+-]+@[\w-]+\.\w+\W*$|^\W*\(c\)"
    r"|^\W*\d{1,2}:\d\d\s+[a-z]"  # a clip's length before its title
)
# A row of clips: lengths and titles by turns.
_CLIPS = re.compile(r"\W{0,9}\d{1,2}:\d\d\s+[A-Z“‘'\"].{1,200}?\d{1,2}:\d\d\s+[A-Z“‘'\"]")
# Buttons and labels: nothing else on the line.
_BUTTON = re.compile(
    r"""
    ^\W*(?:advertis(?:e|ement|ing)|e-?mail|print|pinterest|google(?:\+|\ plus)?|facebook|twitter|reddit|linkedin|tumblr
    |pocket|whatsapp|more|close|share|tweet|comments?|photos?|news|videos?|enlarge|vote|loading|play|pause|save|next
    |previous|back|home|menu|search|tags?|topics?|buy\ photos?|(?:copy\ )?link|show\ transcript|hide\ transcript
    |caption|caption\ close|view\ (?:results|gallery|slideshow|comments)|(?:like|share)\ this|like\ loading
    |related(?:\ (?:articles?|content|stor(?:y|ies)|links?|news|coverage|videos?))?)
    (?:[\s:.…|•·>»-]+(?:facebook|twitter|e-?mail|print|pinterest|google\+?|more|like|loading|copy
    |show\ transcript))*\W*$
    """,
    re.VERBOSE,
)
_LONGEST_BUTTON = 80
_LONGEST_TITLE = 300  # a longer one is a text in the wrong field; its beginning says enough
_PARTING = re.compile(r"\s+[-–—|»]+\s+|\s*\|\s*")
# What follows a dash in a headline and names the site: its business, its address, a call sign, "Town, State".
_SITE = re.compile(
    r"\b(?:News|Weather|Sports|TV|Television|Channel|Radio|Live|Online)\b|\w\.(?:com|net|org|tv|info)\b|\b[KW][A-Z]{2,3}\b"
    r"|^[A-Z][\w. ]+, (?:[A-Z]{2}|[A-Z][a-z]+(?: [A-Z][a-z]+)?)$"
    r"|\b(?:Times|Tribune|Herald|Post|Gazette|Journal|Press|Sun|Star|Chronicle|Observer|Mail|Courier|Dispatch|Register)$"
)
_FLAG = re.compile(r"^(?:UPDATED?|BREAKING(?: NEWS)?|VIDEO|PHOTOS?|WATCH|LISTEN|EXCLUSIVE)\s*[:|–—-]\s*", re.IGNORECASE)
_LONGEST_LINE = 400  # a longer one is a paragraph, whatever words are in it; rights and forms are short


def headline(title: str) -> str:
    """Return the title without the site's name after it and flags like "UPDATE:" before it."""
    first, *rest = _PARTING.split(title[:_LONGEST_TITLE].strip())
    kept = [first]
    for part in rest:
        if _SITE.search(part):
            break
        kept.append(part)
    return _FLAG.sub("", " ".join(kept)).strip()


def is_furniture(line: str) -> bool:
    """Whether a line says of itself that it is the page's and not the story's."""
    if len(line) > _LONGEST_LINE:
        return _CLIPS.match(line) is not None
    lower = line.lower().replace("’", "'")
    if "©" in lower or _ASKS.match(lower) or (len(lower) <= _LONGEST_BUTTON and _BUTTON.match(lower)):
        return True
    return not _HINTS.isdisjoint(_LETTERS.findall(lower)) and _SAYS_SO.search(lower) is not None


def without_furniture(pages: Sequence[tuple[str, date | None]]) -> list[str]:
    """Return each text without its furniture, its blank lines too. A page is a text and its day of publication."""
    lines = [[line for line in (raw.strip() for raw in text.split("\n")) if line] for text, _ in pages]
    seen: Counter[str] = Counter()
    first: dict[str, date] = {}
    last: dict[str, date] = {}
    for own, (_, day) in zip(lines, pages, strict=True):
        for line in set(own):
            seen[line] += 1
            if day is not None:
                first[line] = min(first.get(line, day), day)
                last[line] = max(last.get(line, day), day)
    sites = {
        line
        for line, pages_with in seen.items()
        if pages_with >= REPEATED and line in first and (last[line] - first[line]).days > DAYS_APART
    }
    known: dict[str, bool] = {}
    out = []
    for own in lines:
        for line in own:
            if line not in known:
                known[line] = line in sites or is_furniture(line)
        out.append("\n".join(line for line in own if not known[line]))
    return out
