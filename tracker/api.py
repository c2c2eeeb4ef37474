"""Handing documents in over REST, and asking what became of them."""

from typing import Any, cast

import frontmatter
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from claims.access import access_of
from claims.api.etags import Conditional
from claims.api.filtering import refuse_unknown
from claims.api.schema import ProblemSchema
from claims.api.serializers.base import Strict
from claims.api.writing import Writing
from claims.choices import Scope
from claims.models import Dossier
from tracker.models import Submission
from tracker.submissions import submit

DESCRIBED = ("title", "publisher", "url", "byline", "language", "published_at")
MARKDOWN = "text/markdown; charset=utf-8"
NEEDED = {"POST": "tracker.add_submission"}


class MaySubmit(IsAuthenticated):
    """Signed in, and allowed to hand in documents (``POST``) or to see what became of them."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds the permission that the method takes."""
        needed = NEEDED.get(request.method or "", "tracker.view_submission")
        return super().has_permission(request, view) and request.user.has_perm(needed)


class SubmissionRequest(Strict):
    """Either an address to fetch (``url`` alone), or a document's ``text`` with what is known of it."""

    url = serializers.URLField(
        max_length=2000, required=False, help_text="With text: where it was published. Alone: the address to fetch."
    )
    text = serializers.CharField(required=False, help_text="The document's text; nothing is fetched then.")
    title = serializers.CharField(max_length=500, required=False, help_text="Only with text, where it is needed.")
    publisher = serializers.CharField(max_length=300, required=False, help_text="Only with text.")
    byline = serializers.CharField(max_length=300, required=False, help_text="Only with text.")
    language = serializers.CharField(max_length=20, required=False, help_text="Only with text: a language tag.")
    published_at = serializers.DateTimeField(required=False, help_text="Only with text.")
    dossier = serializers.SlugField(max_length=100, required=False, help_text="The dossier that it belongs to.")

    def validate_url(self, url: str) -> str:
        """Only what can be fetched."""
        if not url.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError("Give an http or https address.")
        return url

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One way or the other, and whole."""
        if "text" not in attrs:
            alone = {name: ["Only with text."] for name in DESCRIBED if name != "url" and name in attrs}
            if alone:
                raise serializers.ValidationError(alone)
            if "url" not in attrs:
                raise serializers.ValidationError({"url": ["Give an address to fetch, or a text and its title."]})
        elif "title" not in attrs:
            raise serializers.ValidationError({"title": ["A text needs a title."]})
        elif len(as_file(attrs)) > settings.FETCH_MAX_BYTES:
            raise serializers.ValidationError({"text": [f"Longer than {settings.FETCH_MAX_BYTES:,} bytes."]})
        return attrs


class SubmissionSerializer(serializers.ModelSerializer[Submission]):
    """A job: one document handed in to be read, and what became of it."""

    document = serializers.UUIDField(
        source="snapshot.document.uid", default=None, allow_null=True, help_text="Once it is read."
    )
    snapshot = serializers.UUIDField(source="snapshot.uid", default=None, allow_null=True, help_text="Once it is read.")

    class Meta:  # noqa: D106
        model = Submission
        fields = [
            "uid", "address", "dossier", "state", "error_code", "error", "document", "snapshot", "new_document",
            "new_snapshot", "created_at", "finished_at",
        ]  # fmt: skip


def as_file(described: dict[str, Any]) -> bytes:
    """The text as a Markdown file whose front matter says what is known of it."""
    known = {name: described[name] for name in DESCRIBED if name in described}
    return frontmatter.dumps(frontmatter.Post(described["text"], **known)).encode()


@extend_schema_view(retrieve=extend_schema(summary="What became of a document handed in"))
class SubmissionViewSet(Writing, Conditional, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Submission]):
    """Documents handed in to be read. A submission is a job: ask for it again until its state is no longer queued."""

    queryset = Submission.objects.all()
    serializer_class = SubmissionSerializer
    permission_classes = [MaySubmit]
    scopes = {"GET": (Scope.READ, Scope.SUBMIT), "POST": Scope.SUBMIT}
    filter_backends = []
    lookup_field = "uid"
    lookup_value_converter = "uuid"
    schema = ProblemSchema()

    def get_queryset(self) -> QuerySet[Submission]:
        """Without the bytes and the text."""
        rows = Submission.objects.select_related("snapshot__document").defer(
            "payload", "snapshot__text", "snapshot__headers", "snapshot__signature"
        )
        access = access_of(self.request)
        if access.dossiers is None:
            return rows
        return rows.filter(dossier__in=Dossier.objects.readable_by(access).values("slug"))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whether it waits, was read or failed, and why; once read, its document and snapshot."""
        refuse_unknown(request)
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="Hand in a document",
        request=SubmissionRequest,
        responses={202: OpenApiResponse(SubmissionSerializer, description="Noted; `Location` says where to ask.")},
    )
    def create(self, request: Request) -> Response:
        """An address to fetch, or a text with its title. It is read later: the answer says where to ask."""
        refuse_unknown(request)
        asked = SubmissionRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        access = access_of(request)
        mine = Dossier.objects.readable_by(access).filter(slug=given.get("dossier", ""))
        if access.dossiers is not None and not mine.exists():
            raise serializers.ValidationError({"dossier": ["Name a dossier that this token is limited to."]})
        dossier, by = given.get("dossier", ""), cast("User", request.user)  # the permission saw to it
        if "text" in given:
            submission = submit(
                address=f"{given['title']}.md",
                payload=as_file(given),
                content_type=MARKDOWN,
                dossier=dossier,
                by=by,
            )
        else:
            submission = submit(address=given["url"], dossier=dossier, by=by)
        where = reverse("submissions:submission-detail", kwargs={"uid": submission.uid}, request=request)
        return Response(self.get_serializer(submission).data, status=202, headers={"Location": where})
