"""Which dossier an event of the ledger belongs to, for changes that are told by dossier.

Events written before are filled in where their object says where it belongs. The column is no part of an event's hash,
so a chain that was sealed before goes on verifying.
"""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

# Where an object's rows say which dossier they belong to: the table, and what leads from it to the dossier's key.
BELONGING = {
    "dossier": ("claims_dossier o", "o.id"),
    "document": ("claims_document o", "o.dossier_id"),
    "snapshot": ("claims_snapshot o JOIN claims_document d ON d.id = o.document_id", "d.dossier_id"),
    "statement": (
        "claims_statement o JOIN claims_snapshot s ON s.id = o.snapshot_id"
        " JOIN claims_document d ON d.id = s.document_id",
        "d.dossier_id",
    ),
    "source": ("claims_source o JOIN claims_document d ON d.id = o.named_in_id", "d.dossier_id"),
    "claim": ("claims_claim o", "o.dossier_id"),
    **{
        name: (f"claims_{name} o JOIN claims_claim c ON c.id = o.claim_id", "c.dossier_id")
        for name in ("position", "judgement", "contradiction", "verdict")
    },
}
FILL = [
    # Sealed events are changed by nobody; this adds what they never said. The constraints are checked at once, because
    # a table with checks outstanding takes no index.
    "SET CONSTRAINTS ALL IMMEDIATE",
    "SET LOCAL pgtrigger.ignore = '{pgtrigger_sealed_once_1332b}'",
    *(
        f"UPDATE claims_event e SET dossier_id = {key} FROM {rows}"
        f" WHERE e.object_type = '{name}' AND e.object_uid = o.uid"
        for name, (rows, key) in BELONGING.items()
    ),
    "SET LOCAL pgtrigger.ignore = '{}'",
    "SET CONSTRAINTS ALL DEFERRED",
]


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0010_whole_file_hash'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='event',
            name='never_edited',
        ),
        migrations.AddField(
            model_name='event',
            name='dossier',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, help_text='The dossier that the object belongs to; empty for what belongs to none, such as a party.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='claims.dossier'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('seq__isnull', False)), fields=['dossier', 'seq'], name='event_by_dossier'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('seq__isnull', False)), fields=['object_type', 'seq'], name='event_by_type'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='event',
            trigger=pgtrigger.compiler.Trigger(name='never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."recorded_at" IS DISTINCT FROM (NEW."recorded_at") OR OLD."transaction" IS DISTINCT FROM (NEW."transaction") OR OLD."actor_id" IS DISTINCT FROM (NEW."actor_id") OR OLD."actor_label" IS DISTINCT FROM (NEW."actor_label") OR OLD."verb" IS DISTINCT FROM (NEW."verb") OR OLD."object_type" IS DISTINCT FROM (NEW."object_type") OR OLD."object_uid" IS DISTINCT FROM (NEW."object_uid") OR OLD."dossier_id" IS DISTINCT FROM (NEW."dossier_id") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."reason" IS DISTINCT FROM (NEW."reason"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='1b6197ede6339d83e973c667a37f18901d5e5b88', operation='UPDATE', pgid='pgtrigger_never_edited_b249c', table='claims_event', when='BEFORE')),
        ),
    ]
