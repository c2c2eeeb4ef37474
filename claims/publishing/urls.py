"""Addresses below ``/api/v1/`` of what is published whole."""

from django.urls import re_path

from claims.publishing import atom, bundles, exports, reviews

_UID = r"(?P<uid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})"

urlpatterns = [
    re_path(r"^claimreviews/?$", reviews.ReviewFeed.as_view(), name="claimreviews"),
    re_path(rf"^claims/{_UID}/claimreview/?$", reviews.ReviewOfClaim.as_view(), name="claim-claimreview"),
    re_path(rf"^verdicts/{_UID}/claimreview/?$", reviews.ReviewOfVerdict.as_view(), name="verdict-claimreview"),
    re_path(rf"^dossiers/{_UID}/verdicts\.atom$", atom.VerdictFeed.as_view(), name="dossier-verdicts-atom"),
    re_path(rf"^dossiers/{_UID}/bundle/?$", bundles.Bundle.as_view(), name="dossier-bundle"),
    re_path(r"^signing-keys/?$", bundles.PublicKeys.as_view(), name="signing-keys"),
    *(
        re_path(rf"^exports/{name}\.(?P<form>csv|jsonl)$", view, name=f"export-{name}")
        for name, view in exports.VIEWS.items()
    ),
]
