"""Addresses of the desk, below ``/admin/desk/``. An object's own page ends in its public id."""

from django.urls import URLPattern

app_name = "desk"
urlpatterns: list[URLPattern] = []
