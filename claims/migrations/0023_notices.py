# Pages that took back a text are evidence as snapshots are: hashes on the ledger, contents that go under a rule.

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0022_direct_signature_index'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='public id')),
                ('fetched_at', models.DateTimeField()),
                ('fetched_from', models.CharField(help_text="The address after redirects, or the file's name.", max_length=2000)),
                ('http_status', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('headers', models.JSONField(blank=True, default=list, help_text='[name, value] pairs as received.')),
                ('content_type', models.CharField(blank=True, max_length=200)),
                ('warc_path', models.CharField(help_text='Below the evidence folder.', max_length=500)),
                ('warc_offset', models.PositiveBigIntegerField()),
                ('warc_length', models.PositiveBigIntegerField()),
                ('warc_sha256', models.CharField(blank=True, help_text='Of the whole WARC file; empty for versions stored before it was noted.', max_length=64)),
                ('payload_sha256', models.CharField(max_length=64)),
                ('removed_at', models.DateTimeField(blank=True, editable=False, help_text='When its contents went.', null=True)),
                ('removed_under', models.CharField(blank=True, editable=False, help_text='The rule, in words.', max_length=200)),
                ('file_removed_at', models.DateTimeField(blank=True, editable=False, help_text='When its file went.', null=True)),
                ('state', models.CharField(blank=True, choices=[('live', 'live'), ('corrected', 'corrected'), ('retracted', 'retracted'), ('gone', 'gone')], help_text='What it says that the document is; empty for pages kept before it was noted.', max_length=20)),
                ('words', models.TextField(blank=True, help_text='The words, or the markup, by which it says so.')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='snapshot',
            name='evidence_never_edited',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='snapshot',
            name='contents_only_removed',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='snapshot',
            trigger=pgtrigger.compiler.Trigger(name='evidence_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."uid" IS DISTINCT FROM (NEW."uid") OR OLD."fetched_at" IS DISTINCT FROM (NEW."fetched_at") OR OLD."fetched_from" IS DISTINCT FROM (NEW."fetched_from") OR OLD."http_status" IS DISTINCT FROM (NEW."http_status") OR OLD."content_type" IS DISTINCT FROM (NEW."content_type") OR OLD."warc_path" IS DISTINCT FROM (NEW."warc_path") OR OLD."warc_offset" IS DISTINCT FROM (NEW."warc_offset") OR OLD."warc_length" IS DISTINCT FROM (NEW."warc_length") OR OLD."warc_sha256" IS DISTINCT FROM (NEW."warc_sha256") OR OLD."payload_sha256" IS DISTINCT FROM (NEW."payload_sha256") OR OLD."document_id" IS DISTINCT FROM (NEW."document_id") OR OLD."number" IS DISTINCT FROM (NEW."number") OR OLD."text_sha256" IS DISTINCT FROM (NEW."text_sha256") OR OLD."extractor" IS DISTINCT FROM (NEW."extractor") OR OLD."extractor_version" IS DISTINCT FROM (NEW."extractor_version"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='31c543027356946eca63e6f9a526ddf5e3b77b1f', operation='UPDATE', pgid='pgtrigger_evidence_never_edited_651b8', table='claims_snapshot', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='snapshot',
            trigger=pgtrigger.compiler.Trigger(name='contents_only_removed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."headers" IS DISTINCT FROM (NEW."headers") OR OLD."removed_at" IS DISTINCT FROM (NEW."removed_at") OR OLD."removed_under" IS DISTINCT FROM (NEW."removed_under") OR OLD."text" IS DISTINCT FROM (NEW."text"))', declare='DECLARE held boolean;', func="\n            IF OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL THEN\n                RAISE EXCEPTION 'Cannot update rows from % table: contents go whole and once', TG_TABLE_NAME;\n            END IF;\n            -- A hold that is being set at this moment comes first.\n            SELECT dossier.legal_hold INTO held\n                FROM claims_dossier AS dossier JOIN claims_document AS document\n                    ON document.dossier_id = dossier.id\n                WHERE document.id = NEW.document_id FOR SHARE OF dossier;\n            IF held THEN\n                RAISE EXCEPTION 'Cannot remove contents: the dossier is on legal hold';\n            END IF;\n            RETURN NEW;\n        ", hash='5dfac2e4dd6857e80c4653748c366fb4c01e5c9f', operation='UPDATE', pgid='pgtrigger_contents_only_removed_fdf36', table='claims_snapshot', when='BEFORE')),
        ),
        migrations.AddField(
            model_name='notice',
            name='snapshot',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='claims.snapshot'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(fields=['payload_sha256'], name='notice_by_payload'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('file_removed_at__isnull', True), ('removed_at__isnull', False)), fields=['removed_at'], name='notice_file_to_remove'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['live', 'corrected', 'retracted', 'gone', ''])), name='notice_state_known'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('file_removed_at__isnull', True), ('removed_at__isnull', True), ('removed_under', '')), models.Q(('headers', []), ('removed_at__isnull', False), models.Q(('removed_under', ''), _negated=True)), _connector='OR'), name='notice_removed_under_a_rule'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('payload_sha256__regex', '^[0-9a-f]{64}$'), ('warc_sha256__regex', '^[0-9a-f]{64}$')), name='notice_hashes_are_sha256'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='evidence_never_edited', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."uid" IS DISTINCT FROM (NEW."uid") OR OLD."fetched_at" IS DISTINCT FROM (NEW."fetched_at") OR OLD."fetched_from" IS DISTINCT FROM (NEW."fetched_from") OR OLD."http_status" IS DISTINCT FROM (NEW."http_status") OR OLD."content_type" IS DISTINCT FROM (NEW."content_type") OR OLD."warc_path" IS DISTINCT FROM (NEW."warc_path") OR OLD."warc_offset" IS DISTINCT FROM (NEW."warc_offset") OR OLD."warc_length" IS DISTINCT FROM (NEW."warc_length") OR OLD."warc_sha256" IS DISTINCT FROM (NEW."warc_sha256") OR OLD."payload_sha256" IS DISTINCT FROM (NEW."payload_sha256") OR OLD."snapshot_id" IS DISTINCT FROM (NEW."snapshot_id") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."words" IS DISTINCT FROM (NEW."words"))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='6bf77f785f9f7f6316a1da3cd1571a5ebbb717e1', operation='UPDATE', pgid='pgtrigger_evidence_never_edited_30860', table='claims_notice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='contents_only_removed', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."headers" IS DISTINCT FROM (NEW."headers") OR OLD."removed_at" IS DISTINCT FROM (NEW."removed_at") OR OLD."removed_under" IS DISTINCT FROM (NEW."removed_under"))', declare='DECLARE held boolean;', func="\n            IF OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL THEN\n                RAISE EXCEPTION 'Cannot update rows from % table: contents go whole and once', TG_TABLE_NAME;\n            END IF;\n            -- A hold that is being set at this moment comes first.\n            SELECT dossier.legal_hold INTO held\n                FROM claims_dossier AS dossier JOIN claims_document AS document\n                    ON document.dossier_id = dossier.id\n                WHERE document.id = (SELECT document_id FROM claims_snapshot WHERE id = NEW.snapshot_id) FOR SHARE OF dossier;\n            IF held THEN\n                RAISE EXCEPTION 'Cannot remove contents: the dossier is on legal hold';\n            END IF;\n            RETURN NEW;\n        ", hash='433f1f0e0bb48e57f5602674b4a15fde44c0928f', operation='UPDATE', pgid='pgtrigger_contents_only_removed_9e31a', table='claims_notice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='never_deleted', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n            IF TG_OP = 'TRUNCATE' AND current_setting('corroborate.allow_truncate', true) = 'on' THEN\n                RETURN NULL;\n            END IF;\n            RAISE EXCEPTION 'Cannot % rows of %: what is recorded stays', lower(TG_OP), TG_TABLE_NAME;\n        ", hash='bf8f6f9f2ca9c3ae8753566469957958b1dc0b5c', level='STATEMENT', operation='DELETE OR TRUNCATE', pgid='pgtrigger_never_deleted_94aa2', table='claims_notice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='recorded_on_ledger', sql=pgtrigger.compiler.UpsertTriggerSql(constraint='CONSTRAINT', func="\n            IF NOT EXISTS (\n                SELECT FROM claims_event WHERE object_uid = NEW.uid AND transaction = pg_current_xact_id()::text::bigint\n            ) THEN\n                RAISE EXCEPTION 'change of % % is not on the ledger: record it in the same transaction',\n                    TG_TABLE_NAME, NEW.uid\n                    USING ERRCODE = 'integrity_constraint_violation';\n            END IF;\n            RETURN NULL;\n        ", hash='bcd7428874f42264bed3d30a2e98c975678f1911', operation='INSERT OR UPDATE OF "removed_at"', pgid='pgtrigger_recorded_on_ledger_825bc', table='claims_notice', timing='DEFERRABLE INITIALLY DEFERRED', when='AFTER')),
        ),
    ]
