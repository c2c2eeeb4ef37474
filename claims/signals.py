"""What the domain tells whoever listens. ``claims`` never imports ``tracker``; ``tracker`` listens."""

from django.dispatch import Signal

# Sent in the transaction of the change, once the standings of these claims have changed.
# Arguments: ``claim_ids`` (list of int), ``actor`` (claims.services.actor.Actor).
standings_changed = Signal()

# Sent in the transaction of the change, when statements of a snapshot wait for their place among the claims.
# Arguments: ``snapshot_id`` (int).
placement_wanted = Signal()

# Asked, outside any transaction, when a person marks words as a statement: what the words tell besides who says them.
# Arguments: ``text`` (str), ``content_spans`` (as a statement's), ``published_on`` (date). The answer is a
# claims.services.marking.Circumstances.
circumstances_wanted = Signal()

# Sent in the transaction of the change, when a subscription may have something to be delivered.
# Arguments: ``subscription_id`` (int).
delivery_wanted = Signal()

# Asked whether an address may be called at all. Arguments: ``url`` (str). claims.errors.AddressRefused is raised where
# it may not.
call_wanted = Signal()

# Asked for the archived bytes of a snapshot or a notice. Arguments: ``archived``. The answer is ``bytes``, or
# claims.errors.OriginalMissing is raised.
original_wanted = Signal()

# Asked for the archived file of a snapshot or a notice, every header in it. Arguments: ``archived``. The answer is an
# iterator of ``bytes``, or claims.errors.OriginalMissing is raised, by it or while it is read.
archive_wanted = Signal()
