"""Subscribing to changes over REST, and the log of what was delivered."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from claims.access import access_of
from claims.api.etags import ConditionalSettled, etag_of, match_if_given, require_match
from claims.api.filtering import refuse_unknown
from claims.api.pagination import StablePagination
from claims.api.schema import ProblemSchema
from claims.api.serializers.subscriptions import (
    DeliverySerializer,
    ReplayRequest,
    SubscriptionChange,
    SubscriptionRequest,
    SubscriptionSerializer,
    SubscriptionWithSecret,
)
from claims.api.writing import Writing
from claims.choices import Scope
from claims.models import Delivery, Subscription
from claims.services import subscriptions

DELIVERY = OpenApiParameter("delivery", OpenApiTypes.UUID, OpenApiParameter.PATH, description="The delivery's uid.")


class MaySubscribe(IsAuthenticated):
    """Signed in, allowed to subscribe, with a token that may read: a subscription sees no more than who made it."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the user holds the permission, and the token the scope."""
        return (
            super().has_permission(request, view)
            and Scope.READ in access_of(request).scopes
            and request.user.has_perms(["claims.view_event", "claims.add_subscription"])
        )


@extend_schema_view(
    list=extend_schema(summary="Your subscriptions"), retrieve=extend_schema(summary="One subscription")
)
class SubscriptionViewSet(Writing, ConditionalSettled, mixins.ListModelMixin, viewsets.GenericViewSet[Subscription]):
    """Addresses that are called when something changes: your own, with what became of each delivery.

    Messages are signed as [Standard Webhooks](https://www.standardwebhooks.com) says; their `data` is what `changes`
    tells of the event, as you may see it at that moment.
    """

    # A subscription tells no more than reading does: whoever may read may have one.
    scopes = {"POST": Scope.READ, "PATCH": Scope.READ, "DELETE": Scope.READ}
    changes = frozenset(("partial_update", "destroy"))
    may_match = frozenset(("pause", "resume", "rotate_secret"))
    queryset = Subscription.objects.all()
    serializer_class = SubscriptionSerializer
    permission_classes = [MaySubscribe]
    pagination_class = StablePagination
    filter_backends = []
    lookup_field = "uid"
    lookup_value_converter = "uuid"
    schema = ProblemSchema()

    def get_queryset(self) -> QuerySet[Subscription]:
        """The caller's own. A token for some dossiers sees those made within them."""
        if getattr(self, "swagger_fake_view", False):
            return Subscription.objects.none()
        access = access_of(self.request)
        own = Subscription.objects.filter(owner=self.request.user.pk).select_related("dossier")
        if access.dossiers is not None:
            own = own.filter(within__contained_by=sorted(access.dossiers))
        return own.filter(scopes__contained_by=sorted(access.scopes))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The newest first, unless ordered otherwise."""
        refuse_unknown(request, known=["cursor", "page_size", "ordering"])
        return super().list(request, *args, **kwargs)

    @extend_schema(summary="Subscribe", request=SubscriptionRequest, responses={201: SubscriptionWithSecret})
    def create(self, request: Request) -> Response:
        """A new subscription. Its `secret`, which signs every message, is shown this once."""
        refuse_unknown(request)
        asked = self._asked(SubscriptionRequest, request)
        made = subscriptions.subscribe(access=access_of(request), **asked)
        where = reverse("api:subscription-detail", kwargs={"uid": made.uid}, request=request)
        return self._tagged(Response(SubscriptionWithSecret(made).data, status=201, headers={"Location": where}), made)

    @extend_schema(summary="Change a subscription", request=SubscriptionChange, responses=SubscriptionSerializer)
    def partial_update(self, request: Request, **_: Any) -> Response:
        """Another address, name or filters."""
        refuse_unknown(request)
        asked = self._asked(SubscriptionChange, request, partial=True)
        subscription = self.get_object()
        require_match(request, subscription)
        return self._shown(subscriptions.change_subscription(subscription, **asked))

    @extend_schema(summary="End a subscription", responses={204: None})
    def destroy(self, request: Request, **_: Any) -> Response:
        """Gone with its log. To stop for a while, pause it."""
        refuse_unknown(request)
        subscription = self.get_object()
        require_match(request, subscription)
        subscription.delete()
        return Response(status=204)

    @extend_schema(summary="Pause a subscription", request=None, responses=SubscriptionSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, **_: Any) -> Response:
        """Nothing is delivered until it is resumed; nothing is lost."""
        refuse_unknown(request)
        return self._shown(subscriptions.pause(self._meant(request), by=request.user))  # type: ignore[arg-type]

    @extend_schema(summary="Resume a subscription", request=None, responses=SubscriptionSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, **_: Any) -> Response:
        """Go on where it stopped: after a pause, or when a dead address answers again."""
        refuse_unknown(request)
        return self._shown(subscriptions.resume(self._meant(request)))

    @extend_schema(
        summary="Try the address", request=None,
        responses={202: OpenApiResponse(DeliverySerializer, description="To be sent; the log says what became of it.")},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def ping(self, request: Request, **_: Any) -> Response:
        """Send a message of type `ping`, signed like all others."""
        refuse_unknown(request)
        return Response(DeliverySerializer(subscriptions.ping(self.get_object())).data, status=202)

    @extend_schema(summary="Change the secret", request=None, responses=SubscriptionWithSecret)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request: Request, **_: Any) -> Response:
        """A new secret, shown this once. The one before it signs too for a day, so that you can change over."""
        refuse_unknown(request)
        rotated = subscriptions.rotate_secret(self._meant(request))
        return self._tagged(Response(SubscriptionWithSecret(rotated).data), rotated)

    @extend_schema(
        summary="Deliver again from a place on", request=ReplayRequest,
        responses={202: OpenApiResponse(SubscriptionSerializer, description="To be sent again, under the same ids.")},
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, **_: Any) -> Response:
        """All that matches after a place on the ledger, once more, under the same ids."""
        refuse_unknown(request)
        asked = self._asked(ReplayRequest, request)
        return self._shown(subscriptions.replay_since(self.get_object(), after=asked["after"]), status=202)

    @extend_schema(summary="What became of each delivery", responses=DeliverySerializer(many=True))
    @action(detail=True)
    def deliveries(self, request: Request, **_: Any) -> Response:
        """The log, the newest first unless ordered otherwise."""
        refuse_unknown(request, known=["cursor", "page_size", "ordering"])
        found = self.get_object().deliveries.select_related("subscription").prefetch_related("attempts")
        rows: Any = found
        page: Any = self.paginate_queryset(rows)
        return self.get_paginated_response(DeliverySerializer(page, many=True).data)

    @extend_schema(
        summary="Deliver one again", request=None, parameters=[DELIVERY],
        responses={202: OpenApiResponse(DeliverySerializer, description="To be sent again, under the same id.")},
    )  # fmt: skip
    @action(
        detail=True,
        methods=["post"],
        url_path=r"deliveries/(?P<delivery>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})/replay",
    )
    def replay_delivery(self, request: Request, delivery: str, **_: Any) -> Response:
        """One delivery once more."""
        refuse_unknown(request)
        found = get_object_or_404(Delivery.objects.filter(subscription=self.get_object()), uid=delivery)
        again = subscriptions.replay_delivery(found)
        return Response(DeliverySerializer(again).data, status=202)

    def _asked(self, form: type[Any], request: Request, *, partial: bool = False) -> dict[str, Any]:
        asked = form(data=request.data, partial=partial, context={"access": access_of(request)})
        asked.is_valid(raise_exception=True)
        valid: dict[str, Any] = asked.validated_data
        return valid

    def _meant(self, request: Request) -> Subscription:
        subscription: Subscription = self.get_object()
        match_if_given(request, subscription)
        return subscription

    def _shown(self, subscription: Subscription, *, status: int = 200) -> Response:
        return self._tagged(Response(SubscriptionSerializer(subscription).data, status=status), subscription)

    def _tagged(self, response: Response, subscription: Subscription) -> Response:
        response["ETag"] = etag_of(subscription)
        return response
