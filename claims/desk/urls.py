"""Addresses of the desk, below ``/admin/desk/``. An object's own page ends in its public id."""

from django.urls import URLPattern

from claims.desk import conflicts, documents

app_name = "desk"
urlpatterns: list[URLPattern] = [
    *documents.urlpatterns,
    *conflicts.urlpatterns,
]
