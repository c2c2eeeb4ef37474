"""What is said about an object: comments that name people, are never edited, and can be withdrawn."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from claims.errors import NothingSaid, NotTheAuthor, WrongState
from claims.models import Comment, Mention

LONGEST = 5000  # characters of one comment
MOST_MENTIONED = 20  # people named in one comment
_NAMED = re.compile(r"(?<![\w.@+-])@([\w.@+-]{1,150})")  # what Django allows in a user name


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a comment; ``name`` is the person's whom they mention, if they do."""

    text: str
    name: str = ""


def pieces(text: str, names: Iterable[str]) -> list[Piece]:
    """The words of a comment, parted where it mentions one of these people; together they are the text."""
    known, parts, at = set(names), list[Piece](), 0
    for found in _NAMED.finditer(text):
        name = _longest(found[1], known)
        if name is None:
            continue
        end = found.start(1) + len(name)
        parts += [Piece(text[at : found.start()]), Piece(text[found.start() : end], name)]
        at = end
    return [piece for piece in [*parts, Piece(text[at:])] if piece.text]


@transaction.atomic
def add_comment(row: Any, *, author: User, text: str) -> Comment:
    """Say something about an object. People on the staff whom it names (``@name``) find it among their mentions."""
    said = text.strip()
    if not said:
        raise NothingSaid(_("Write something first."))
    if len(said) > LONGEST:
        raise NothingSaid(_("A comment has at most %(most)s characters.") % {"most": LONGEST})
    comment = Comment.objects.create(object_type=row._meta.model_name, object_uid=row.uid, author=author, text=said)
    Mention.objects.bulk_create(Mention(comment=comment, user=user) for user in _mentioned(said))
    return comment


@transaction.atomic
def withdraw_comment(comment: Comment, *, by: User) -> Comment:
    """Take one's own comment back: that it was there stays to be seen, its words do not."""
    comment = Comment.objects.select_for_update(of=("self",)).get(pk=comment.pk)
    if comment.author_id != by.pk:
        raise NotTheAuthor(_("Only its author withdraws a comment."))
    if comment.withdrawn:
        raise WrongState(_("This comment is withdrawn already."))
    comment.withdrawn_at = timezone.now()
    comment.save(update_fields=["withdrawn_at"])
    return comment


def read_mentions(user: User, *, about: Any = None, only: Sequence[int] | None = None) -> int:
    """Note that somebody has read where he or she is named; how many were unread.

    All of them, or those about one object, or those with these ids.
    """
    unread = Mention.objects.filter(user=user, read_at__isnull=True)
    if about is not None:
        unread = unread.filter(comment__in=Comment.objects.about(about))
    if only is not None:
        unread = unread.filter(pk__in=only)
    return unread.update(read_at=timezone.now())


def _mentioned(text: str) -> list[User]:
    """The people on the staff who are named, the first ones where it names very many."""
    written = [found[1] for found in _NAMED.finditer(text)][:MOST_MENTIONED]
    possible = {name for one in written for name in _forms(one)}
    staff = User.objects.filter(is_active=True, is_staff=True, username__in=possible)
    by_name = {user.get_username(): user for user in staff}
    chosen = (_longest(one, set(by_name)) for one in written)
    return list({name: by_name[name] for name in chosen if name is not None}.values())


def _forms(written: str) -> list[str]:
    """What somebody may have meant, the longest first: a full stop after a name may belong to the sentence."""
    bare = written.rstrip(".+-@")
    return [written[:end] for end in range(len(written), len(bare) - 1, -1) if end]


def _longest(written: str, names: set[str]) -> str | None:
    return next((form for form in _forms(written) if form in names), None)
