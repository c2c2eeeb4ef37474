"""What the domain tells whoever listens. ``claims`` never imports ``tracker``; ``tracker`` listens."""

from django.dispatch import Signal

# Sent in the transaction of the change, once the standings of these claims have changed.
# Arguments: ``claim_ids`` (list of int), ``actor`` (claims.services.actor.Actor).
standings_changed = Signal()
