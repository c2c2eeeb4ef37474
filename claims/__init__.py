"""The domain: sources, documents, statements, claims, origins, contradictions, standings, verdicts and the ledger."""
