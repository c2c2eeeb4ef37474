"""The evidence bundle of a dossier over HTTP, and the public keys that bundles are signed with."""

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from claims import models
from claims.access import access_of
from claims.api.etags import Conditional
from claims.api.filtering import refuse_unknown
from claims.api.permissions import MayView
from claims.api.schema import ProblemSchema
from claims.bundle import keys
from claims.models import Dossier
from claims.publishing import bundling, signing
from claims.publishing.reach import readable
from claims.publishing.renderers import OneShape

ZIP = "application/zip"


class Bundle(APIView):
    """The evidence of one dossier, signed."""

    permission_classes = [IsAuthenticated, MayView]
    content_negotiation_class = OneShape
    schema = ProblemSchema()
    shows = (
        models.Dossier, models.Document, models.Snapshot, models.Notice, models.Statement, models.Source, models.Party,
        models.Claim, models.Position, models.Contradiction, models.Judgement, models.Verdict, models.Evidence,
        models.Event,
    )  # fmt: skip

    @extend_schema(
        operation_id="dossier_bundle",
        summary="The signed evidence bundle of a dossier",
        responses={(200, ZIP): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, uid: str) -> StreamingHttpResponse:
        """A ZIP archive, sent while it is made: rows, texts, WARC files, the ledger's events and proof, a signature.

        `403` with the code `protected_material` where the dossier holds what you may not see: a bundle is not masked.
        """
        refuse_unknown(request)
        access = access_of(request)
        dossier = get_object_or_404(readable(Dossier.objects.all(), access), uid=UUID(uid))
        pieces = bundling.bundle_of(dossier, access=access)
        disposition = f'attachment; filename="{dossier.slug}.zip"'
        return StreamingHttpResponse(pieces, content_type=ZIP, headers={"Content-Disposition": disposition})


class PublicKeySerializer(serializers.Serializer[Any]):
    """A key that bundles are signed with."""

    key_id = serializers.CharField()
    algorithm = serializers.CharField()
    public_key = serializers.CharField(help_text="Base64 of its bytes: what verify_bundle takes as --key.")
    in_use = serializers.BooleanField(help_text="Whether new bundles are signed with it.")


class PublicKeysSerializer(serializers.Serializer[Any]):
    """The keys that bundles are, or once were, signed with."""

    keys = PublicKeySerializer(many=True)


class PublicKeys(Conditional):
    """The public keys of this installation."""

    permission_classes = [IsAuthenticated]
    content_negotiation_class = OneShape
    schema = ProblemSchema()

    @extend_schema(
        operation_id="signing_keys", summary="The keys that bundles are signed with", responses=PublicKeysSerializer
    )
    def get(self, request: Request) -> Response:
        """The key in use first, then those that were replaced: compare a bundle's key with these."""
        refuse_unknown(request)
        found = [
            {
                "key_id": keys.key_id(key),
                "algorithm": keys.ALGORITHM,
                "public_key": keys.encoded(key),
                "in_use": place == 0,
            }
            for place, key in enumerate(signing.public_keys())
        ]
        return Response(PublicKeysSerializer({"keys": found}).data)
