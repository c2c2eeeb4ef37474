"""Addresses of the desk, below ``/admin/desk/``. An object's own page ends in its public id."""

from django.urls import URLPattern

from claims.desk import claim, conflicts, disagreements, documents, dossier, mine, search, source, together

app_name = "desk"
urlpatterns: list[URLPattern] = [
    *search.urlpatterns,
    *claim.urlpatterns,
    *conflicts.urlpatterns,
    *documents.urlpatterns,
    *dossier.urlpatterns,
    *source.urlpatterns,
    *together.urlpatterns,
    *mine.urlpatterns,
    *disagreements.urlpatterns,
]
