"""What a search reads, and what the first page counts by.

The text of what is searched is kept ready by the database itself, in columns that Django does not know: they are only
ever compared with, never read or written, and so they are in no row that Django fetches. ``left`` keeps each below what
PostgreSQL can hold in one of them.
"""

import django.contrib.postgres.indexes
from django.db import migrations, models

# English words by their stems, and names without their accents.
CONFIGURATION = """
    CREATE TEXT SEARCH CONFIGURATION claims_words (COPY = pg_catalog.english);
    ALTER TEXT SEARCH CONFIGURATION claims_words
        ALTER MAPPING FOR hword, hword_part, word WITH unaccent, english_stem;
"""
SEARCHED = {
    "claims_claim": "left(text, 20000) || ' ' || place || ' ' || counted",
    "claims_statement": "left(content_text, 20000) || ' ' || left(source_text, 2000) || ' ' || place",
    "claims_document": "title || ' ' || byline",
    "claims_snapshot": "left(text, 100000)",
    "claims_source": "name || ' ' || description",
    "claims_sourcename": "name",
}


def searched(table, said):
    """A column that holds the words of ``said``, and the index by them."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD COLUMN search tsvector "
        f"GENERATED ALWAYS AS (to_tsvector('claims_words', {said})) STORED; "
        f"CREATE INDEX {table.removeprefix('claims_')}_search ON {table} USING gin (search)",
        f"ALTER TABLE {table} DROP COLUMN search",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('claims', '0006_conflict_queue'),
    ]

    operations = [
        migrations.RunSQL(CONFIGURATION, "DROP TEXT SEARCH CONFIGURATION claims_words"),
        *(searched(table, said) for table, said in SEARCHED.items()),
        migrations.CreateModel(
            name='Word',
            fields=[
                ('word', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('key', models.CharField(blank=True, help_text='Spellings of one name share it.', max_length=40)),
            ],
            options={
                'ordering': ['word'],
                'indexes': [
                    models.Index(fields=['key'], name='word_by_key'),
                    django.contrib.postgres.indexes.GinIndex(fields=['word'], name='word_trigrams', opclasses=['gin_trgm_ops']),
                ],
            },
        ),
        migrations.CreateModel(
            name='WordsRead',
            fields=[
                ('table', models.CharField(max_length=63, primary_key=True, serialize=False)),
                ('last_id', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'words read',
                'verbose_name_plural': 'words read',
            },
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(condition=models.Q(('merged_into__isnull', True)), fields=['dossier', 'standing'], name='claim_live_by_standing'),
        ),
        migrations.AddIndex(
            model_name='claim',
            index=models.Index(condition=models.Q(('merged_into__isnull', True), ('standing', 'contested')), fields=['created_at'], name='claim_contested_by_age'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['-first_seen_at'], name='document_by_arrival'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['publisher', '-first_seen_at'], name='document_by_publisher'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('object_type', 'claim'), ('verb', 'standing changed')), fields=['-recorded_at'], name='event_standing_changes'),
        ),
        migrations.AddIndex(
            model_name='judgement',
            index=models.Index(condition=models.Q(('answer', 'pending')), fields=['created_at'], name='judgement_pending'),
        ),
        migrations.AddIndex(
            model_name='snapshot',
            index=models.Index(condition=models.Q(('error', ''), _negated=True), fields=['fetched_at'], name='snapshot_given_up'),
        ),
        migrations.AddIndex(
            model_name='statement',
            index=models.Index(condition=models.Q(('state', 'suggested'), ('superseded_at__isnull', True)), fields=['created_at'], name='statement_to_review'),
        ),
        migrations.AddIndex(
            model_name='verdict',
            index=models.Index(condition=models.Q(('state', 'proposed')), fields=['created_at'], name='verdict_proposed'),
        ),
        migrations.AddIndex(
            model_name='verdict',
            index=models.Index(condition=models.Q(('state', 'published')), fields=['review_due'], name='verdict_review_due'),
        ),
    ]
