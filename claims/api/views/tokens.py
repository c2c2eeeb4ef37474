"""One's own tokens: which there are, a new one, and the end of one."""

from typing import Any, cast

from django.contrib.auth.models import User
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from knox.models import AuthToken
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from claims.access import access_of
from claims.api.filtering import refuse_unknown
from claims.api.schema import ProblemSchema
from claims.api.writing import Writing
from claims.choices import Scope
from claims.models import Dossier
from claims.services.tokens import issue_token

ADMINISTERS = dict.fromkeys(("GET", "HEAD", "POST", "DELETE"), Scope.ADMIN)


class TokenSerializer(serializers.Serializer[AuthToken]):
    """A token, without its secret. One from before there were scopes has no name, and may do whatever its user may."""

    key = serializers.CharField(source="token_key", help_text="How it begins: what it is known by.")
    name = serializers.SerializerMethodField()
    scopes = serializers.SerializerMethodField()
    dossiers = serializers.SerializerMethodField(help_text="Slugs of the dossiers that it reads; null for all.")
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    last_used_at = serializers.DateTimeField(
        source="grant.last_used_at", default=None, allow_null=True, help_text="To the minute."
    )

    def get_name(self, token: AuthToken) -> str:
        """Its name; empty for one without a grant."""
        return token.grant.name if hasattr(token, "grant") else ""

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices)))
    def get_scopes(self, token: AuthToken) -> list[str]:
        """Its scopes; all of them for one without a grant."""
        return list(token.grant.scopes if hasattr(token, "grant") else Scope.values)

    def get_dossiers(self, token: AuthToken) -> list[str] | None:
        """The slugs, or null."""
        grant = getattr(token, "grant", None)
        if grant is None or not grant.limited:
            return None
        return sorted(dossier.slug for dossier in grant.dossiers.all())


class NewTokenSerializer(TokenSerializer):
    """A new token with its secret, which is shown this once."""

    token = serializers.CharField(help_text="Send it as `Authorization: Token …`. It is not shown again.")


class TokenRequest(serializers.Serializer[Any]):
    """What a new token is for, and what it may do of what its user may."""

    name = serializers.CharField(max_length=100)
    scopes = serializers.MultipleChoiceField(choices=Scope.choices, allow_empty=False)
    dossiers = serializers.ListField(
        child=serializers.SlugField(max_length=100), required=False, max_length=500,
        help_text="Slugs of the dossiers that it reads. Without them: all.",
    )  # fmt: skip
    expires_at = serializers.DateTimeField(required=False)


class Tokens(Writing):
    """One's own tokens."""

    permission_classes = [IsAuthenticated]
    schema = ProblemSchema()
    scopes = ADMINISTERS

    @extend_schema(summary="Your tokens", responses=TokenSerializer(many=True))
    def get(self, request: Request) -> Response:
        """All that were not revoked, the newest first, those that expired included."""
        refuse_unknown(request)
        return Response(TokenSerializer(_own(request), many=True).data)

    @extend_schema(
        summary="Make a token",
        request=TokenRequest,
        responses={201: OpenApiResponse(NewTokenSerializer, description="Made. Note the secret now.")},
    )
    def post(self, request: Request) -> Response:
        """A token that does no more than its user may, nor than the token that it is made with."""
        refuse_unknown(request)
        asked = TokenRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        given, access = asked.validated_data, access_of(request)
        dossiers = None
        if "dossiers" in given:
            dossiers = list(Dossier.objects.readable_by(access).filter(slug__in=given["dossiers"]))
            unknown = sorted(set(given["dossiers"]) - {dossier.slug for dossier in dossiers})
            if unknown:
                raise serializers.ValidationError({"dossiers": [f"There is no dossier {slug}." for slug in unknown]})
        grant, secret = issue_token(
            cast("User", request.user),
            name=given["name"],
            scopes=given["scopes"],
            dossiers=dossiers,
            expires_at=given.get("expires_at"),
            granted_by=access,
        )
        return Response({**TokenSerializer(grant.token).data, "token": secret}, status=201)


class Token(Writing):
    """One of one's own tokens."""

    permission_classes = [IsAuthenticated]
    schema = ProblemSchema()
    scopes = ADMINISTERS

    @extend_schema(summary="Revoke a token", request=None, responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """It signs nobody in from now on."""
        refuse_unknown(request)
        deleted, _ = _own(request).filter(token_key=key).delete()
        if not deleted:
            raise Http404
        return Response(status=204)


def _own(request: Request) -> Any:
    own = AuthToken.objects.filter(user=request.user).select_related("grant").prefetch_related("grant__dossiers")
    return own.order_by("-created")
