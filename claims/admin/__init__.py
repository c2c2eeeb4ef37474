"""The desk of reviewers and editors: every model, evidence read-only, every decision through a service."""

from django.contrib import admin

from claims.admin import (
    accounts,
    channels,
    claims,
    contradictions,
    documents,
    ledger,
    sources,
    stamps,
    statements,
    subscriptions,
    tokens,
    verdicts,
)

# The first page shows what waits, not a list of tables; those are in the sidebar.
admin.site.index_template = "admin/claims/dashboard.html"
admin.site.index_title = "What waits"

__all__ = [
    "accounts",
    "channels",
    "claims",
    "contradictions",
    "documents",
    "ledger",
    "sources",
    "stamps",
    "statements",
    "subscriptions",
    "tokens",
    "verdicts",
]
