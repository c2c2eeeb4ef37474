"""Feeds over REST: what is read on a schedule, how it is doing, and adding, changing and stopping it."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from claims.api.etags import ConditionalSettled, etag_of, match_if_given, require_match
from claims.api.filtering import refuse_unknown
from claims.api.pagination import StablePagination, parameters
from claims.api.schema import ProblemSchema
from claims.api.serializers.base import Strict
from claims.api.writing import Writing
from claims.choices import Scope
from claims.errors import ClaimsError
from claims.models import Dossier, Source
from tracker.feeds.lists import exported, import_list
from tracker.feeds.services import (
    CHANGEABLE,
    add_feed,
    change_feed,
    pause_feed,
    poll_now,
    preview,
    resume_feed,
)
from tracker.ingest.errors import IngestError
from tracker.models import Feed, FeedItem, FeedKind, FeedState

NEEDED = {"create": "tracker.add_feed", "preview": "tracker.add_feed", "opml": "tracker.add_feed"}
READS = ("GET", "HEAD", "OPTIONS")


class MayManage(IsAuthenticated):
    """Signed in, and allowed to look at feeds, to add them, or to change them."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds the permission that the action takes."""
        if request.method in READS:
            needed = "tracker.view_feed"
        else:
            needed = NEEDED.get(getattr(view, "action", ""), "tracker.change_feed")
        return super().has_permission(request, view) and request.user.has_perm(needed)


class FeedSerializer(serializers.ModelSerializer[Feed]):
    """A feed, and how it is doing."""

    kind = serializers.ChoiceField(choices=FeedKind.choices, read_only=True)
    state = serializers.ChoiceField(choices=FeedState.choices, read_only=True)
    publisher = serializers.UUIDField(source="publisher.uid", default=None, allow_null=True, read_only=True)
    dossier = serializers.SlugField(source="dossier.slug", default=None, allow_null=True, read_only=True)
    degraded_since = serializers.DateTimeField(
        source="quiet_since", read_only=True, allow_null=True, help_text="Since when nothing comes from it that should."
    )

    class Meta:  # noqa: D106
        model = Feed
        fields = [
            "uid", "kind", "address", "moved_from", "title", "site", "group", "format", "publisher", "dossier",
            "obey_robots", "state", "state_reason", "shortest_interval", "longest_interval", "interval", "next_poll_at",
            "last_polled_at", "last_success_at", "last_new_at", "failures", "failing_since", "error_code", "error",
            "note", "listed", "usual_gap", "degraded_since", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class FeedRequest(Strict):
    """What people settle of a feed; an unknown field is an error that names it."""

    title = serializers.CharField(max_length=300, required=False, allow_blank=True)
    group = serializers.CharField(max_length=300, required=False, allow_blank=True, help_text="Wires/Regional")
    publisher = serializers.SlugRelatedField(
        slug_field="uid", queryset=Source.objects.filter(merged_into__isnull=True), required=False, allow_null=True
    )
    dossier = serializers.SlugRelatedField(
        slug_field="slug", queryset=Dossier.objects.all(), required=False, allow_null=True
    )
    obey_robots = serializers.BooleanField(required=False)
    shortest_interval = serializers.IntegerField(min_value=60, max_value=31_536_000, required=False)
    longest_interval = serializers.IntegerField(min_value=60, max_value=31_536_000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Intervals in order, also with what stays as it is."""
        settled = {name: getattr(self.instance, name, None) for name in ("shortest_interval", "longest_interval")}
        defaults = {"shortest_interval": 300, "longest_interval": 21_600}
        shortest, longest = (attrs.get(name) or settled[name] or default for name, default in defaults.items())
        if longest < shortest:
            raise serializers.ValidationError({"longest_interval": ["Not shorter than the shortest interval."]})
        return attrs


class NewFeedRequest(FeedRequest):
    """The same of a new feed, with its address."""

    address = serializers.CharField(max_length=2000, help_text="http(s), or of a folder its path on the server.")
    kind = serializers.ChoiceField(choices=FeedKind.choices, default=FeedKind.FEED)


class PreviewRequest(serializers.Serializer[Any]):
    """What to look at."""

    address = serializers.CharField(max_length=2000)
    kind = serializers.ChoiceField(choices=FeedKind.choices, required=False, allow_blank=True)


class CandidateSerializer(serializers.Serializer[Any]):
    """A feed that a page names."""

    address = serializers.CharField()
    title = serializers.CharField()
    format = serializers.CharField()


class PreviewedItem(serializers.Serializer[Any]):
    """An item as the feed lists it."""

    address = serializers.CharField()
    title = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    sections = serializers.ListField(child=serializers.CharField())


class PreviewSerializer(serializers.Serializer[Any]):
    """What is at an address: its newest items, or the feeds that a page names; or why nothing can be read."""

    address = serializers.CharField()
    kind = serializers.ChoiceField(choices=FeedKind.choices)
    format = serializers.CharField(source="listing.format", default="")
    title = serializers.CharField(source="listing.title", default="")
    items = PreviewedItem(many=True)
    candidates = CandidateSerializer(many=True)
    error = serializers.CharField()


class PauseRequest(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=2000)


class FeedItemSerializer(serializers.ModelSerializer[FeedItem]):
    """What a feed listed, and what became of it."""

    submission = serializers.UUIDField(source="submission.uid", default=None, allow_null=True, read_only=True)
    document = serializers.UUIDField(
        source="submission.snapshot.document.uid", default=None, allow_null=True, read_only=True
    )

    class Meta:  # noqa: D106
        model = FeedItem
        fields = [
            "address", "title", "published_at", "changed_at", "state", "reason", "dossier", "submission", "document",
            "first_seen_at",
        ]  # fmt: skip
        read_only_fields = fields


class ListParser(BaseParser):
    """An OPML file as the body of a request."""

    media_type = "text/x-opml"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The bytes."""
        return bytes(stream.read())


class ImportedSerializer(serializers.Serializer[Any]):
    """What became of a list of feeds."""

    added = serializers.IntegerField()
    there = serializers.IntegerField()
    left_out = serializers.ListField(child=serializers.CharField())


class UnreadableList(ClaimsError):
    """What was sent is no list of feeds."""

    code = "unreadable_list"
    status = 400


@extend_schema_view(
    list=extend_schema(summary="Feeds"),
    retrieve=extend_schema(summary="One feed, and how it is doing"),
)
class FeedViewSet(Writing, ConditionalSettled, mixins.ListModelMixin, viewsets.GenericViewSet[Feed]):
    """What is read on a schedule, the newest first, with how each is doing."""

    queryset = Feed.objects.all()
    serializer_class = FeedSerializer
    permission_classes = [MayManage]
    scopes = dict.fromkeys(("POST", "PUT", "PATCH", "DELETE"), Scope.SUBMIT)
    asks_only = ("preview",)
    changes = frozenset(("partial_update",))
    may_match = frozenset(("pause", "resume", "poll"))
    filter_backends = []
    pagination_class = StablePagination
    lookup_field = "uid"
    lookup_value_regex = "[0-9a-fA-F-]{36}"
    lookup_value_converter = "uuid"
    schema = ProblemSchema()

    def get_queryset(self) -> QuerySet[Feed]:
        """With what is shown of others."""
        return Feed.objects.select_related("publisher", "dossier", "channel")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All feeds."""
        refuse_unknown(request, known=parameters())
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One feed."""
        refuse_unknown(request)
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        summary="Add a feed",
        request=NewFeedRequest,
        responses={201: OpenApiResponse(FeedSerializer, description="Added; it is polled at once.")},
    )
    def create(self, request: Request) -> Response:
        """A new feed. Nothing is fetched before the answer: ask `preview` first what it would bring."""
        refuse_unknown(request)
        asked = NewFeedRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        feed = add_feed(by=self._by(request), **asked.validated_data)
        where = reverse("submissions:feed-detail", kwargs={"uid": feed.uid}, request=request)
        told = {"Location": where, "ETag": etag_of(feed)}
        return Response(self.get_serializer(feed).data, status=201, headers=told)

    @extend_schema(summary="Change what is settled of a feed", request=FeedRequest, responses=FeedSerializer)
    def partial_update(self, request: Request, uid: str) -> Response:
        """Only what is sent changes."""
        refuse_unknown(request)
        feed = self.get_object()
        asked = FeedRequest(feed, data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        require_match(request, feed)
        changes = {name: asked.validated_data[name] for name in CHANGEABLE if name in asked.validated_data}
        if changes:
            change_feed(feed, by=self._by(request), **changes)
        return self._now(feed)

    @extend_schema(summary="What a feed would bring", request=PreviewRequest, responses=PreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Look at an address without keeping anything. Takes as long as its server does."""
        refuse_unknown(request)
        asked = PreviewRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        found = preview(asked.validated_data["address"], kind=asked.validated_data.get("kind", ""))
        return Response(PreviewSerializer(found).data)

    @extend_schema(summary="Pause a feed", request=PauseRequest, responses=FeedSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, uid: str) -> Response:
        """It is polled no more, until it is resumed."""
        asked = PauseRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        feed = self._meant(request)
        pause_feed(feed, by=self._by(request), reason=asked.validated_data["reason"])
        return self._now(feed)

    @extend_schema(summary="Resume a feed", request=None, responses=FeedSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, uid: str) -> Response:
        """It is polled again, beginning now."""
        feed = self._meant(request)
        resume_feed(feed)
        return self._now(feed)

    @extend_schema(
        summary="Poll a feed now",
        request=None,
        responses={202: OpenApiResponse(FeedSerializer, description="A worker looks at it as soon as one is free.")},
    )
    @action(detail=True, methods=["post"])
    def poll(self, request: Request, uid: str) -> Response:
        """Whatever its interval."""
        feed = self._meant(request)
        poll_now(feed)
        return self._now(feed, status=202)

    @extend_schema(summary="What a feed listed", responses=FeedItemSerializer(many=True))
    @action(detail=True, methods=["get"])
    def items(self, request: Request, uid: str) -> Response:
        """Each item once, the newest first, with what became of it."""
        refuse_unknown(request, known=parameters())
        rows = (
            FeedItem.objects.filter(feed=self.get_object())
            .select_related("submission__snapshot__document")
            .defer("submission__payload", "submission__snapshot__text", "submission__snapshot__headers")
        )
        page: Any = self.paginate_queryset(cast("QuerySet[Any]", rows))
        return self.get_paginated_response(FeedItemSerializer(page, many=True).data)

    @extend_schema(
        methods=["GET"],
        summary="The feeds as OPML",
        responses={(200, "text/x-opml"): OpenApiTypes.BINARY},
        filters=False,
    )
    @extend_schema(
        methods=["POST"], summary="Add the feeds of an OPML file", responses=ImportedSerializer,
        request={"text/x-opml": OpenApiTypes.BINARY},
    )  # fmt: skip
    @action(detail=False, methods=["get", "post"], parser_classes=[ListParser], pagination_class=None)
    def opml(self, request: Request) -> Any:
        """For other readers, and from them. Feeds that are here already stay as they are."""
        refuse_unknown(request)
        if request.method == "GET":
            return HttpResponse(exported(), content_type="text/x-opml; charset=utf-8")
        # Without a body REST framework parses nothing, and gives an empty form.
        sent: Any = request.data
        payload = sent if isinstance(sent, bytes) else b""
        try:
            told = import_list(payload, name="The list", dossier=None, by=self._by(request))
        except IngestError as error:
            raise UnreadableList(str(error)) from error
        return Response(ImportedSerializer(told).data)

    def _by(self, request: Request) -> User:
        return cast("User", request.user)  # the permission saw to it

    def _meant(self, request: Request) -> Feed:
        feed: Feed = self.get_object()
        match_if_given(request, feed)
        return feed

    def _now(self, feed: Feed, *, status: int = 200) -> Response:
        shown = self.get_serializer(self.get_queryset().get(pk=feed.pk)).data
        return Response(shown, status=status, headers={"ETag": etag_of(feed)})
