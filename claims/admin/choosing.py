"""Fields of forms that choose a row by typing part of its name."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.db.models import Model, QuerySet


def row_chosen(model: type[Model], field: str, queryset: QuerySet[Any], **options: Any) -> forms.ModelChoiceField:
    """A field that chooses one of ``queryset``, searched as the relation ``model.field`` is."""
    relation = model._meta.get_field(field)
    return forms.ModelChoiceField(queryset=queryset, widget=AutocompleteSelect(relation, admin.site), **options)


def rows_chosen(
    model: type[Model], field: str, queryset: QuerySet[Any], **options: Any
) -> forms.ModelMultipleChoiceField:
    """A field that chooses some of ``queryset``, searched as the relation ``model.field`` is."""
    relation = model._meta.get_field(field)
    widget = AutocompleteSelectMultiple(relation, admin.site)
    return forms.ModelMultipleChoiceField(queryset=queryset, widget=widget, **options)
