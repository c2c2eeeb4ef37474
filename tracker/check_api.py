"""Asking, before something is printed, what is held of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claims import models
from claims.access import access_of
from claims.api import loading
from claims.api.filtering import SLUG, refuse_unknown
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.api.serializers.base import Strict, shown
from claims.api.serializers.claims import ClaimSerializer
from claims.api.throttling import CHECK, count_more
from claims.choices import Scope
from claims.models import Claim, Document, Dossier
from claims.services.protection import masker_for
from tracker import checking
from tracker.checking import LONGEST, MOST_TEXTS, RELATIONS, Related

HINT_TEXT = "Nothing held is like it. That says nothing about whether it is true."
HINT_UNREAD = "The document is known, but no statement in its newest version is about a claim."
HINT_URL = (
    "No document of this address is held. Hand it in with POST /api/v1/submissions, and ask again once it is read."
)


class CheckRequest(Strict):
    """One ``text``, several ``texts``, or the ``url`` of a document: exactly one of them."""

    text = serializers.CharField(max_length=LONGEST, required=False, help_text="One assertion, as a sentence.")
    texts = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST),
        min_length=1,
        max_length=MOST_TEXTS,
        required=False,
        help_text=f"Up to {MOST_TEXTS} assertions, a sentence each.",
    )
    url = serializers.CharField(
        max_length=2000, required=False, help_text="Exactly the address of a document. It is looked up, never fetched."
    )
    dossier = serializers.RegexField(SLUG, required=False, help_text="Look among this dossier's claims only.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of the three."""
        given = [name for name in ("text", "texts", "url") if name in attrs]
        if len(given) != 1:
            said = "Give exactly one of text, texts and url."
            raise serializers.ValidationError({given[1] if given else "text": [said]})
        return attrs


class JudgedSerializer(serializers.Serializer[Any]):
    """Which side the text takes on the claim by its words: what speaks for each, and what decided."""

    label = serializers.ChoiceField(choices=["supports", "refutes", "neutral"])  # type: ignore[assignment]
    scores = serializers.DictField(child=serializers.FloatField(), help_text="What speaks for each label; 1 in all.")
    explanation = serializers.CharField(help_text="The words or figures that decided.")


class RelatedSerializer(serializers.Serializer[Any]):
    """A claim that the text is about."""

    relation = serializers.ChoiceField(
        choices=RELATIONS,
        help_text="repeats: asserts the same; supports, contradicts: takes that side; reports: a document relays it.",
    )
    score = serializers.FloatField(help_text="0 to 1: how surely the two are about the same.")
    explanation = serializers.ListField(child=serializers.CharField(), help_text="Why they are held to be.")
    stance = JudgedSerializer(allow_null=True, help_text="Null for a document: its statements were judged before.")
    claim = ClaimSerializer()


class CheckedSerializer(serializers.Serializer[Any]):
    """What is held of one text or document."""

    number = serializers.IntegerField(help_text="Which of the texts: 0 for the first. They are not repeated here.")
    url = serializers.CharField(allow_null=True)
    document = serializers.UUIDField(allow_null=True, help_text="The document at that address.")
    never_seen = serializers.BooleanField(help_text="Nothing like it is held. It may be true or false.")
    hint = serializers.CharField(allow_null=True, help_text="What to do where nothing is found.")
    claims = RelatedSerializer(many=True, help_text="The likeliest first.")


class CheckAnswer(serializers.Serializer[Any]):
    """An answer for each text, in their order; one for a document."""

    results = CheckedSerializer(many=True)


class CheckView(APIView):
    """Which claims a text repeats, supports or contradicts, how they are sourced and what is held of them."""

    permission_classes = [MayView]
    schema = ProblemSchema()
    scopes = {"POST": Scope.READ}  # it asks, and changes nothing
    allowance = CHECK
    shows = (
        models.Claim, models.Verdict, models.Evidence, models.Position, models.Statement, models.Document,
        models.Snapshot, models.Source, models.Party, models.Dossier,
    )  # fmt: skip

    @extend_schema(
        summary="Check a text before it is printed",
        request=CheckRequest,
        responses=CheckAnswer,
        examples=[
            OpenApiExample("One sentence", {"text": "The Osk bridge was destroyed on Tuesday."}, request_only=True),
            OpenApiExample("Several", {"texts": ["Dravik fell.", "Dravik did not fall."]}, request_only=True),
            OpenApiExample("A document", {"url": "https://karsk-mail.example/osk"}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """What is held of each text. Nothing is recorded and nothing is fetched."""
        refuse_unknown(request)
        asked = CheckRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        dossiers = self._dossiers(given.get("dossier"))
        if "url" in given:
            return Response({"results": [self._document(given["url"], dossiers)]})
        texts = [given["text"]] if "text" in given else given["texts"]
        count_more(request, len(texts) - 1)
        found = checking.check_texts(texts, dossiers=dossiers)
        claims = self._claims(found)
        return Response(
            {"results": [self._shown(some, claims, number=number, hint=HINT_TEXT) for number, some in enumerate(found)]}
        )

    def _dossiers(self, slug: str | None) -> set[int] | None:
        """Keys of the dossiers to look in, ``None`` for all: those that the caller may read, or one of these."""
        access = access_of(self.request)
        if slug is None:
            return None if access.dossiers is None else set(access.dossiers)
        readable = Dossier.objects.all() if access.dossiers is None else Dossier.objects.filter(pk__in=access.dossiers)
        pk = readable.filter(slug=slug).values_list("pk", flat=True).first()
        if pk is None:
            raise serializers.ValidationError({"dossier": [f"There is no dossier {slug}."]})
        return {pk}

    def _document(self, url: str, dossiers: set[int] | None) -> dict[str, Any]:
        documents = Document.objects.filter(url=url)
        document = (documents if dossiers is None else documents.filter(dossier__in=dossiers)).first()
        if document is None:
            return self._shown([], {}, url=url, hint=HINT_URL)
        related = checking.check_document(document)
        shown = self._shown(related, self._claims([related]), url=url, hint=HINT_UNREAD)
        return shown | {"document": str(document.uid), "never_seen": False}

    def _claims(self, found: Sequence[Sequence[Related]]) -> dict[int, dict[str, Any]]:
        """The claims found, as lists show them, by their keys.

        What the caller would see masked is not found: whoever guesses at it is not told that the guess was right.
        """
        rows: dict[int, Claim] = loading.claims().in_bulk(checking.claims_of(found))
        context, masker = {"request": self.request}, masker_for(self.request)
        seen = {pk: row for pk, row in rows.items() if masker is None or masker.text(row.text) == row.text}
        return {pk: shown(ClaimSerializer, row, context) for pk, row in seen.items()}

    def _shown(
        self,
        related: Sequence[Related],
        claims: Mapping[int, dict[str, Any]],
        *,
        hint: str,
        number: int = 0,
        url: str | None = None,
    ) -> dict[str, Any]:
        related = [one for one in related if one.claim_id in claims]
        return {
            "number": number,
            "url": url,
            "document": None,
            "never_seen": not related,
            "hint": None if related else hint,
            "claims": [
                {
                    "relation": one.relation,
                    "score": one.score,
                    "explanation": list(one.explanation),
                    "stance": one.judged
                    and {
                        "label": one.judged.label,
                        "scores": one.judged.scores,
                        "explanation": one.judged.explanation,
                    },
                    "claim": claims[one.claim_id],
                }
                for one in related
            ],
        }
